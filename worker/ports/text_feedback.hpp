#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/async/spawn.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/challenge_desk.hpp"
#include "worker/ports/code_store.hpp"
#include "worker/ports/time.hpp"

// What the pipeline needs to tell a sender that a text did its work: somebody typed its code. Threads as code_store.
namespace sendcode::ports {

// The last text of a challenge, as the event tells it that was granted last.
struct last_text {
  enum class state : std::uint8_t {
    none,       // it was not sent by Twilio, its id is not known, or nothing is remembered of it
    under_way,  // the event has not ended yet
    sent,
  };
  state is = state::none;
  std::string message_id;  // with sent: a SID
};

class sent_texts {
 public:
  virtual ~sent_texts() = default;
  virtual awaitable<stored<last_text>> find_last_text(const challenge_reference& of) = 0;
};

struct feedback_reply {
  enum class kind : std::uint8_t {
    taken,
    refused,  // it will be again
    failed,   // nobody answered, or not for good: it may be told once more
  };
  kind is = kind::failed;
  unsigned http_status = 0;  // 0: nobody answered
};

class feedback_taker {
 public:
  virtual ~feedback_taker() = default;
  // With the account and credentials that `from` sends by. Both must live until it returns.
  virtual awaitable<feedback_reply> confirm(const domain::environment_settings& from, std::string_view message_id,
                                            steady_time deadline) = 0;
};

}  // namespace sendcode::ports
