#pragma once

#include <functional>

#include "worker/pipeline/shard_state.hpp"

namespace sendcode::pipeline {

// An event that waits for what it cannot be sent without (design §6). While this lives, the event is not in flight: it
// occupies no sender, and other environments' events pass it. Looks for reasons to end the wait; what it waits for is
// the caller's to look at, each time that pause() says so. The shard must outlive it.
class holding {
 public:
  enum class next { try_again, give_up, stop };

  static bool has_place(const shard_state& shard) { return shard.held < held_max; }

  // `ends`: when the event is given up. `tries` counts over all the holds of an event, so that its pauses grow.
  holding(shard_state& shard, const ports::record_position& position, ports::steady_time ends, unsigned& tries);
  ~holding();
  holding(const holding&) = delete;
  holding& operator=(const holding&) = delete;

  // Waits for the next try. `give_up`: its time is over, or the log needs its place; `stop`: it was drained or revoked.
  awaitable<next> pause();

 private:
  std::optional<next> over() const;

  shard_state& shard_;
  const ports::record_position& position_;
  ports::steady_time ends_;
  unsigned& tries_;
};

// Drained, or its partition was revoked.
bool must_stop(const shard_state& shard, const ports::record_position& position);

}  // namespace sendcode::pipeline
