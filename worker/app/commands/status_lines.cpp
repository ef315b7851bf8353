#include "worker/app/commands/status_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/redaction.hpp"
#include "worker/app/commands/terminal.hpp"

namespace sendcode::app {
namespace {

constexpr std::size_t status_width = 11;  // undelivered

nlohmann::json parse(const kafka::read_record& record) {
  auto out = nlohmann::json::parse(record.value.value_or(""), nullptr, false);
  return out.is_object() ? out : nlohmann::json::object();
}

std::string text_of(const nlohmann::json& data, std::string_view name) {
  const auto found = data.find(name);
  return found != data.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string_view header_of(const kafka::read_record& record, std::string_view name) {
  const auto found = std::ranges::find(record.headers, name, &ports::header::name);
  return found == record.headers.end() ? std::string_view{} : found->value;
}

// What was wrong with attempts, in words; of equal ones after one another the first.
std::string words_of_attempts(const nlohmann::json& data) {
  const auto found = data.find("attempts");
  if (found == data.end() || !found->is_array()) return "";
  std::string out;
  std::string last;
  for (const auto& attempt : *found) {
    if (!attempt.is_object()) continue;
    const auto words = text_of(attempt, "error_text");
    if (words.empty()) continue;
    auto next = fmt::format("  {}=\"{}\"", shown(text_of(attempt, "sender")), shown(words));
    if (next != last) out += next;
    last = std::move(next);
  }
  return out;
}

}  // namespace

std::string status_line(const kafka::read_record& record, line_style style) {
  auto data = parse(record);
  if (style.json) {
    data["ce_id"] = header_of(record, "ce_id");
    data["time"] = header_of(record, "ce_time");
    return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  const auto column = [&](const char* name) {
    const auto value = text_of(data, name);
    return value.empty() ? std::string("-") : shown(value);
  };
  const auto status = column("status");
  std::string out =
      fmt::format("{:<24}  {:<7}  {}  {:<16}  {:<6}  {:<12}  {:<22}", shown(header_of(record, "ce_time")),
                  column("kind"), painted(status, colour_of(status), style.colours, status_width),
                  column("phone_number"), column("sender"), column("environment_id"), column("challenge_id"));
  for (const auto* name : {"reason", "message_id"}) {
    if (const auto value = text_of(data, name); !value.empty()) out += fmt::format("  {}={}", name, shown(value));
  }
  for (const auto* name : {"failed_over", "possible_duplicate"}) {
    if (const auto found = data.find(name); found != data.end() && *found == true) out += fmt::format("  {}", name);
  }
  if (const auto words = text_of(data, "error_text"); !words.empty())
    out += fmt::format("  error=\"{}\"", shown(words));
  out += words_of_attempts(data);
  if (data.contains("retry_after_s")) out += fmt::format("  retry_after_s={}", shown(data["retry_after_s"].dump()));
  return out;
}

std::string status_member(const kafka::read_record& record, std::string_view name) {
  return text_of(parse(record), name);
}

}  // namespace sendcode::app
