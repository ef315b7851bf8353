#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "tests/sandbox/core/faults.hpp"

// Faults as POST /sandbox/faults takes them.
namespace sendcode::sandbox {
namespace {

using json = nlohmann::json;

constexpr std::array<std::string_view, fault_targets> target_names = {"twilio", "twilio_list", "kinde", "token",
                                                                      "twilio_feedback"};
constexpr std::array<std::string_view, 9> kind_names = {
    "latency",          "status", "malformed",        "truncated", "reset_before_read",
    "reset_after_read", "hang",   "taken_unanswered", "refuse"};
constexpr std::int64_t delay_ms_max = 600'000;

// Reads the members one after the other and remembers the first that is wrong.
class members {
 public:
  explicit members(const json& object) : object_(object) {}

  template <std::size_t N>
  std::size_t one_of(const char* name, const std::array<std::string_view, N>& names) {
    const auto value = text(name);
    const auto found = std::find(names.begin(), names.end(), value.value_or(""));
    if (found == names.end()) fail(name, fmt::format("one of {}", fmt::join(names, ", ")));
    return static_cast<std::size_t>(found - names.begin());
  }

  std::optional<std::int64_t> number(const char* name, std::int64_t least, std::int64_t most) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_integer()) {
      const auto n = value->get<std::int64_t>();
      if (n >= least && n <= most) return n;
    }
    fail(name, fmt::format("a whole number from {} to {}", least, most));
    return std::nullopt;
  }

  // What stands in a header may not break its line; what stands in a body may.
  std::optional<std::string> text(const char* name, bool one_line = true) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_number_integer()) return value->dump();
    if (!value->is_string()) {
      fail(name, "a string");
      return std::nullopt;
    }
    auto out = value->get<std::string>();
    if (one_line && std::any_of(out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      fail(name, "a string without control characters");
    }
    return out;
  }

  std::optional<bool> flag(const char* name) {
    const json* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (value->is_boolean()) return value->get<bool>();
    fail(name, "true or false");
    return std::nullopt;
  }

  // A name that nobody asked for is a slip of the pen, and a fault that silently does less would make a test lie.
  void no_others() {
    for (const auto& item : object_.items()) {
      if (std::find(asked_.begin(), asked_.end(), item.key()) == asked_.end()) {
        fail(item.key(), fmt::format("one of {}", fmt::join(asked_, ", ")));
      }
    }
  }

  const std::string& error() const noexcept { return error_; }

 private:
  const json* find(const char* name) {
    asked_.emplace_back(name);
    const auto found = object_.find(name);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }
  void fail(std::string_view name, std::string_view allowed) {
    if (error_.empty()) error_ = fmt::format("'{}' must be {}", name, allowed);
  }

  const json& object_;
  std::vector<std::string> asked_;
  std::string error_;
};

}  // namespace

std::string_view name_of(fault_kind kind) noexcept {
  return kind_names[static_cast<std::size_t>(kind)];
}
std::string_view name_of(target aimed_at) noexcept {
  const auto index = static_cast<std::size_t>(aimed_at);
  return index < target_names.size() ? target_names[index] : "none";
}

std::expected<fault, std::string> read_fault(std::string_view text) {
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) return std::unexpected("the body must be a JSON object");
  members in(object);
  fault out;
  const auto aimed_at = in.one_of("target", target_names);
  const auto kind = in.one_of("kind", kind_names);
  out.http_status = static_cast<int>(in.number("http_status", 200, 599).value_or(0));
  out.error_code = in.text("error_code").value_or("");
  out.message = in.text("message").value_or("");
  out.retry_after = in.text("retry_after").value_or("");
  if (const auto delay = in.number("delay_ms", 0, delay_ms_max)) out.delay = milliseconds{*delay};
  if (const auto times = in.number("times", 1, 1'000'000'000)) out.times = static_cast<std::uint64_t>(*times);
  out.to = in.text("to").value_or("");
  out.account = in.text("account").value_or("");
  out.content_type = in.text("content_type");
  out.body = in.text("body", false);
  out.taken = in.flag("taken");
  in.no_others();
  if (!in.error().empty()) return std::unexpected(in.error());
  out.aimed_at = static_cast<target>(aimed_at);
  out.kind = static_cast<fault_kind>(kind);
  if (out.kind == fault_kind::latency && !out.delay) return std::unexpected("a latency needs 'delay_ms'");
  if (out.kind == fault_kind::refuse && !(out.to.empty() && out.account.empty())) {
    return std::unexpected("'refuse' strikes before anything is read: it takes neither 'to' nor 'account'");
  }
  return out;
}

}  // namespace sendcode::sandbox
