#pragma once

#include <boost/asio/io_context.hpp>
#include <cstring>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/catch.hpp"
#include "tests/fakes/counted_telemetry.hpp"
#include "tests/fakes/fake_code_store.hpp"
#include "tests/fakes/fake_event_stream.hpp"
#include "tests/fakes/fake_text_sender.hpp"
#include "tests/fakes/manual_clock.hpp"
#include "worker/pipeline/shard.hpp"

namespace sendcode::tests {

// Numbered bytes, each draw another; jitter as the test sets it.
class counted_random final : public ports::random_source {
 public:
  void fill(std::span<std::uint8_t> out) override {
    ++draws_;
    std::memset(out.data(), 0, out.size());
    std::memcpy(out.data(), &draws_, std::min(out.size(), sizeof draws_));
  }
  double unit() override { return jitter; }

  double jitter = 0.5;

 private:
  std::uint64_t draws_ = 0;
};

// What an event says, all of it with a default.
struct event_words {
  std::string id;  // empty: a new one
  std::string environment = "env_live";
  std::string phone = "+61491570006";
  std::string challenge;           // empty: a new one
  std::optional<std::string> key;  // absent: the phone number, so that the record has a key as advised
  bool without_key = false;
  std::string purpose = "sign_in";
  std::string application = "app_web";
  std::string value;  // instead of the event's data
  std::string traceparent;
  std::string time;  // RFC 3339; empty: not said
  milliseconds appended_ago{0};
  std::shared_ptr<ports::assignment> held_by;
};

// One shard with fakes all around it, on a virtual clock.
class pipeline_world {
 public:
  explicit pipeline_world(pipeline::options chosen = {});
  ~pipeline_world();

  // Puts an event into the shard's inbox; returns its offset.
  std::int64_t deliver(event_words words = {});
  std::int64_t deliver(const std::string& id) {
    event_words words;
    words.id = id;
    return deliver(std::move(words));
  }
  // With `collecting`, what is delivered stays here until it is let in as one batch.
  bool collecting = false;
  void let_in();
  // Does what can be done without time.
  void run() { clock.settle(); }
  void pass(milliseconds time) { clock.advance(time); }
  // The settings in `environments` come into force.
  void update();
  bool drained = false;
  void drain() {
    shard->drain([this] { drained = true; });
    run();
  }

  // Drains, in the time that an event out of flight may take to see it: this one was given back unsent.
  void require_given_back_by_drain(std::int64_t offset);

  domain::environment_settings& environment(const std::string& id = "env_live") { return environments.at(id); }
  void add_environment(const std::string& id);
  pipeline::rules rules() const;
  static domain::request_id request_id(const std::string& id, const std::string& environment = "env_live") {
    return domain::make_request_id(environment, "/sign-in", id);
  }
  // Of the published status that completed this offset.
  nlohmann::json status(std::int64_t offset) const;
  std::string outcome(std::int64_t offset) const;  // "sent", "failed senders_unavailable", "dead letter poison", "open"

  boost::asio::io_context context;
  manual_clock clock{context};
  counted_random random;
  counted_telemetry telemetry;
  fake_code_store store{clock};
  fake_text_sender twilio{domain::sender_kind::twilio, clock};
  fake_text_sender kinde{domain::sender_kind::kinde, clock};
  fake_event_stream stream;
  std::map<std::string, domain::environment_settings> environments;
  bool current = true;
  std::optional<timestamp> key_ends;                 // of the ring's only key
  std::shared_ptr<const domain::key_ring> ref_keys;  // none: no receipts are asked for
  pipeline::services services{.store = store,
                              .twilio = &twilio,
                              .kinde = &kinde,
                              .stream = stream,
                              .clock = clock,
                              .random = random,
                              .telemetry = telemetry};
  std::unique_ptr<pipeline::shard> shard;
  std::shared_ptr<ports::assignment> assignment = std::make_shared<ports::assignment>();

 private:
  std::int64_t next_offset_ = 0;
  std::vector<ports::incoming_record> collected_;
};

}  // namespace sendcode::tests
