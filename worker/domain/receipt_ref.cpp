#include "worker/domain/receipt_ref.hpp"

#include <algorithm>
#include <optional>

#include "common/crypto.hpp"
#include "common/sealing.hpp"

namespace sendcode::domain {
namespace {

constexpr char version = 1;
constexpr std::size_t birth_size = 8;
constexpr std::size_t request_id_size = std::tuple_size_v<request_id>;
constexpr std::size_t own_key_part = std::tuple_size_v<receipt_ref_salt> - std::tuple_size_v<sealing_nonce>;

// Takes so many bytes off the front; nothing if there are fewer.
std::optional<std::string_view> take(std::string_view& bytes, std::size_t count) {
  if (bytes.size() < count) return std::nullopt;
  const auto out = bytes.substr(0, count);
  bytes.remove_prefix(count);
  return out;
}

// The same for a text with its length, one byte, before it.
std::optional<std::string_view> take_text(std::string_view& bytes) {
  const auto size = take(bytes, 1);
  return size ? take(bytes, static_cast<unsigned char>(size->front())) : std::nullopt;
}

std::string with_length(std::string_view text) {
  return static_cast<char>(text.size()) + std::string(text);
}

struct ref_lock {
  digest key;
  sealing_nonce nonce;
  length_prefixed bound;
};

ref_lock make_lock(const ring_key& key, std::string_view environment_id, std::string_view head, std::string_view salt) {
  ref_lock out{hmac_sha256(key.key->expose(), salt.substr(0, own_key_part)), {}, {}};
  std::ranges::copy_n(salt.begin() + own_key_part, out.nonce.size(), out.nonce.begin());
  out.bound.add(head).add(environment_id);
  return out;
}

std::optional<receipt_ref> read_inside(std::string_view bytes) {
  receipt_ref out;
  const auto purpose_byte = take(bytes, 1);
  const auto birth = take(bytes, birth_size);
  const auto request = take(bytes, request_id_size);
  const auto application = take_text(bytes);
  if (!purpose_byte || !birth || !request || !application) return std::nullopt;
  out.purpose = purpose_byte->front() == 0 ? purpose::sign_in : purpose::mfa;
  out.birth = from_unix_ms(static_cast<std::int64_t>(from_big_endian(*birth)));
  std::ranges::copy(*request, out.request_id.begin());
  out.application_id = *application;
  out.challenge_id = bytes;
  return out;
}

}  // namespace

std::string seal_ref(const ring_key& key, std::string_view environment_id, const receipt_ref& ref,
                     const receipt_ref_salt& salt) {
  const std::string head = version + with_length(key.id);
  std::string inside(1, ref.purpose == purpose::sign_in ? '\0' : '\1');
  inside += to_big_endian(static_cast<std::uint64_t>(to_unix_ms(ref.birth)));
  inside += as_text(ref.request_id);
  inside += with_length(ref.application_id);
  inside += ref.challenge_id;
  const auto lock = make_lock(key, environment_id, head, as_text(salt));
  const std::string sealed = seal(as_text(lock.key), lock.nonce, inside, lock.bound.bytes());
  return to_base64url(head + std::string(as_text(salt)) + sealed);
}

std::expected<receipt_ref, ref_error> open_ref(const key_ring& keys, std::string_view environment_id,
                                               std::string_view text, timestamp now) {
  const auto not_ours = std::unexpected(ref_error::not_ours);
  if (text.size() > receipt_ref_size_max) return not_ours;
  const auto bytes = from_base64url(text);
  if (!bytes || bytes->empty() || bytes->front() != version) return not_ours;
  std::string_view rest = std::string_view(*bytes).substr(1);
  const auto key_id = take_text(rest);
  const auto head = std::string_view(*bytes).substr(0, bytes->size() - rest.size());
  const auto salt = take(rest, std::tuple_size_v<receipt_ref_salt>);
  const ring_key* key = key_id ? keys.find(*key_id, now) : nullptr;
  if (!salt || key == nullptr) return not_ours;

  const auto lock = make_lock(*key, environment_id, head, *salt);
  const auto inside = unseal(as_text(lock.key), lock.nonce, rest, lock.bound.bytes());
  if (!inside) return not_ours;
  auto ref = read_inside(*inside);
  if (!ref) return not_ours;
  if (now - ref->birth >= receipt_ref_life) return std::unexpected(ref_error::too_old);
  return std::move(*ref);
}

}  // namespace sendcode::domain
