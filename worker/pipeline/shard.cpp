#include "worker/pipeline/shard.hpp"

#include <boost/asio/post.hpp>

#include "worker/codec/event_decoder.hpp"

namespace sendcode::pipeline {
namespace {

// Events started before the loop turns: answers of Redis and of senders must not wait behind a long queue of new
// events.
constexpr unsigned starts_each_turn = 32;

// Which events are handled one after another: an environment's with one record key, or phone number where there is
// none. Not other environments': a held event would hold them up, too.
std::uint64_t line_of(const ports::incoming_record& record, const domain::send_code_event& event) {
  const bool has_key = record.key && !record.key->empty();
  const std::string_view ordering = has_key ? *record.key : std::string_view(event.phone_number);
  std::string both = event.environment_id;  // which holds no slash
  both.append("/").append(ordering);
  return std::hash<std::string_view>{}(both);
}

}  // namespace

shard::shard(boost::asio::io_context& context, const services& with, options chosen, rules initial)
    : context_(context),
      with_(with),
      options_(std::move(chosen)),
      state_{.with = with_, .chosen = options_, .rules = std::move(initial), .accounts = {}} {
  // Posted: an event that is held at once would otherwise start the next inside itself, and so on.
  state_.room_in_flight = [this] { start_later(); };
}

void shard::accept(std::vector<ports::incoming_record> batch) {
  boost::asio::post(context_, [this, batch = std::move(batch)]() mutable {
    for (auto& record : batch) take(std::move(record));
    start_what_fits();
  });
}

void shard::update(rules next) {
  boost::asio::post(context_, [this, next = std::move(next)]() mutable { state_.rules = std::move(next); });
}

void shard::drain(std::function<void()> idle) {
  boost::asio::post(context_, [this, idle = std::move(idle)]() mutable {
    state_.draining = true;
    drop_waiting();
    idle_ = std::move(idle);
    if (running_ == 0) std::exchange(idle_, {})();
  });
}

void shard::take(ports::incoming_record record) {
  if (state_.draining || ports::is_revoked(*record.position.held_by)) {
    with_.stream.drop(std::move(record.position));
    return;
  }
  auto event = codec::decode_event(record.headers, record.value);
  if (!event) {
    publish_dead_letter(with_, options_, record, event.error().error, event.error().detail);
    return;
  }
  const std::uint64_t key = line_of(record, *event);
  taken_event taken{std::move(record), std::move(*event)};
  const auto [line, first] = keys_.try_emplace(key);
  if (first) {
    const std::string environment = taken.event.environment_id;
    ready_.push(environment, {key, std::move(taken)});
  } else {
    line->second.push_back(std::move(taken));
  }
}

void shard::start_what_fits() {
  for (unsigned started = 0; state_.in_flight < options_.in_flight_max; ++started) {
    if (started == starts_each_turn) {
      start_later();
      return;
    }
    auto next = ready_.pop();
    if (!next) return;
    ++running_;
    ++state_.in_flight;
    with_.telemetry.in_flight_changed(1);
    spawn(context_.get_executor(), "event", live(std::move(*next)));
  }
}

void shard::start_later() {
  if (start_posted_) return;
  start_posted_ = true;
  boost::asio::post(context_, [this] {
    start_posted_ = false;
    start_what_fits();
  });
}

awaitable<void> shard::live(waiting event) {
  const auto key = event.key;
  {
    event_run run(state_, std::move(event.taken));
    co_await run.run();
  }
  ended(key);
}

void shard::ended(std::uint64_t key) {
  --running_;
  --state_.in_flight;
  with_.telemetry.in_flight_changed(-1);
  const auto line = keys_.find(key);
  if (line->second.empty()) {
    keys_.erase(line);
  } else {
    taken_event next = std::move(line->second.front());
    line->second.pop_front();
    const std::string environment = next.event.environment_id;
    ready_.push(environment, {key, std::move(next)});
  }
  start_what_fits();
  if (idle_ && running_ == 0) std::exchange(idle_, {})();
}

void shard::drop_waiting() {
  for (auto& [key, line] : keys_) {
    for (auto& taken : line) with_.stream.drop(std::move(taken.record.position));
    line.clear();
  }
  while (auto event = ready_.pop()) {
    with_.stream.drop(std::move(event->taken.record.position));
    keys_.erase(event->key);
  }
}

}  // namespace sendcode::pipeline
