#include "worker/app/commands/doctor_twilio.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <utility>

#include "common/redaction.hpp"
#include "worker/adapters/senders/twilio_sender.hpp"
#include "worker/domain/phone_number.hpp"

namespace sendcode::app {
namespace {

using domain::sms_source;
using domain::twilio_region;
using state = finding::state;

constexpr unsigned unauthorized = 401;

bool is_passing(unsigned http_status) {
  return http_status >= 500 || http_status == 429;
}

std::string masked_number(const std::string& number) {
  const auto read = domain::parse_phone_number(number, "");
  return read ? mask(*read) : "its phone number";
}

class account_examiner {
 public:
  account_examiner(ports::https_client& client, ports::clock& clock, const config::twilio_config& config,
                   const teller& tell)
      : clock_(clock),
        sender_(client, clock, {config.base_url, config.ca_file.string()}),
        sources_(client, config.base_url, config.ca_file.string()),
        tell_(tell) {}

  awaitable<void> examine(const domain::environment_settings& environment);

 private:
  awaitable<bool> ask_account(const domain::environment_settings& environment);
  awaitable<void> ask_api_key(const domain::environment_settings& environment);
  awaitable<void> ask_source(const domain::environment_settings& environment);
  // Another region that takes the account's auth token, or its API key.
  awaitable<std::optional<twilio_region>> find_region(domain::twilio_settings account, bool by_token);
  void tell_unreachable(const std::string& about, const std::string& why);
  ports::steady_time soon() { return clock_.steady_now() + ask_most; }

  ports::clock& clock_;
  senders::twilio_sender sender_;
  senders::twilio_sources sources_;
  const teller& tell_;
};

void account_examiner::tell_unreachable(const std::string& about, const std::string& why) {
  tell_({.is = state::unreachable,
         .about = about,
         .detail = why,
         .advice = "check senders.twilio.base_url, and that this machine may connect to it"});
}

awaitable<void> account_examiner::examine(const domain::environment_settings& environment) {
  const bool token_is_good = co_await ask_account(environment);
  if (!environment.sms.twilio->api_key_sid.empty()) co_await ask_api_key(environment);
  if (token_is_good) co_await ask_source(environment);
}

// Whether Twilio took the auth token.
awaitable<bool> account_examiner::ask_account(const domain::environment_settings& environment) {
  const auto about = "twilio account of " + environment.environment_id;
  const auto& account = *environment.sms.twilio;
  const auto answer = co_await sender_.ask_account(account, soon());
  if (!answer) {
    tell_unreachable(about, answer.error());
    co_return false;
  }
  if (answer->http_status == unauthorized) {
    if (const auto right = co_await find_region(account, true)) {
      tell_(wrong_region(about, account.region, *right));
      co_return false;
    }
  }
  tell_(judge_account(about, *answer));
  co_return answer->http_status == 200;
}

awaitable<void> account_examiner::ask_api_key(const domain::environment_settings& environment) {
  const auto about = "twilio API key of " + environment.environment_id;
  const auto& account = *environment.sms.twilio;
  const auto status = co_await sender_.try_credentials(account, soon());
  if (!status) {
    tell_unreachable(about, status.error());
    co_return;
  }
  if (*status == unauthorized) {
    if (const auto right = co_await find_region(account, false)) {
      tell_(wrong_region(about, account.region, *right));
      co_return;
    }
  }
  tell_(judge_credentials(about, *status));
}

awaitable<void> account_examiner::ask_source(const domain::environment_settings& environment) {
  const auto& account = *environment.sms.twilio;
  const auto answer = co_await sources_.ask(account, soon());
  tell_(judge_source(environment, sources_.host_of(account.source, account.region), answer));
}

awaitable<std::optional<twilio_region>> account_examiner::find_region(domain::twilio_settings account, bool by_token) {
  const auto configured = account.region;
  for (const auto region : {twilio_region::us1, twilio_region::ie1, twilio_region::au1}) {
    if (!sources_.knows_regions() || region == configured) continue;
    account.region = region;
    if (by_token) {
      const auto answer = co_await sender_.ask_account(account, soon());
      if (answer && answer->http_status == 200) co_return region;
    } else {
      const auto status = co_await sender_.try_credentials(account, soon());
      if (status && *status == 200) co_return region;
    }
  }
  co_return std::nullopt;
}

}  // namespace

finding judge_account(const std::string& about, const senders::account_answer& answer) {
  finding out{.about = about};
  if (answer.http_status == 200 && answer.status == "active") {
    out.detail = "active";
    return out;
  }
  out.is = is_passing(answer.http_status) ? state::unreachable : state::wrong;
  out.detail =
      answer.http_status == 200 ? "status " + shown(answer.status) : fmt::format("HTTP {}", answer.http_status);
  out.advice = answer.http_status == unauthorized
                   ? "Twilio refuses the auth token: put the account's own into its secret"
               : answer.http_status == 200 ? "ask Twilio why the account is not active"
               : out.is == state::wrong    ? "check account_sid, auth_token and region"
                                           : "try again later";
  return out;
}

finding judge_credentials(const std::string& about, unsigned http_status) {
  finding out{.about = about, .detail = "takes requests"};
  if (http_status == 200) return out;
  out.is = is_passing(http_status) ? state::unreachable : state::wrong;
  out.detail = fmt::format("HTTP {}", http_status);
  out.advice = out.is == state::wrong ? "Twilio refuses it: check its sid and secret, and the account's region"
                                      : "try again later";
  return out;
}

finding wrong_region(const std::string& about, twilio_region configured, twilio_region right) {
  const auto said = senders::to_text(configured);
  const auto other = senders::to_text(right);
  return {.is = state::wrong,
          .about = about,
          .detail = fmt::format("HTTP 401 in the region {}, but {} takes these credentials", said, other),
          .advice =
              fmt::format("set sms.twilio.region to {}, or put the credentials of {} into their secrets", other, said)};
}

finding judge_source(const domain::environment_settings& environment, const std::string& host,
                     const std::expected<senders::source_answer, std::string>& answer) {
  const auto& account = *environment.sms.twilio;
  const bool is_service = account.source == sms_source::messaging_service;
  const auto source = is_service ? account.messaging_service_sid : masked_number(account.phone_number);
  finding out{.about = "twilio source of " + environment.environment_id};
  // Sending needs neither: who cannot ask is no reason to think that texts fail.
  const auto unknown = [&](const std::string& why) {
    out.is = state::unknown;
    out.detail = why;
    out.advice = fmt::format("sending does not need it. Look in Twilio's console whether the account has {}{}", source,
                             is_service ? ", or let this machine connect to " + host : "");
    return out;
  };
  if (!answer) return unknown(fmt::format("{} cannot be asked: {}", host, answer.error()));
  const bool is_missing = answer->http_status == 404 || (answer->http_status == 200 && !answer->found);
  if (is_missing) {
    out.is = state::wrong;
    out.detail = fmt::format("the account has no {} in the region {}", source, senders::to_text(account.region));
    out.advice = is_service ? "correct sms.twilio.messaging_service_sid, or make the service in Twilio's console"
                            : "correct sms.twilio.phone_number, or buy the number in Twilio's console";
  } else if (answer->http_status != 200) {
    return unknown(fmt::format("{} answered HTTP {}", host, answer->http_status));
  } else if (!answer->texts) {
    out.is = state::wrong;
    out.detail = source + " cannot send texts";
    out.advice = "take a number with SMS among its capabilities";
  } else {
    out.detail = (is_service ? "messaging service " : "phone number ") + source + " is there";
  }
  return out;
}

awaitable<void> examine_twilio(ports::https_client& client, ports::clock& clock, const config::worker_config& config,
                               const domain::settings_snapshot& settings, const teller& tell) {
  account_examiner examiner(client, clock, config.twilio, tell);
  for (const auto& [name, environment] : settings.environments) {
    if (!environment->sms.twilio) continue;
    if (const auto missing = environment->missing_secret(); !missing.empty()) {
      tell({.is = state::wrong,
            .about = "twilio account of " + environment->environment_id,
            .detail = "the secret " + missing + " is missing",
            .advice = "put it into " + (config.secrets_directory / missing).string()});
      continue;
    }
    co_await examiner.examine(*environment);
  }
}

}  // namespace sendcode::app
