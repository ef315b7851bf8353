#include "worker/domain/device_token.hpp"

#include "common/crypto.hpp"

namespace sendcode::domain {
namespace {

constexpr std::size_t expiry_size = 8;
constexpr std::size_t id_size = 16;
constexpr std::size_t mac_size = 32;

digest sign(std::string_view key, std::string_view environment_id, std::string_view phone, std::string_view expiry,
            std::string_view id) {
  return hmac_sha256(key, length_prefixed().add(environment_id).add(phone).add(expiry).add(id).bytes());
}

}  // namespace

std::string make_device_token(std::string_view key, std::string_view environment_id, std::string_view phone,
                              const byte_array<16>& id, timestamp now) {
  const auto expires = std::chrono::duration_cast<seconds>((now + device_token_life).time_since_epoch());
  const std::string expiry = to_big_endian(static_cast<std::uint64_t>(expires.count()));
  const digest mac = sign(key, environment_id, phone, expiry, as_text(id));
  return to_base64url(expiry + std::string(as_text(id)) + std::string(as_text(mac)));
}

bool is_valid_device_token(std::string_view key, std::string_view environment_id, std::string_view phone,
                           std::string_view token, timestamp now) {
  const auto bytes = from_base64url(token);
  if (!bytes || bytes->size() != expiry_size + id_size + mac_size) return false;
  const auto all = std::string_view(*bytes);
  const auto expiry = all.substr(0, expiry_size);
  const auto id = all.substr(expiry_size, id_size);
  const digest mac = sign(key, environment_id, phone, expiry, id);
  if (!equal_in_constant_time(as_text(mac), all.substr(expiry_size + id_size))) return false;
  return timestamp{seconds{static_cast<std::int64_t>(from_big_endian(expiry))}} > now;
}

}  // namespace sendcode::domain
