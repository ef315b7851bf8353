#pragma once

#include <string>
#include <string_view>

// The Lua scripts, put together from *.lua at build time (CMakeLists.txt). docs/redis.md has their keys, arguments and
// replies.
namespace sendcode::redis {

struct script {
  std::string_view name;
  std::string_view body;
  std::string sha;  // SHA-1 of the body in hex: EVALSHA's name for it

  script(std::string_view script_name, std::string_view script_body);
};

extern const script admit_script;
extern const script renew_script;
extern const script release_script;
extern const script settle_script;
extern const script check_script;
extern const script consume_script;
extern const script state_script;
extern const script cancel_script;
extern const script unlock_script;
extern const script answer_script;
extern const script usage_script;

}  // namespace sendcode::redis
