#include <openssl/sha.h>

#include "common/bytes.hpp"
#include "worker/adapters/redis/scripts.hpp"

namespace sendcode::redis {

script::script(std::string_view script_name, std::string_view script_body) : name(script_name), body(script_body) {
  byte_array<SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  sha = to_hex(as_text(digest));
}

}  // namespace sendcode::redis
