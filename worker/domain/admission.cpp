#include "worker/domain/admission.hpp"

#include <algorithm>

namespace sendcode::domain {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

bool starts_with_any(std::string_view e164, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) { return e164.starts_with(prefix); });
}

// What the environment has switched on, whoever is to be texted.
std::optional<reason> judge_application(const send_code_event& event, const environment_settings& environment) {
  if (!contains(environment.applications, event.application_id)) return reason::unknown_application;
  if (event.purpose == purpose::mfa) {
    if (environment.mfa == mfa_policy::off || !environment.sms_factor) return reason::sms_mfa_off;
    return std::nullopt;
  }
  if (event.connection_id != environment.connection_id) return reason::unknown_connection;
  if (!contains(environment.phone_applications, event.application_id)) return reason::phone_auth_off;
  return std::nullopt;
}

const test_number* find_test_number(const sms_settings& sms, std::string_view e164) {
  const auto found = std::ranges::find(sms.test_numbers, e164, &test_number::phone_number);
  return found == sms.test_numbers.end() ? nullptr : &*found;
}

std::optional<reason> judge_number(const phone_number& number, const sms_settings& sms) {
  // What an owner lists as allowed is texted whatever the metadata says of it, which grows old.
  const bool listed = starts_with_any(number.e164, sms.allowed_prefixes);
  if (number.of_no_country) return reason::unsupported_number_type;
  if (!number.valid && !listed) return reason::invalid_number;
  if (!number.textable_type && !listed) return reason::unsupported_number_type;
  if (starts_with_any(number.e164, sms.blocked_prefixes)) return reason::prefix_not_allowed;
  if (!sms.every_country && !contains(sms.allowed_countries, number.country)) return reason::country_not_allowed;
  return std::nullopt;
}

std::vector<sender_kind> plan_route(const send_code_event& event, const sms_settings& sms, const judge_terms& terms) {
  std::vector<sender_kind> route;
  const bool by_twilio = sms.twilio && (event.purpose == purpose::sign_in || sms.use_for_mfa);
  if (by_twilio) route.push_back(sender_kind::twilio);
  if (terms.kinde_configured && (!by_twilio || sms.fallback == fallback_sender::kinde)) {
    route.push_back(sender_kind::kinde);
  }
  return route;
}

}  // namespace

verdict judge(const send_code_event& event, const settings_snapshot& settings, const judge_terms& terms) {
  const auto found = settings.environments.find(event.environment_id);
  if (found == settings.environments.end()) {
    if (settings.is_broken(event.environment_id)) return hold{hold::why::settings_broken, {}, {}};
    if (!settings.current) return hold{hold::why::settings_not_current, {}, {}};
    return rejection{reason::unknown_environment, {}};
  }
  const auto& environment = *found->second;
  const auto& sms = environment.sms;

  auto number = parse_phone_number(event.phone_number, event.country.empty() ? sms.default_country : event.country);
  const auto phone = number ? std::optional(*number) : std::nullopt;
  if (const auto no = judge_application(event, environment)) return rejection{*no, phone};
  if (!number) return rejection{reason::invalid_number, {}};
  if (number->country.empty()) number->country = number->main_country == "001" ? "" : number->main_country;

  if (const auto* test = find_test_number(sms, number->e164)) {
    if (!test->code.value) return hold{hold::why::secret_missing, test->code.name, *number};
    return send_plan{found->second, *number, {sender_kind::test}, test->code.value, true};
  }
  if (const auto no = judge_number(*number, sms)) return rejection{*no, *number};

  send_plan plan{found->second, *number, plan_route(event, sms, terms), nullptr, true};
  plan.named_country =
      !sms.every_country || contains(sms.allowed_countries, number->country) || number->country == sms.default_country;
  if (plan.route.empty()) return hold{hold::why::no_sender, {}, *number};
  if (plan.route.front() == sender_kind::twilio) {
    if (auto missing = environment.missing_secret(); !missing.empty()) {
      return hold{hold::why::secret_missing, std::move(missing), *number};
    }
  }
  return plan;
}

}  // namespace sendcode::domain
