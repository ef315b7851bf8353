#include "worker/app/commands/status_lines.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/redaction.hpp"

namespace sendcode::app {
namespace {

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

}  // namespace

std::string status_line(const kafka::read_record& record, bool json) {
  auto data = parse(record);
  if (json) {
    data["ce_id"] = header_of(record, "ce_id");
    data["time"] = header_of(record, "ce_time");
    return data.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
  std::string out =
      fmt::format("{}  {:<7} {:<9}", header_of(record, "ce_time"), text_of(data, "kind"), text_of(data, "status"));
  for (const auto* name : {"reason", "phone_number", "sender", "message_id", "environment_id", "challenge_id"}) {
    if (const auto value = text_of(data, name); !value.empty()) out += fmt::format(" {}={}", name, shown(value));
  }
  for (const auto* name : {"failed_over", "possible_duplicate"}) {
    if (data.value(name, false)) out += fmt::format(" {}", name);
  }
  if (const auto words = text_of(data, "error_text"); !words.empty()) out += fmt::format(" error=\"{}\"", shown(words));
  if (data.contains("retry_after_s")) out += fmt::format(" retry_after_s={}", data["retry_after_s"].dump());
  return out;
}

std::string status_member(const kafka::read_record& record, std::string_view name) {
  return text_of(parse(record), name);
}

}  // namespace sendcode::app
