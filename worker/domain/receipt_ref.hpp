#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "worker/domain/event.hpp"
#include "worker/domain/key_ring.hpp"

// What a text belongs to, sealed: it goes to Twilio in the text's StatusCallback and comes back with each receipt
// (design §7), so that a receipt needs no look-up and shows nothing.
namespace sendcode::domain {

// Behind the public address and before the environment's id: where receipts come to.
constexpr std::string_view webhook_path = "/webhooks/twilio/";

constexpr std::chrono::days receipt_ref_life{7};
constexpr std::string_view ref_key_label = "sendcode refs v1";  // of the ring `refs`, for key_ring::derive
constexpr std::size_t receipt_ref_size_max = 432;               // in base64url

struct receipt_ref {
  domain::request_id request_id{};
  std::string challenge_id;
  std::string application_id;
  domain::purpose purpose = purpose::sign_in;
  timestamp birth;  // of the event

  bool operator==(const receipt_ref&) const = default;
};

using receipt_ref_salt = byte_array<24>;  // random, for one ref

// base64url of: version (1 byte); the key's id, with its length before it; the salt; then sealed by AES-256-GCM purpose
// (1), birth (8, ms, big-endian), request id (16), application with its length before it, challenge; and the tag. The
// environment and all that stands before the salt are bound to it. The salt's first half makes this ref's own key of
// the ring's, its second half is the nonce: no number of refs wears a ring's key out.
std::string seal_ref(const ring_key& key, std::string_view environment_id, const receipt_ref& ref,
                     const receipt_ref_salt& salt);

enum class ref_error : std::uint8_t {
  not_ours,  // malformed, changed, of another environment, or its key is not in the ring any more
  too_old
};
std::expected<receipt_ref, ref_error> open_ref(const key_ring& keys, std::string_view environment_id,
                                               std::string_view text, timestamp now);

}  // namespace sendcode::domain
