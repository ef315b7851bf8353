#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/timestamp.hpp"
#include "worker/adapters/kafka/topic_inspection.hpp"
#include "worker/adapters/redis/redis_state.hpp"
#include "worker/adapters/senders/account_answer.hpp"

// What `sendcode doctor` makes of the answers that it gets.
namespace sendcode::app {

struct finding {
  enum class state : std::uint8_t { ok, unknown, wrong, unreachable };
  state is = state::ok;
  std::string about;     // "topic sms.send-code"
  std::string detail{};  // what was found
  std::string advice{};  // what to do; empty: nothing
};

enum class topic_use : std::uint8_t { send_code, delivery_status, dead_letter, settings };

// `code_life`: the longest of all environments.
finding judge_topic(const kafka::topic_state& topic, topic_use use, seconds code_life);
// Of each master: memory policy, room, and the clock. Where there are several, each is named.
std::vector<finding> judge_redis(const std::vector<redis::redis_state>& masters, seconds dedupe_ttl);
finding judge_account(const std::string& about, const senders::account_answer& answer);
finding judge_credentials(const std::string& about, unsigned http_status);

std::string to_line(const finding& found);
nlohmann::ordered_json to_json(const finding& found);

}  // namespace sendcode::app
