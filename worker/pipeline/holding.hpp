#pragma once

#include <functional>

#include "worker/pipeline/shard_state.hpp"

namespace sendcode::pipeline {

// While this lives, its event is not in flight: it occupies no sender, and other environments' events pass it. The
// shard must outlive it.
class out_of_flight {
 public:
  explicit out_of_flight(shard_state& shard);
  ~out_of_flight();
  out_of_flight(const out_of_flight&) = delete;
  out_of_flight& operator=(const out_of_flight&) = delete;

 private:
  shard_state& shard_;
};

// An event that waits for what it cannot be sent without (design §6), out of flight. Looks for reasons to end the wait;
// what it waits for is the caller's to look at, each time that pause() says so.
class holding {
 public:
  enum class next { try_again, give_up, stop };

  static bool has_place(const shard_state& shard) { return shard.held < held_max; }

  // `ends`: when the event is given up. `tries` counts over all the holds of an event, so that its pauses grow.
  holding(shard_state& shard, const ports::record_position& position, ports::steady_time ends, unsigned& tries)
      : shard_(shard), position_(position), ends_(ends), tries_(tries) {}

  // Waits for the next try. `give_up`: its time is over, or the log needs its place; `stop`: it was drained or revoked.
  awaitable<next> pause();

 private:
  std::optional<next> over() const;

  shard_state& shard_;
  out_of_flight out_{shard_};
  const ports::record_position& position_;
  ports::steady_time ends_;
  unsigned& tries_;
};

// Drained, or its partition was revoked.
bool must_stop(const shard_state& shard, const ports::record_position& position);

}  // namespace sendcode::pipeline
