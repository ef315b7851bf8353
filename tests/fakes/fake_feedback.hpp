#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include "worker/ports/text_feedback.hpp"
#include "worker/ports/time.hpp"

namespace sendcode::tests {

// Knows one text for every challenge; what it says of it is the test's.
class fake_sent_texts final : public ports::sent_texts {
 public:
  awaitable<ports::stored<ports::last_text>> find_last_text(const ports::challenge_reference& of) override {
    asked.push_back(of);
    if (outage) co_return std::unexpected(ports::store_outage{"test"});
    co_return text;
  }

  ports::last_text text{ports::last_text::state::sent, "SM" + std::string(32, 'a')};
  bool outage = false;
  std::vector<ports::challenge_reference> asked;
};

// Answers by a script, one entry a telling; without one left it takes what it is told. `takes`: until it answers, at
// most until the deadline.
class fake_feedback_taker final : public ports::feedback_taker {
 public:
  using kind = ports::feedback_reply::kind;
  struct telling {
    std::string environment_id, message_id;
    ports::steady_time at;
  };

  explicit fake_feedback_taker(ports::clock& clock) : clock_(clock) {}

  awaitable<ports::feedback_reply> confirm(const domain::environment_settings& from, std::string_view message_id,
                                           ports::steady_time deadline) override {
    told.push_back({from.environment_id, std::string(message_id), clock_.steady_now()});
    ++under_way;
    co_await clock_.sleep_until(std::min(deadline, clock_.steady_now() + takes));
    --under_way;
    ports::feedback_reply out{kind::taken, 201};
    if (!script.empty()) {
      out.is = script.front();
      script.pop_front();
    }
    co_return out;
  }

  std::deque<kind> script;
  milliseconds takes{0};
  std::vector<telling> told;
  int under_way = 0;

 private:
  ports::clock& clock_;
};

}  // namespace sendcode::tests
