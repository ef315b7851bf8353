#pragma once

#include "worker/pipeline/services.hpp"
#include "worker/ports/challenge_desk.hpp"

namespace sendcode::pipeline {

// Looks after challenges and phones: knows the environments, and asks the store. One thread; what changes comes by
// update().
class desk final : public ports::challenge_desk {
 public:
  desk(ports::challenge_store& store, milliseconds dedupe_ttl, rules initial)
      : store_(store), dedupe_ttl_(dedupe_ttl), rules_(std::move(initial)) {}

  awaitable<std::expected<std::optional<ports::challenge_view>, ports::desk_outage>> look(
      ports::challenge_reference of) override;
  awaitable<std::expected<bool, ports::desk_outage>> cancel(ports::challenge_reference of) override;
  awaitable<std::expected<ports::unlock_answer, ports::desk_outage>> unlock(ports::unlock_request of) override;
  // On the desk's own thread.
  void update(rules next) { rules_ = std::move(next); }

 private:
  ports::challenge_store& store_;
  milliseconds dedupe_ttl_;
  rules rules_;
};

}  // namespace sendcode::pipeline
