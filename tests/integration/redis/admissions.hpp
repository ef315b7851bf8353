#pragma once

#include "tests/integration/redis/connected.hpp"
#include "tests/integration/redis/groups.hpp"

namespace sendcode::redis_tests {

template <typename Group>
redis_options options_for(const Group& group) {
  redis_options out = options_for(std::uint16_t{0});
  group.put_into(out);
  return out;
}

// Events of one environment that are admitted a few at a time, each until it has an answer, as the pipeline does. All
// are charged to one limit, whose count is compared with theirs.
class admissions {
 public:
  admissions(connected& c, std::string_view of, std::size_t events);
  ~admissions() { state_->over = true; }
  admissions(const admissions&) = delete;
  admissions& operator=(const admissions&) = delete;

  void start();
  bool whole() const { return answered() == state_->events.size(); }
  std::size_t answered() const { return state_->answers; }
  std::size_t outages() const { return state_->outages; }

  // On the server at `port`, by what is kept there.
  std::size_t recorded(std::uint16_t port) const;
  std::size_t charged(std::uint16_t port) const;

 private:
  // Held by the coroutines too: they outlive a test that fails, until its store stops.
  struct state {
    std::vector<ports::admit_request> events;
    std::size_t next = 0;
    std::size_t answers = 0;
    std::size_t outages = 0;
    bool over = false;
  };
  static awaitable<void> work(connected& with, std::shared_ptr<state> state);

  connected& with_;
  std::string environment_;
  std::shared_ptr<state> state_;
};

}  // namespace sendcode::redis_tests
