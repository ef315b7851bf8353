#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/async/spawn.hpp"
#include "worker/ports/code_store.hpp"

// How much of its limits an environment has used (`sendcode settings show --usage`). Nothing here changes anything.
namespace sendcode::ports {

// Approved and sent texts of a prefix are compared over this long (design §13).
constexpr milliseconds prefix_share_window{10 * 60 * 1000};

struct usage_question {
  enum class kind : std::uint8_t {
    limit,      // `limit`; of a phone by `device`
    approved,   // texts of the prefix `limit.subject` that were approved, over 10 minutes
    allowance,  // `allowance`
    fraud,      // of the prefix `limit.subject`
    guesses,    // of the phone `limit.subject`, of the class `device`
  } about = kind::limit;
  limit_check limit{};
  device_class device = device_class::stranger;
  allowance_check allowance{};
};

struct usage_answer {
  // limit, approved, allowance: texts. fraud: answers within 10 minutes. guesses: wrong ones since the last approval.
  std::uint64_t used = 0;
  // limit: until fewer than its max are counted. allowance: until its period ends. fraud: until the block ends. 0: now.
  milliseconds left{0};
  std::uint64_t open = 0;  // guesses: those that live challenges still have
};

struct usage_request {
  std::string environment_id;
  std::vector<usage_question> questions;  // at most usage_questions_max, of one kind of allowance
};
constexpr std::size_t usage_questions_max = 200;

struct usage_reply {
  timestamp store_now;
  std::vector<usage_answer> answers;  // in the questions' order, of one moment
};

// What something was counted for, as far as it could be found.
struct subjects_in_use {
  std::vector<std::string> countries;
  std::vector<std::string> prefixes;
  std::vector<std::string> fraud_prefixes;
  std::string missing{};  // why there may be more; empty: these are all
};

// Threads as code_store.
class usage_store {
 public:
  virtual ~usage_store() = default;

  virtual awaitable<stored<usage_reply>> usage(const usage_request& request) = 0;
  // Looks through all keys of the environment's master, a few at a time, for at most `most`.
  virtual awaitable<stored<subjects_in_use>> subjects(const std::string& environment_id, milliseconds most) = 0;
};

}  // namespace sendcode::ports
