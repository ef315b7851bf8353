#include "tests/sandbox/core/twilio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tests/sandbox/core/fault_replies.hpp"
#include "tests/sandbox/core/twilio_errors.hpp"

namespace sendcode::sandbox {
namespace {

void append_feedback(std::string& out, const text& of, std::string_view date) {
  fmt::format_to(
      std::back_inserter(out),
      R"({{"account_sid":"{0}","message_sid":"{1}","outcome":"{2}","date_created":"{3}","date_updated":"{3}",)"
      R"("uri":"/2010-04-01/Accounts/{0}/Messages/{1}/Feedback.json"}})",
      of.account, of.sid, of.feedback, date);
}

// Nothing: not there. The error: there, and not a whole number in range.
std::expected<std::optional<int>, std::string_view> number(const form& parameters, std::string_view name, int least,
                                                           int most) {
  const auto value = parameters.get(name);
  if (value.empty()) return std::nullopt;
  int out = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size() || out < least || out > most) {
    return std::unexpected(name);
  }
  return out;
}

// What Twilio refuses in the parameters themselves; 0: nothing.
twilio_error wrong_with(const form& parameters) {
  const auto to = parameters.get("To");
  const auto from = parameters.get("From");
  const auto body = parameters.get("Body");
  if (to.empty()) return make_twilio_error(21604);
  if (body.empty()) return make_twilio_error(21602);
  if (from.empty() && parameters.get("MessagingServiceSid").empty()) return make_twilio_error(21603);
  if (const auto code = magic_from(from)) return make_twilio_error(*code, from);
  if (const auto code = magic_to(to)) return make_twilio_error(*code, to);
  if (!is_e164(to)) return make_twilio_error(21211, to);
  if (characters(body) > twilio::body_characters_max) return make_twilio_error(21617);
  return {};
}

}  // namespace

reply twilio::send(const request& in, std::string_view account_sid) {
  const auto parameters = form::parse(in.body);
  const auto strike =
      faults_.strikes_request(target::twilio, parameters ? parameters->get("To") : std::string_view(), account_sid);
  reply out;
  if (!strike.hit || strike.hit->takes()) {
    out = parameters ? take(in, account_sid, *parameters) : refusal(make_twilio_error(20001, "the form"));
  }
  if (strike.hit) apply_fault(*strike.hit, out, texts_);
  out.delay += strike.latency;
  return out;
}

reply twilio::take(const request& in, std::string_view account_sid, const form& parameters) {
  auto credential = accounts_.admitted_by(in.authorization, account_sid);
  if (credential.empty()) return refusal(make_twilio_error(20003));
  if (const auto error = wrong_with(parameters); error.code != 0) return refusal(error);
  const auto validity = number(parameters, "ValidityPeriod", 1, 36'000);
  const auto attempt = number(parameters, "Attempt", 1, 1'000);
  if (!validity) return refusal(make_twilio_error(20001, validity.error()));
  if (!attempt) return refusal(make_twilio_error(20001, attempt.error()));
  const auto feedback = parameters.get("ProvideFeedback");
  if (!feedback.empty() && feedback != "true" && feedback != "false") {
    return refusal(make_twilio_error(20001, "ProvideFeedback"));
  }

  text one;
  one.by = sender::twilio;
  one.sid = ids_.next("SM");
  one.to = parameters.get("To");
  one.messaging_service_sid = parameters.get("MessagingServiceSid");
  one.from = parameters.get("From");
  one.body = parameters.get("Body");
  one.account = account_sid;
  one.host = in.host;
  one.credential = std::move(credential);
  one.status_callback = parameters.get("StatusCallback");
  one.status = one.messaging_service_sid.empty() ? "queued" : "accepted";
  one.validity_period_s = *validity;
  one.attempt = *attempt;
  if (feedback == "true") one.feedback = "unconfirmed";
  one.at = in.now;
  one.at_us = in.now_us;

  reply out;
  out.status = 201;
  out.body.reserve(1024);
  append_message(out.body, one);
  out.text = texts_.add(std::move(one));
  return out;
}

reply twilio::list(const request& in, std::string_view account_sid, std::string_view query) {
  const auto filter = form::parse(query);
  const auto strike =
      faults_.strikes_request(target::twilio_list, filter ? filter->get("To") : std::string_view(), account_sid);
  reply out;
  if (!strike.hit || strike.hit->takes()) {
    if (!accounts_.admits(in.authorization, account_sid)) {
      out = refusal(make_twilio_error(20003));
    } else if (!filter) {
      out = refusal(make_twilio_error(20001, "the query"));
    } else {
      out = page_of(account_sid, *filter);
    }
  }
  if (strike.hit) apply_fault(*strike.hit, out, texts_);
  out.delay += strike.latency;
  return out;
}

reply twilio::take_feedback(const request& in, std::string_view account_sid, std::string_view message_sid) {
  text* one = texts_.find_sid(message_sid);
  const bool is_its_own = one != nullptr && one->by == sender::twilio && one->account == account_sid;
  const auto strike = faults_.strikes_request(target::twilio_feedback, is_its_own ? one->to : "", account_sid);
  reply out;
  if (!strike.hit || strike.hit->takes()) {
    const auto parameters = form::parse(in.body);
    const auto outcome = parameters ? parameters->get("Outcome") : std::string_view();
    if (!accounts_.admits(in.authorization, account_sid)) {
      out = refusal(make_twilio_error(20003));
    } else if (!is_its_own) {
      out = refusal(make_twilio_error(20404));
    } else if (outcome != "confirmed" && outcome != "unconfirmed") {
      out = refusal(make_twilio_error(20001, "Outcome"));
    } else {
      texts_.take_feedback(*one, outcome);
      append_feedback(out.body, *one, to_rfc2822(in.now));
    }
  }
  if (strike.hit) apply_fault(*strike.hit, out, texts_);
  out.delay += strike.latency;
  return out;
}

reply twilio::show_account(const request& in, std::string_view account_sid) {
  if (!accounts_.admits(in.authorization, account_sid)) return refusal(make_twilio_error(20003));
  constexpr std::string_view opened = "Thu, 01 Jan 2026 00:00:00 +0000";
  reply out;
  out.body = R"({"auth_token":)";
  append_json_string_or_null(out.body, accounts_.token_of(account_sid));
  fmt::format_to(std::back_inserter(out.body),
                 R"(,"sid":"{0}","owner_account_sid":"{0}","friendly_name":"sandbox","status":"active","type":"Full",)"
                 R"("date_created":"{1}","date_updated":"{1}","uri":"/2010-04-01/Accounts/{0}.json",)"
                 R"("subresource_uris":{{"messages":"/2010-04-01/Accounts/{0}/Messages.json"}}}})",
                 account_sid, opened);
  return out;
}

}  // namespace sendcode::sandbox
