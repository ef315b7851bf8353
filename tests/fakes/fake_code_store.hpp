#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "worker/ports/code_store.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::tests {

// The rules of docs/redis.md that events see, kept in memory; limits and codes are the test's to decide. Controls: an
// outage, answers that get lost though the call took effect, leases of other workers.
class fake_code_store final : public ports::code_store {
 public:
  explicit fake_code_store(ports::clock& clock) : clock_(clock) {}

  enum class state { leased, released, settled };
  struct record {
    state at = state::leased;
    ports::token token{};
    byte_array<32> digest{};
    timestamp lease_ends, first_leased_at, expires_at;
    bool taken_over = false;
    int run_out = 0;
    ports::event_flags flags;
    domain::outcome outcome;
    ports::nonce nonce{};
    std::string key_id;
  };

  awaitable<ports::stored<ports::admit_reply>> admit(const ports::admit_request& request) override;
  awaitable<ports::stored<ports::renew_reply>> renew(const ports::renew_request& request) override;
  awaitable<ports::stored<bool>> release(const ports::renew_request& request) override;
  awaitable<ports::stored<ports::settle_reply>> settle(const ports::settle_request& request) override;
  awaitable<ports::stored<ports::check_reply>> check(const ports::check_request&) override;
  awaitable<ports::stored<ports::consume_reply>> consume(const ports::consume_request&) override;

  // As another worker would: takes the lease over, or ends the event.
  void take_over(domain::request_id id, milliseconds lease);
  void end_elsewhere(domain::request_id id, domain::outcome outcome);

  bool outage = false;
  milliseconds latency{0};  // of an admission's answer
  int answers_to_lose = 0;  // the next calls take effect and are not answered
  // A rejection by limits, lock-out or challenge; none: granted.
  std::function<std::optional<domain::outcome>(const ports::admit_request&)> limits = [](const auto&) {
    return std::nullopt;
  };
  // Guesses are wholly the test's.
  std::function<ports::check_reply(const ports::check_request&)> on_check = [](const auto&) {
    return ports::not_found{};
  };
  std::function<ports::consume_reply(const ports::consume_request&)> on_consume = [](const auto&) {
    return ports::approved{};
  };
  std::vector<ports::check_request> checks;
  std::vector<ports::consume_request> consumptions;
  int kinde_left = 1'000'000;  // texts that may still be reserved
  milliseconds clock_behind{0};

  std::map<domain::request_id, record> records;
  std::map<std::string, domain::request_id> claimed;
  std::set<std::string> accepted_by;           // accounts that took a text within 7 days
  std::vector<ports::admit_request> admitted;  // each call that was answered or lost
  std::vector<ports::renew_request> renewals;
  std::vector<ports::settle_request> settlements;
  int releases = 0;
  int asked = 0;  // all calls, outage or not
  int given_back = 0;

 private:
  // Whether the answer arrives: to be asked once a call has taken effect.
  bool lost() { return answers_to_lose > 0 && answers_to_lose-- > 0; }
  timestamp now() const { return clock_.now() - clock_behind; }
  ports::admit_reply decide(const ports::admit_request& request);
  record* held(const domain::request_id& id, const ports::token& token);

  ports::clock& clock_;
};

}  // namespace sendcode::tests
