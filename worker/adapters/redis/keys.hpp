#pragma once

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string_view>

#include "common/bytes.hpp"
#include "common/crypto.hpp"
#include "common/secret.hpp"
#include "common/timestamp.hpp"
#include "worker/adapters/redis/protocol.hpp"
#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/ports/code_store.hpp"

// Keys and hashes of docs/redis.md.
namespace sendcode::redis {

using short_hash = byte_array<16>;

// Hashes under the `subjects` key, so that nobody who reads Redis can try out phone numbers. One thread.
class subject_hasher {
 public:
  explicit subject_hasher(const secret& subjects_key);

  short_hash hash(std::string_view kind, std::string_view environment_id, std::string_view value);
  // What a challenge is bound to.
  short_hash binding(std::string_view environment_id, std::string_view application_id, domain::purpose purpose,
                     std::string_view phone, std::string_view user_id);
  // Without a key, for what is unguessable or public. Each call costs one SHA-256.
  short_hash plain(std::string_view value);

 private:
  struct closer {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* kind) const noexcept { EVP_MD_free(kind); }
  };
  using context = std::unique_ptr<EVP_MD_CTX, closer>;

  void finish(short_hash& out);

  // HMAC with both of its inner states made once: OpenSSL 3's HMAC() looks the algorithm up at every call, which costs
  // more than the hash.
  std::unique_ptr<EVP_MD, closer> sha256_;
  context inner_;
  context outer_;
  context work_;
};

// Each appends one key as the command's next argument.
class key_writer {
 public:
  key_writer(redis_command& command, std::string_view environment_id)
      : command_(command), environment_(environment_id) {}

  void event(const domain::request_id& id);
  void challenge(const short_hash& hash);
  void phone(const short_hash& hash);
  void list(std::string_view per, std::optional<ports::device_class> device, const short_hash& hash);
  void buckets(std::string_view per, std::string_view subject, milliseconds window);
  void fraud(std::string_view prefix);
  void allowance(bool monthly);
  void trusted(const short_hash& account);
  void message(const short_hash& hash);
  void answer(const short_hash& hash);

 private:
  redis_command& begin(std::string_view kind);

  redis_command& command_;
  std::string_view environment_;
};

std::string to_key_text(const short_hash& hash);  // base64url, 22 characters

}  // namespace sendcode::redis
