#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "worker/domain/fair_queue.hpp"
#include "worker/pipeline/event_run.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// One thread's share of the events: keeps an environment's of one key in order, lets environments take turns, bounds
// what is in flight. Public calls come from any thread and are carried to the shard's own.
class shard final : public ports::record_sink {
 public:
  shard(boost::asio::io_context& context, const services& with, options chosen, rules initial);

  void accept(std::vector<ports::incoming_record> batch) override;
  void update(rules next);
  // Starts nothing more, drops what waits, and calls `idle` (on the shard's thread) once all that was started has
  // ended.
  void drain(std::function<void()> idle);

 private:
  struct waiting {
    std::uint64_t key;
    taken_event taken;
  };

  void take(ports::incoming_record record);
  void start_what_fits();
  void start_later();
  void ended(std::uint64_t key);
  void drop_waiting();
  awaitable<void> live(waiting event);

  boost::asio::io_context& context_;
  services with_;
  options options_;
  shard_state state_;
  domain::fair_queue<waiting> ready_;
  // Keys with an event in `ready_` or running, and those that wait behind it.
  std::unordered_map<std::uint64_t, std::deque<taken_event>> keys_;
  std::uint32_t running_ = 0;
  bool start_posted_ = false;
  std::function<void()> idle_;
};

}  // namespace sendcode::pipeline
