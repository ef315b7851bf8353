#include "worker/pipeline/admission_request.hpp"

#include "worker/domain/client_address.hpp"

namespace sendcode::pipeline {
namespace {

constexpr std::uint32_t wide_network_factor = 5;  // an IPv6 /48 against its /64s

void add_limit(std::vector<ports::limit_check>& out, const domain::limit& limit, const admission& of,
               const std::optional<domain::client_address>& client) {
  ports::limit_check check;
  check.per = limit.per;
  check.max = limit.max;
  check.window = limit.window;
  switch (limit.per) {
    case domain::limit_kind::phone:
      check.subject = of.plan->phone.e164;
      break;
    case domain::limit_kind::user:
      check.subject = of.event.user_id;
      break;
    case domain::limit_kind::client_ip:
      if (client) check.subject = client->subject;
      break;
    case domain::limit_kind::application:
      check.subject = of.event.application_id;
      break;
    case domain::limit_kind::environment:
      check.subject = "-";
      break;
    case domain::limit_kind::country:
      if (!limit.unnamed_countries_only || !of.plan->named_country) check.subject = of.plan->phone.country;
      break;
    case domain::limit_kind::prefix:
      check.subject = of.plan->phone.prefix();
      break;
    case domain::limit_kind::none:
      break;
  }
  if (check.subject.empty()) return;  // there is nobody to count
  out.push_back(check);
  if (limit.per == domain::limit_kind::client_ip && !client->wide_network.empty()) {
    check.subject = client->wide_network;
    check.wide_network = true;
    check.max *= wide_network_factor;
    out.push_back(std::move(check));
  }
}

}  // namespace

ports::allowance_check kinde_allowance(const domain::environment_settings& environment, const options& options) {
  if (environment.sms.twilio) return {.max = options.kinde_daily_limit, .monthly = false};
  return {.max = kinde_monthly_allowance, .monthly = true};
}

ports::admit_request make_admit_request(const admission& of, const options& options, ports::random_source& random,
                                        std::string_view signing_key_id, bool& client_address_uncounted) {
  ports::admit_request out;
  out.environment_id = of.event.environment_id;
  out.request_id = of.event.request_id;
  out.data_digest = of.event.data_digest;
  out.birth = of.birth;
  out.code_life = of.code_life;
  out.challenge_id = of.event.challenge_id;
  out.application_id = of.event.application_id;
  out.purpose = of.event.purpose;
  out.user_id = of.event.user_id;
  out.verdict = of.verdict;
  out.device = of.known_device ? ports::device_class::known : ports::device_class::stranger;
  if (of.plan == nullptr) return out;

  const auto& plan = *of.plan;
  out.phone = plan.phone.e164;
  out.prefix = plan.phone.prefix();
  out.test_number = plan.route.front() == domain::sender_kind::test;
  random.fill(out.fresh_nonce);
  out.signing_key_id = signing_key_id;
  const auto client = domain::parse_client_address(of.event.client_ip);
  client_address_uncounted = !client && !of.event.client_ip.empty();
  for (const auto& limit : plan.environment->sms.limits) add_limit(out.limits, limit, of, client);
  if (plan.route.front() == domain::sender_kind::kinde) out.allowance = kinde_allowance(*plan.environment, options);
  return out;
}

}  // namespace sendcode::pipeline
