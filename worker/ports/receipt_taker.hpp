#pragma once

#include <cstdint>
#include <string_view>

#include "common/async/spawn.hpp"

// What the webhook port needs of the pipeline: is this receipt Twilio's, and about a text of ours?
namespace sendcode::ports {

// As it came; nothing of it is checked. The views live until take() is done.
struct receipt_post {
  std::string_view environment_id;  // of the path
  std::string_view target;          // the path from /webhooks on, with its query
  std::string_view query;
  std::string_view signature;  // empty: none, or more than one
  std::string_view form;       // the body; empty where it is no form
};

enum class receipt_answer : std::uint8_t {
  done,       // the status stands in the log; or it was well signed and not understood
  refused,    // the same whatever is wrong
  too_large,  // more fields than a receipt has
  later       // the log did not acknowledge the status in time, or no settings were read yet: Twilio is to try again
};

class receipt_taker {
 public:
  virtual ~receipt_taker() = default;
  virtual awaitable<receipt_answer> take(const receipt_post& post) = 0;
};

}  // namespace sendcode::ports
