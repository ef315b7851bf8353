#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/catch.hpp"
#include "tests/integration/end_to_end/http_call.hpp"
#include "tests/integration/end_to_end/kafka_server.hpp"
#include "tests/integration/end_to_end/sandbox.hpp"
#include "tests/integration/end_to_end/topic_log.hpp"
#include "tests/integration/end_to_end/worker.hpp"
#include "tests/integration/kafka/cluster.hpp"
#include "tests/integration/redis/redis_server.hpp"

namespace sendcode::e2e {

using nlohmann::json;
using tests::eventually;

inline const std::string australian = "+61491570006";  // a number that every environment of these tests may text

inline std::string wrong_for(const std::string& code) {
  return code == "000000" ? "000001" : "000000";
}

// One environment's settings document. The limits are wide unless a test is about them.
struct settings {
  static constexpr auto live_account = "AC0123456789abcdef0123456789abcdef";
  static constexpr auto other_account = "ACfedcba9876543210fedcba9876543210";
  static constexpr auto second_token = "a1b2c3d4e5f60718293a4b5c6d7e8f90";  // of the live account, beside its first

  std::string environment = "env_live";
  std::string account = live_account;
  bool twilio = true;
  bool api_key = false;
  std::string source = "messaging_service";
  std::string fallback = "kinde";
  std::string countries = "[AU, US]";
  std::string limits = "[{per: phone, max: 100, window: 30s}]";
  std::string more{};  // further lines below sms:, such as `blocked_prefixes: [...]`
  std::string mfa = "{policy: optional, factors: [sms]}";

  std::string document() const;
};

struct world_options {
  settings live{};
  std::string redis_password{};       // of the server
  std::string configured_password{};  // of the worker; empty: the server's
  std::string bootstrap{};            // empty: the shared Kafka
  std::uint32_t max_in_flight = 100;
  int partitions = 4;
  bool settings_topic = false;  // settings from the topic, which the test makes
};

struct event {
  std::string id;
  std::string source = "/tests";
  json data{};
  std::optional<std::string> time{};

  std::string phone() const { return data["phone_number"].get<std::string>(); }
  std::string challenge() const { return data["challenge_id"].get<std::string>(); }
  std::string outcome_id() const;  // of its status
};

// Redis, the sandbox, topics and a group of its own, and the workers of one test case. Its end is part of every case:
// each worker that still runs exits 0 after SIGTERM, no sanitizer has complained, and nothing of promise 3 stands
// anywhere.
class world {
 public:
  explicit world(world_options chosen = {});
  ~world();
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  worker& start_worker(const environment_variables& more = {});
  void write_settings(const settings& of) const;
  void write_secret(const std::string& name, const std::string& text) const;
  std::filesystem::path secret_path(const std::string& name) const { return folder.path() / "secrets" / name; }

  // A sign-in of env_live's app_web; `changes` replace members of its data, null takes one away.
  event make_event(const std::string& phone, const json& changes = {}) const;
  void send(const std::vector<event>& events);
  tests::test_record as_record(const event& of) const;  // in CloudEvents' binary mode, keyed by the phone
  void produce(const std::vector<tests::test_record>& records);

  // All that stands on the status topic under the event's outcome id.
  std::vector<logged_record> outcomes_of(const event& of) const;
  // The event's outcome, once it is there; the case fails if it doesn't come.
  json outcome(const event& of) const;
  json send_and_wait(const event& of);
  // Sends an event to each of the phones phone_number(from) to phone_number(to - 1).
  std::vector<event> load(int from, int to);
  // Each is sent, as one text that nobody doubts.
  void require_one_text_each(const std::vector<event>& events) const;
  // Each is sent, under one outcome that never changes. Who was texted twice got the same code, the status says that it
  // may be so, and the sandbox never got to say that it took the first one: `overtaken` of them at most excepted, whose
  // worker stood still between its last look at the clock and its request.
  void require_sent_once_or_marked(const std::vector<event>& events, std::size_t overtaken = 0) const;
  // Waits until each of them has an outcome; the case fails if that doesn't come.
  void require_ended(const std::vector<event>& events) const;
  std::size_t ended(const std::vector<event>& events) const;

  using headers = std::vector<std::pair<std::string, std::string>>;
  // Answer of POST /v1/challenges/…/check; `body` has its HTTP status as "http".
  json check(const worker& by, const event& of, const std::string& code, const headers& more = {}) const;
  // The same as it came, head and all.
  http_answer check_raw(const worker& by, const event& of, const std::string& code, const headers& more = {}) const;
  // The same of GET and DELETE /v1/challenges/…, and of any other request.
  json ask_after(const worker& by, const std::string& method, const event& of) const;
  json ask(const worker& by, const std::string& method, const std::string& target, const json& body = {},
           const headers& more = {}) const;
  http_answer call(const worker& by, const std::string& method, const std::string& target, const json& body = {},
                   const headers& more = {}) const;
  std::string metrics(const worker& of) const;
  // Sum over the partitions of what the group has not committed; nothing if Kafka doesn't say.
  std::optional<std::int64_t> lag() const;
  std::vector<std::string> codes_on(const std::string& phone) const;

  redis_tests::temporary_folder folder;
  redis_tests::redis_server redis;
  sandbox senders;
  std::unique_ptr<tests::cluster> kafka;  // none with a bootstrap of the test's own, until it makes one
  std::string send_code_topic, status_topic, dead_letter_topic, settings_topic, group;
  std::unique_ptr<topic_log> statuses, dead_letters;

  void make_topics();

 private:
  void write_config() const;
  void check_end();
  void check_privacy(const std::string& shown);

  world_options chosen_;
  std::string bootstrap_;
  std::string token_;
  std::deque<worker> workers_;
  std::set<std::string> phones_;
};

std::string random_id();  // 24 characters of base64url
// Many phones, each in a prefix of its own: +61 400 070 000, +61 401 ...
std::string phone_number(int n);

}  // namespace sendcode::e2e
