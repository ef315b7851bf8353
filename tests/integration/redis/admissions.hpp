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
  admissions(connected& c, std::string_view environment, std::size_t events);

  void start();
  bool whole() const { return answered() == events_.size(); }
  std::size_t answered() const { return answers_; }
  std::size_t outages() const { return outages_; }
  const std::vector<ports::admit_request>& events() const { return events_; }

  // On the server at `port`, by what is kept there.
  std::size_t recorded(std::uint16_t port) const;
  std::size_t charged(std::uint16_t port) const;

 private:
  awaitable<void> work();

  connected& with_;
  std::string environment_;
  std::vector<ports::admit_request> events_;
  std::size_t next_ = 0;
  std::size_t answers_ = 0;
  std::size_t outages_ = 0;
};

}  // namespace sendcode::redis_tests
