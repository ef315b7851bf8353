#include "worker/domain/settings.hpp"

#include <algorithm>

#include "common/crypto.hpp"

namespace sendcode::domain {

std::string environment_settings::missing_secret() const {
  if (sms.twilio) {
    for (const auto& token : sms.twilio->auth_tokens) {
      if (!token.value) return token.name;
    }
    if (!sms.twilio->api_key_sid.empty() && !sms.twilio->api_key_secret.value) return sms.twilio->api_key_secret.name;
  }
  return {};
}

std::vector<secret_use> secrets_of(environment_settings& settings) {
  std::vector<secret_use> out;
  if (auto& twilio = settings.sms.twilio) {
    for (auto& token : twilio->auth_tokens) out.push_back({&token, false});
    if (!twilio->api_key_sid.empty()) out.push_back({&twilio->api_key_secret, false});
  }
  for (auto& number : settings.sms.test_numbers) out.push_back({&number.code, true});
  return out;
}

bool is_test_code(std::string_view text) noexcept {
  return text.size() == 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string derive_connection_id(std::string_view environment_id) {
  const digest full = sha256(length_prefixed().add("sendcode connection v1").add(environment_id).bytes());
  return "conn_" + to_hex(as_text(full).substr(0, 16));
}

std::vector<limit> default_limits() {
  using std::chrono::hours;
  using std::chrono::minutes;
  return {
      {limit_kind::phone, 1, seconds{30}},          {limit_kind::phone, 5, minutes{10}},
      {limit_kind::phone, 10, hours{24}},           {limit_kind::user, 10, hours{1}},
      {limit_kind::client_ip, 60, hours{1}},        {limit_kind::environment, 1'000, minutes{10}},
      {limit_kind::environment, 10'000, hours{24}}, {limit_kind::country, 50, hours{1}, true},
      {limit_kind::prefix, 60, minutes{10}},
  };
}

std::vector<limit> effective_limits(const std::vector<limit>& written) {
  std::vector<limit> out = written;
  for (const auto& fallback : default_limits()) {
    const bool named = std::ranges::any_of(written, [&](const limit& l) { return l.per == fallback.per; });
    if (!named) out.push_back(fallback);
  }
  return out;
}

const environment_settings* settings_snapshot::find(std::string_view environment_id) const {
  const auto found = environments.find(environment_id);
  return found == environments.end() ? nullptr : found->second.get();
}

bool settings_snapshot::is_broken(std::string_view environment_id) const {
  return std::ranges::find(broken, environment_id) != broken.end();
}

bool settings_snapshot::is_unknown(std::string_view environment_id) const {
  return current && find(environment_id) == nullptr && !is_broken(environment_id);
}

}  // namespace sendcode::domain
