#include "worker/app/commands/settings_view.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/config/cursor.hpp"

namespace sendcode::app {
namespace {

using nlohmann::ordered_json;

template <class Enum, std::size_t N>
std::string_view word(Enum value, const std::array<std::string_view, N>& words) {
  return words.at(static_cast<std::size_t>(value));
}

constexpr std::array<std::string_view, 3> regions = {"us1", "ie1", "au1"};
constexpr std::array<std::string_view, 2> sources = {"messaging_service", "phone_number"};
constexpr std::array<std::string_view, 2> fallbacks = {"none", "kinde"};
constexpr std::array<std::string_view, 3> policies = {"off", "optional", "required"};

ordered_json view_of(const domain::secret_ref& ref) {
  return {{"secret", ref.name}, {"there", ref.value != nullptr}};
}

ordered_json view_of(const domain::twilio_settings& twilio) {
  ordered_json out = {{"account_sid", twilio.account_sid}, {"auth_token", ordered_json::array()}};
  for (const auto& token : twilio.auth_tokens) out["auth_token"].push_back(view_of(token));
  if (!twilio.api_key_sid.empty()) {
    out["api_key"] = {{"sid", twilio.api_key_sid}, {"secret", view_of(twilio.api_key_secret)}};
  }
  out["region"] = word(twilio.region, regions);
  out["source"] = word(twilio.source, sources);
  if (!twilio.messaging_service_sid.empty()) out["messaging_service_sid"] = twilio.messaging_service_sid;
  if (!twilio.phone_number.empty()) out["phone_number"] = twilio.phone_number;
  return out;
}

ordered_json view_of(const domain::sms_settings& sms) {
  ordered_json out = {{"default_country", sms.default_country}};
  if (sms.twilio) out["twilio"] = view_of(*sms.twilio);
  out["fallback"] = word(sms.fallback, fallbacks);
  out["use_for_mfa"] = sms.use_for_mfa;
  out["code_ttl"] = config::to_text(sms.code_ttl);
  out["allow_long_ttl"] = sms.allow_long_ttl;
  out["allowed_countries"] = sms.every_country ? ordered_json("*") : ordered_json(sms.allowed_countries);
  out["blocked_prefixes"] = sms.blocked_prefixes;
  out["allowed_prefixes"] = sms.allowed_prefixes;
  out["redact_body"] = sms.redact_body;
  out["provide_feedback"] = sms.provide_feedback;
  out["limits"] = ordered_json::array();
  for (const auto& limit : sms.limits) {
    auto& shown = out["limits"].emplace_back(ordered_json::object());
    shown = {{"per", to_text(limit.per)}, {"max", limit.max}, {"window", config::to_text(limit.window)}};
    if (limit.unnamed_countries_only) shown["unnamed_countries_only"] = true;
  }
  out["test_numbers"] = ordered_json::array();
  for (const auto& number : sms.test_numbers) {
    out["test_numbers"].push_back({{"phone_number", number.phone_number}, {"code", view_of(number.code)}});
  }
  return out;
}

struct line {
  std::string text;
  std::string place;  // whose origin stands behind it; empty: a heading
};

void append_lines(std::vector<line>& out, const ordered_json& view, const std::string& around, std::size_t depth) {
  const std::string indent(depth * 2, ' ');
  for (const auto& [name, value] : view.items()) {
    const auto place = around.empty() ? name : around + '.' + name;
    if (value.is_object() && !is_secret(value)) {
      out.push_back({indent + name + ':', ""});
      append_lines(out, value, place, depth + 1);
    } else if (is_list_of_objects(value)) {
      out.push_back({indent + name + ':', ""});
      std::size_t i = 0;
      for (const auto& item : value) {
        out.push_back({indent + "  - " + item.dump(), place + '[' + std::to_string(i++) + ']'});
      }
    } else {
      out.push_back({indent + name + ": " + value.dump(), place});
    }
  }
}

constexpr std::size_t aligned_max = 72;  // longer lines have their origin right behind them

}  // namespace

ordered_json view_of(const domain::environment_settings& settings) {
  ordered_json out = {{"environment_id", settings.environment_id},
                      {"connection_id", settings.connection_id},
                      {"applications", settings.applications},
                      {"sms", view_of(settings.sms)}};
  out["authentication"]["phone"]["applications"] = settings.phone_applications;
  out["mfa"] = {{"policy", word(settings.mfa, policies)}, {"factors", ordered_json::array()}};
  if (settings.sms_factor) out["mfa"]["factors"].push_back("sms");
  return out;
}

bool is_secret(const ordered_json& value) {
  return value.is_object() && value.contains("there");
}

bool is_list_of_objects(const ordered_json& value) {
  return value.is_array() && !value.empty() && value.front().is_object();
}

std::string to_lines(const ordered_json& view, const origins& from, std::string_view document) {
  std::vector<line> lines;
  append_lines(lines, view, "", 0);
  std::size_t width = 0;
  for (const auto& each : lines) {
    if (each.text.size() <= aligned_max) width = std::max(width, each.text.size());
  }
  std::string out;
  for (const auto& [text, place] : lines) {
    out += text;
    if (const auto of = from.find(place); of != from.end()) {
      out.append(text.size() < width ? width - text.size() : 0, ' ')
          .append("  # ")
          .append(to_text(of->second, document));
    }
    out += '\n';
  }
  return out;
}

}  // namespace sendcode::app
