#include "tests/sandbox/core/fault_replies.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tests/sandbox/core/text_forms.hpp"
#include "tests/sandbox/core/twilio_errors.hpp"

namespace sendcode::sandbox {
namespace {

constexpr std::string_view garbage = R"({"sid":"SM0123, "status":}<html>)";

bool is_twilio(target aimed_at) noexcept {
  return aimed_at == target::twilio || aimed_at == target::twilio_list || aimed_at == target::twilio_feedback;
}

void append_kinde_error(std::string& out, const fault& hit, int status) {
  out += R"({"errors":[{"code":)";
  append_json_string(out, hit.error_code.empty() ? fmt::format("HTTP_{}", status) : hit.error_code);
  out += R"(,"message":)";
  append_json_string(out, hit.message.empty() ? "The request was refused" : hit.message);
  out += "}]}";
}

void answer_status(const fault& hit, reply& out) {
  const int status = hit.http_status == 0 ? 500 : hit.http_status;
  const bool success = status >= 200 && status < 300;
  out.status = status;
  out.headers.clear();
  if (!success || out.body.empty()) {
    out.body.clear();
    if (is_twilio(hit.aimed_at)) {
      int code = twilio_code_of_status(status);
      if (!hit.error_code.empty()) {
        code = 0;
        std::from_chars(hit.error_code.data(), hit.error_code.data() + hit.error_code.size(), code);
      }
      auto error = code == 0 ? twilio_error{0, status, "The request was refused"} : make_twilio_error(code);
      error.http_status = status;
      if (!hit.message.empty()) error.message = hit.message;
      append_twilio_error(out.body, error);
    } else {
      append_kinde_error(out.body, hit, status);
    }
  }
}

}  // namespace

void apply_fault(const fault& hit, reply& out, mailbox& texts) {
  const bool refused = hit.takes() && (out.status < 200 || out.status > 299);
  if (refused) return;
  out.delay += hit.delay.value_or(milliseconds{0});
  switch (hit.kind) {
    case fault_kind::status:
      answer_status(hit, out);
      break;
    case fault_kind::malformed:
      out.body = garbage;
      if (hit.http_status != 0) out.status = hit.http_status;
      break;
    case fault_kind::truncated:
      out.end = ending::truncate;
      if (hit.http_status != 0) out.status = hit.http_status;
      break;
    case fault_kind::reset_before_read:
    case fault_kind::reset_after_read:
    case fault_kind::refuse:
      out.end = ending::reset;
      break;
    case fault_kind::hang:
      out.end = ending::close;
      if (!hit.delay) out.delay += hang_default;
      break;
    case fault_kind::taken_unanswered:
      out.end = ending::close;
      break;
    case fault_kind::latency:
      break;
  }
  if (hit.body) out.body = *hit.body;
  if (hit.content_type) out.content_type = *hit.content_type;
  if (!hit.retry_after.empty()) {
    out.headers += fmt::format("Retry-After: {}\r\n", hit.retry_after);
    if (!is_twilio(hit.aimed_at)) out.headers += fmt::format("RateLimit-Reset: {}\r\n", hit.retry_after);
  }
  const bool told = out.end == ending::answer && out.status >= 200 && out.status < 300;
  if (out.text != 0 && !told) texts.mark_unanswered(out.text);
}

}  // namespace sendcode::sandbox
