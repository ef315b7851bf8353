#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "worker/adapters/kafka/transactional_writer.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/dead_letter_topic.hpp"

namespace sendcode::app {

struct replay_options {
  std::string config = "worker.yaml";
  letter_filter filter;
  bool execute = false;  // else it tells what it would do
  bool again = false;    // those that were put back before, too
};

// Puts dead letters back on the send-code topic, each once: an event and the mark that it was put back are one
// transaction, and the transactional id (`<group>-replay`) shuts out whoever replays at the same time. So a replay that
// dies, or is begun twice, puts nothing back twice.
class dead_letter_replay {
 public:
  dead_letter_replay(const replay_options& chosen, const config::worker_config& config, context& with)
      : chosen_(chosen), config_(config), with_(with) {}

  void run();

 private:
  enum class fate : std::uint8_t { goes, went_before, without_value, from_elsewhere };
  fate fate_of(const dead_letter& letter) const;
  bool may_find_letters();
  bool prepare();
  bool put_back(const std::vector<dead_letter>& batch);
  void tell(const dead_letter& letter, fate what);
  void tell_progress();
  void tell_end();
  void fail(const std::string& why, exit_code as = exit_code::unreachable);

  const replay_options& chosen_;
  const config::worker_config& config_;
  context& with_;
  std::optional<kafka::transactional_writer> writer_;
  dead_letter_topic::contents standing_;
  timestamp now_{};
  std::size_t put_back_ = 0;
  std::size_t went_before_ = 0;
  std::size_t impossible_ = 0;
  std::size_t too_old_ = 0;
};

}  // namespace sendcode::app
