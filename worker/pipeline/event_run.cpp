#include "worker/pipeline/event_run.hpp"

#include <algorithm>
#include <chrono>

#include "common/logging.hpp"
#include "worker/codec/event_decoder.hpp"
#include "worker/codec/status_encoder.hpp"
#include "worker/domain/device_token.hpp"
#include "worker/domain/message_text.hpp"
#include "worker/pipeline/admission_request.hpp"
#include "worker/pipeline/receipt_refs.hpp"
#include "worker/pipeline/status_record.hpp"
#include "worker/pipeline/store_retry.hpp"

namespace sendcode::pipeline {
namespace {

constexpr seconds default_code_life{600};  // where no settings say
constexpr milliseconds skew_most{1'000};
constexpr milliseconds leased_recheck{200};

const domain::environment_settings* settings_of(const domain::verdict& verdict, const rules& rules,
                                                const domain::send_code_event& event) {
  if (const auto* plan = std::get_if<domain::send_plan>(&verdict)) return plan->environment.get();
  return rules.settings->find(event.environment_id);
}

domain::outcome rejected_as(domain::reason reason) {
  domain::outcome out;
  out.status = domain::status::rejected;
  out.reason = reason;
  return out;
}

domain::outcome failed_as(domain::reason reason) {
  domain::outcome out;
  out.status = domain::status::failed;
  out.reason = reason;
  return out;
}

std::string_view to_text(domain::hold::why why) {
  switch (why) {
    case domain::hold::why::settings_not_current:
      return "the settings were not read yet";
    case domain::hold::why::settings_broken:
      return "its settings document is not valid and never was";
    case domain::hold::why::secret_missing:
      return "a secret that its settings name is missing";
    case domain::hold::why::no_signing_key:
      return "no key of the ring `codes` is valid now";
    case domain::hold::why::no_sender:
      return "no sender is configured for it";
  }
  return "";
}

using header_list = std::vector<std::pair<std::string, std::string>>;

void add_left_out(header_list& headers, std::string_view value) {
  headers.emplace_back("value-size", std::to_string(value.size()));
  headers.emplace_back("value-sha256", to_hex(as_text(sha256(value))));
}

// The least that a letter says, for a topic that does not take it otherwise.
std::shared_ptr<const ports::outgoing_record> make_smaller_letter(header_list headers, std::string_view value) {
  ports::outgoing_record out;
  out.topic = ports::topic::dead_letter;
  out.headers = std::move(headers);
  add_left_out(out.headers, value);
  out.null_value = true;
  return std::make_shared<const ports::outgoing_record>(std::move(out));
}

}  // namespace

void publish_dead_letter(const services& with, const options& chosen, ports::incoming_record& record,
                         domain::dead_letter_error error, std::string_view detail) {
  // Key, headers and value together, well below what a record may hold (librdkafka's and Kafka's default: 1 MB). What
  // does not fit stays where it came from: the key goes before the headers, and those before the value, whose digest
  // says which bytes they were.
  std::size_t room = std::size_t{512} * 1024;
  const auto fits = [&room](std::size_t bytes) {
    if (bytes > room) return false;
    room -= bytes;
    return true;
  };
  ports::outgoing_record out;
  out.topic = ports::topic::dead_letter;
  if (record.key && fits(record.key->size())) out.key = std::string(*record.key);
  std::size_t header_bytes = 0;
  for (const auto& [name, value] : record.headers) header_bytes += name.size() + value.size();
  if (fits(header_bytes)) {
    for (const auto& [name, value] : record.headers) out.headers.emplace_back(name, value);
  }
  const codec::dead_letter_source source{chosen.source_topic, record.position.partition, record.position.offset};
  auto said = codec::dead_letter_headers(error, detail, source);
  out.headers.insert(out.headers.end(), said.begin(), said.end());
  out.if_too_large = make_smaller_letter(std::move(said), record.value);
  if (fits(record.value.size())) {
    out.value = std::string(record.value);
    out.null_value = record.value.data() == nullptr;
  } else {
    out.null_value = true;
    add_left_out(out.headers, record.value);
  }
  log::warn("an event became a dead letter", {{"error", to_text(error)},
                                              {"detail", detail},
                                              {"partition", record.position.partition},
                                              {"offset", record.position.offset}});
  with.telemetry.dead_lettered(error);
  with.stream.publish(std::move(out), record.position);
}

event_run::event_run(shard_state& shard, taken_event taken)
    : shard_(shard),
      with_(shard.with),
      taken_(std::move(taken)),
      taken_at_(shard.with.clock.now()),
      rules_(shard.rules) {
  with_.random.fill(token_);
}

awaitable<void> event_run::run() {
  while (true) {
    if (must_stop(shard_, taken_.record.position)) co_return leave();
    rules_ = shard_.rules;
    auto verdict = judge();
    const auto* environment = settings_of(verdict, rules_, taken_.event);
    admission of{.event = taken_.event, .birth = birth()};
    if (environment != nullptr) of.code_life = environment->sms.code_ttl;

    const domain::ring_key* signing = nullptr;
    if (auto* plan = std::get_if<domain::send_plan>(&verdict)) {
      phone_ = plan->phone;
      of.plan = plan;
      of.known_device = taken_.event.purpose == domain::purpose::mfa ||
                        (!taken_.event.device_token.empty() &&
                         domain::is_valid_device_token(rules_.device_token_key->expose(), taken_.event.environment_id,
                                                       plan->phone.e164, taken_.event.device_token, with_.clock.now()));
      signing = rules_.code_keys->signing_key(with_.clock.now());
    } else if (const auto* no = std::get_if<domain::rejection>(&verdict)) {
      phone_ = no->phone;
      of.verdict = rejected_as(no->reason);
    } else {
      const auto& why = std::get<domain::hold>(verdict);
      phone_ = why.phone;
      const auto after = co_await hold(why);
      if (after == holding::next::stop) co_return leave();
      if (after == holding::next::try_again) continue;
      of.verdict = failed_as(domain::reason::senders_unavailable);
    }

    auto reply = co_await admit(of, signing != nullptr ? signing->id : "");
    if (!reply) co_return leave();
    if (auto* end = std::get_if<ports::settled>(&*reply)) co_return finish(*end);
    if (std::holds_alternative<ports::id_reused>(*reply)) {
      co_return dead_letter(domain::dead_letter_error::id_reused, "the same source and id came before with other data");
    }
    if (std::holds_alternative<ports::poison>(*reply)) {
      co_return dead_letter(domain::dead_letter_error::poison, "more than 3 workers took it up and did not end it");
    }
    if (const auto* other = std::get_if<ports::leased_elsewhere>(&*reply)) {
      co_await with_.clock.sleep_until(with_.clock.steady_now() +
                                       std::min(other->left + milliseconds{1}, leased_recheck));
      continue;
    }
    auto& grant = std::get<ports::granted>(*reply);
    watch_skew(grant.store_now);
    const auto* plan = std::get_if<domain::send_plan>(&verdict);
    // Without a plan this is a takeover, and settings have changed since: who held it may have sent, and there is
    // nobody left to ask.
    const bool ended = plan != nullptr
                           ? co_await go_on(grant, *plan)
                           : co_await settle_here(failed_as(domain::reason::unconfirmed), grant.flags, of.code_life);
    if (ended) co_return;
  }
}

domain::verdict event_run::judge() const {
  auto verdict = domain::judge(taken_.event, *rules_.settings, {.kinde_configured = with_.kinde != nullptr});
  const auto* plan = std::get_if<domain::send_plan>(&verdict);
  if (plan != nullptr && plan->route.front() != domain::sender_kind::test &&
      rules_.code_keys->signing_key(with_.clock.now()) == nullptr) {
    return domain::hold{domain::hold::why::no_signing_key, {}, plan->phone};
  }
  return verdict;
}

timestamp event_run::birth() const {
  // Not by this machine's clock if it can be helped: one that is slow would make every event look old.
  if (!taken_.event.time) return taken_.record.appended_at.value_or(taken_at_);
  return std::min(*taken_.event.time, taken_.record.appended_at.value_or(*taken_.event.time));
}

awaitable<holding::next> event_run::hold(const domain::hold& why) {
  if (!holding::has_place(shard_)) co_return holding::next::give_up;
  const auto* environment = rules_.settings->find(taken_.event.environment_id);
  const seconds life = environment != nullptr ? environment->sms.code_ttl : default_code_life;
  // Nor longer than it could be sent: with a tenth of its life left the store finds it too old.
  const auto least = std::max<milliseconds>(domain::delivery::least_life_to_hold, life / 10 + seconds{1});
  const auto left = birth() + life - least - with_.clock.now();
  log::warn("an event is held",
            {{"environment", taken_.event.environment_id}, {"because", to_text(why.because)}, {"secret", why.detail}});
  holding held(shard_, taken_.record.position, with_.clock.steady_now() + left, hold_tries_);
  while (true) {
    const auto next = co_await held.pause();
    if (next != holding::next::try_again) co_return next;
    rules_ = shard_.rules;
    if (!std::holds_alternative<domain::hold>(judge())) co_return next;
  }
}

awaitable<std::optional<ports::admit_reply>> event_run::admit(const admission& of, std::string_view signing_key_id) {
  bool address_uncounted = false;
  auto request = make_admit_request(of, shard_.chosen, with_.random, signing_key_id, address_uncounted);
  request.token = token_;
  if (address_uncounted) with_.telemetry.client_address_uncounted();
  const auto call = [&] {
    admit_asked_ = with_.clock.steady_now();  // the lease counts from the latest asking
    return with_.store.admit(request);
  };
  const auto give_up = [&] { return must_stop(shard_, taken_.record.position); };
  co_return co_await until_answered<ports::admit_reply>(with_, call, give_up);
}

awaitable<bool> event_run::go_on(ports::granted& grant, const domain::send_plan& plan) {
  const seconds code_life = plan.environment->sms.code_ttl;
  if (plan.route.front() == domain::sender_kind::test) {
    domain::outcome sent;
    sent.status = domain::status::sent;
    sent.sender = domain::sender_kind::test;
    co_return co_await settle_here(std::move(sent), grant.flags, code_life);
  }
  const auto* key = rules_.code_keys->find(grant.key_id, with_.clock.now());
  if (key == nullptr) {
    log::error("the key of a code is not in the key ring any more: keep keys until their codes have expired",
               {{"key", grant.key_id}});
    const bool unsure = !grant.first_lease || grant.flags.maybe_taken;
    const auto why = unsure ? domain::reason::unconfirmed : domain::reason::senders_unavailable;
    co_return co_await settle_here(failed_as(why), grant.flags, code_life);
  }
  const domain::code code =
      domain::derive_code(key->key->expose(),
                          {taken_.event.environment_id, taken_.event.application_id, taken_.event.purpose,
                           plan.phone.e164, taken_.event.user_id, taken_.event.challenge_id},
                          grant.nonce);
  secret body(domain::message_text(code.expose(), taken_.event.locale, plan.phone.country));
  const auto judge_again = [this] {
    rules_ = shard_.rules;
    return judge();
  };
  leased_event leased{taken_.event, taken_.record.position, plan, grant, token_, admit_asked_, judge_again};
  leased.receipt_ref = make_receipt_ref(with_, rules_, taken_.event, plan, std::min(birth(), grant.store_now));
  delivery_run delivery(shard_, std::move(leased), std::move(body));
  auto result = co_await delivery.run();
  if (auto* end = std::get_if<ports::settled>(&result)) {
    // What another worker settled first, that one counted.
    if (end->outcome.status == domain::status::sent && end->by == token_) {
      with_.telemetry.text_sent(taken_.event.environment_id, plan.phone.country);
    }
    finish(*end);
    co_return true;
  }
  if (std::holds_alternative<lease_lost>(result)) {
    with_.random.fill(token_);
    co_return false;
  }
  leave();
  co_return true;
}

awaitable<bool> event_run::settle_here(domain::outcome outcome, ports::event_flags flags, seconds code_life) {
  ports::settle_request request;
  request.token = token_;
  request.environment_id = taken_.event.environment_id;
  request.request_id = taken_.event.request_id;
  request.outcome = std::move(outcome);
  request.flags = flags;
  request.record_life = ports::record_life(code_life, shard_.chosen.dedupe_ttl);
  const auto call = [&] { return with_.store.settle(request); };
  const auto never = [] { return false; };
  auto reply = co_await until_answered<ports::settle_reply>(with_, call, never);
  if (auto* end = std::get_if<ports::settled>(&*reply)) {
    finish(*end);
    co_return true;
  }
  with_.random.fill(token_);
  co_return false;
}

void event_run::finish(const ports::settled& end) {
  if (end.outcome.reason == domain::reason::poison) {
    dead_letter(domain::dead_letter_error::poison, "more than 3 workers took it up and did not end it");
    return;
  }
  const codec::outcome_status status{.event = &taken_.event,
                                     .outcome = &end.outcome,
                                     .phone = phone_ ? &*phone_ : nullptr,
                                     .expires_at = end.expires_at,
                                     .now = with_.clock.now()};
  const auto age = std::chrono::duration_cast<milliseconds>(status.now - birth());
  with_.telemetry.event_ended(taken_.event.environment_id, taken_.event.purpose, end.outcome, age);
  with_.stream.publish(to_record(codec::encode_outcome(status)), taken_.record.position);
}

void event_run::dead_letter(domain::dead_letter_error error, std::string_view detail) {
  publish_dead_letter(with_, shard_.chosen, taken_.record, error, detail);
}

void event_run::leave() {
  with_.stream.drop(taken_.record.position);
}

void event_run::watch_skew(timestamp store_now) {
  const auto skew = std::chrono::duration_cast<milliseconds>(with_.clock.now() - store_now);
  with_.telemetry.clock_skew(skew);
  if (std::chrono::abs(skew) > skew_most && log::enabled(log::level::warn)) {
    static thread_local ports::steady_time next_warning{};
    const auto now = with_.clock.steady_now();
    if (now < next_warning) return;
    next_warning = now + std::chrono::minutes{1};
    log::warn("this machine's clock and that of Redis differ: run a time service on both",
              {{"skew_ms", static_cast<std::int64_t>(skew.count())}});
  }
}

}  // namespace sendcode::pipeline
