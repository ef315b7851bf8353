#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/adapters/redis/protocol.hpp"
#include "worker/adapters/redis/redis_address.hpp"

namespace sendcode::redis {

constexpr std::size_t slots_in_all = 16'384;
constexpr std::size_t masters_max = 1'000;  // Redis' own advice for a cluster's size

// CRC16 of what stands between the first { and the } after it, or of the whole key if nothing does (Redis Cluster
// specification, "Hash tags").
std::uint16_t key_slot(std::string_view key) noexcept;

// Which master serves a slot. No I/O: the cluster's answers go in.
class slot_map {
 public:
  slot_map() { owner_.fill(nobody); }

  // From the answer to CLUSTER SLOTS of the node at `asked`: a node that is announced without a host is that one. The
  // error is a reason for the log.
  static std::expected<slot_map, std::string> read(const redis_reply& reply, const redis_address& asked);

  // Index into masters(); nothing: no master serves it, as far as is known.
  std::optional<std::size_t> owner(std::uint16_t slot) const noexcept;
  const std::vector<redis_address>& masters() const noexcept { return masters_; }

  // MOVED says so; the place of other masters in masters() stays. False: they are too many.
  bool move(std::uint16_t slot, const redis_address& to);

 private:
  static constexpr std::uint16_t nobody = 0xFFFF;
  std::optional<std::uint16_t> place_of(const redis_address& master);

  std::vector<redis_address> masters_;
  std::array<std::uint16_t, slots_in_all> owner_;  // place in masters_
};

}  // namespace sendcode::redis
