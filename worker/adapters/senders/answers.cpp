#include "worker/adapters/senders/answers.hpp"

#include <algorithm>
#include <charconv>

#include "common/json_cursor.hpp"
#include "worker/domain/twilio_receipt.hpp"

namespace sendcode::senders {
namespace {

constexpr std::size_t message_id_bytes_max = 64;
constexpr std::int64_t retry_after_s_max = 3600;

// A value that may also be null.
bool text_or_other(json_cursor& in, std::string& out) {
  if (!in.at_text()) return in.skip();
  std::string_view value;
  if (!in.plain_text(value)) return false;
  out = value;  // empty where it holds an escape: no field that we read ever does
  return true;
}

bool read_message(json_cursor& in, std::vector<listed_message>& out) {
  listed_message message;
  std::string created;
  const bool whole = in.object([&](std::string_view name) {
    if (name == "sid") return text_or_other(in, message.sid);
    if (name == "status") return text_or_other(in, message.status);
    if (name == "from") return text_or_other(in, message.from);
    if (name == "messaging_service_sid") return text_or_other(in, message.messaging_service_sid);
    if (name == "date_created") return text_or_other(in, created);
    if (name == "num_segments") return in.integer(message.segments);
    return in.skip();
  });
  const auto at = from_rfc2822(created);
  if (at && domain::is_message_sid(message.sid)) {
    message.created = *at;
    out.push_back(std::move(message));
  }
  return whole;
}

}  // namespace

std::optional<twilio_answer> read_twilio_answer(std::string_view body) {
  twilio_answer out;
  json_cursor in(body);
  const bool whole = in.object([&](std::string_view name) {
    if (name == "sid") return text_or_other(in, out.sid);
    if (name == "num_segments") return in.integer(out.segments);
    if (name == "code") return in.integer(out.error_code);
    return in.skip();
  });
  if (!whole || !in.at_end()) return std::nullopt;
  if (!domain::is_message_sid(out.sid)) out.sid.clear();
  return out;
}

std::optional<std::vector<listed_message>> read_twilio_list(std::string_view body) {
  std::vector<listed_message> out;
  bool listed = false;
  json_cursor in(body);
  const bool whole = in.object([&](std::string_view name) {
    if (name != "messages") return in.skip();
    listed = true;
    return in.array([&] { return read_message(in, out); });
  });
  if (!whole || !listed || !in.at_end()) return std::nullopt;
  return out;
}

std::optional<std::string> read_kinde_answer(std::string_view body) {
  std::string out;
  json_cursor in(body);
  const bool whole =
      in.object([&](std::string_view name) { return name == "message_id" ? text_or_other(in, out) : in.skip(); });
  if (!whole || !in.at_end()) return std::nullopt;
  if (out.size() > message_id_bytes_max) out.clear();
  return out;
}

std::optional<token_answer> read_token_answer(std::string_view body) {
  token_answer out;
  json_cursor in(body);
  const bool whole = in.object([&](std::string_view name) {
    if (name == "access_token") return in.plain_text(out.access_token);
    if (name == "expires_in") return in.integer(out.expires_in_s);
    return in.skip();
  });
  const bool sane = std::ranges::all_of(out.access_token, [](char c) { return c > ' ' && c < 0x7F; });
  if (!whole || !in.at_end() || out.access_token.empty() || !sane || out.expires_in_s == 0) return std::nullopt;
  return out;
}

std::optional<milliseconds> read_retry_after(std::string_view header, timestamp now) {
  std::int64_t wait_s = 0;
  const auto [stop, error] = std::from_chars(header.data(), header.data() + header.size(), wait_s);
  if (error != std::errc{} || stop != header.data() + header.size()) {
    if (!header.ends_with(" GMT")) return std::nullopt;
    const auto at = from_rfc2822(std::string(header.substr(0, header.size() - 3)) + "+0000");
    if (!at) return std::nullopt;
    wait_s = std::chrono::ceil<seconds>(*at - now).count();
  }
  return seconds{std::clamp<std::int64_t>(wait_s, 0, retry_after_s_max)};
}

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += hex[static_cast<unsigned char>(c) >> 4];
      out += hex[static_cast<unsigned char>(c) & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace sendcode::senders
