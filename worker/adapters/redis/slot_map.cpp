#include "worker/adapters/redis/slot_map.hpp"

#include <algorithm>

namespace sendcode::redis {
namespace {

// CRC-16/XMODEM: polynomial 0x1021, nothing reflected, begins at 0.
constexpr std::array<std::uint16_t, 256> crc_table = [] {
  std::array<std::uint16_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    std::uint32_t crc = i << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    out[i] = static_cast<std::uint16_t>(crc & 0xFFFF);
  }
  return out;
}();

std::string_view hash_tag(std::string_view key) noexcept {
  const auto open = key.find('{');
  if (open == std::string_view::npos) return key;
  const auto close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

constexpr std::string_view no_slots = "the answer to CLUSTER SLOTS is not understood";

bool is_slot(const redis_reply& reply) noexcept {
  return reply.type == redis_reply::kind::integer && reply.integer >= 0 &&
         reply.integer < static_cast<std::int64_t>(slots_in_all);
}

// `[host, port, …]`. "?" stands for a host that the node does not know: of no use to us.
std::optional<redis_address> announced_node(const redis_reply& node, const redis_address& asked) {
  if (node.elements.size() < 2) return std::nullopt;
  const redis_reply& host = node.elements[0];
  const redis_reply& port = node.elements[1];
  if (port.type != redis_reply::kind::integer || port.integer < 1 || port.integer > 65'535) return std::nullopt;
  if (host.type != redis_reply::kind::nil && !host.is_text()) return std::nullopt;
  if (host.text == "?") return std::nullopt;
  return redis_address{host.text.empty() ? asked.host : host.text, static_cast<std::uint16_t>(port.integer), asked.tls};
}

}  // namespace

std::uint16_t key_slot(std::string_view key) noexcept {
  std::uint32_t crc = 0;
  for (const char c : hash_tag(key)) {
    crc = ((crc << 8) ^ crc_table[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xFF]) & 0xFFFF;
  }
  return static_cast<std::uint16_t>(crc % slots_in_all);
}

std::expected<slot_map, std::string> slot_map::read(const redis_reply& reply, const redis_address& asked) {
  if (reply.type != redis_reply::kind::array) return std::unexpected(std::string(no_slots));
  slot_map out;
  for (const redis_reply& range : reply.elements) {
    if (range.elements.size() < 3 || !is_slot(range.elements[0]) || !is_slot(range.elements[1])) {
      return std::unexpected(std::string(no_slots));
    }
    const auto master = announced_node(range.elements[2], asked);
    if (!master) continue;  // its slots have nobody until a MOVED names them
    const auto place = out.place_of(*master);
    if (!place) return std::unexpected("the cluster has too many masters");
    const auto first = static_cast<std::size_t>(range.elements[0].integer);
    const auto last = static_cast<std::size_t>(range.elements[1].integer);
    for (std::size_t slot = first; slot <= last; ++slot) out.owner_[slot] = *place;
  }
  if (out.masters_.empty()) return std::unexpected("the cluster's slots have no master");
  return out;
}

std::optional<std::size_t> slot_map::owner(std::uint16_t slot) const noexcept {
  const std::uint16_t place = owner_[slot];
  if (place == nobody) return std::nullopt;
  return place;
}

bool slot_map::move(std::uint16_t slot, const redis_address& to) {
  const auto place = place_of(to);
  if (place) owner_[slot] = *place;
  return place.has_value();
}

std::optional<std::uint16_t> slot_map::place_of(const redis_address& master) {
  const auto found = std::ranges::find(masters_, master);
  const auto place = static_cast<std::uint16_t>(found - masters_.begin());
  if (found != masters_.end()) return place;
  if (masters_.size() == masters_max) return std::nullopt;
  masters_.push_back(master);
  return place;
}

}  // namespace sendcode::redis
