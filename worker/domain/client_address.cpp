#include "worker/domain/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/bytes.hpp"

namespace sendcode::domain {
namespace {

struct network {
  std::uint32_t address;
  unsigned bits;
};

constexpr std::uint32_t ipv4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array<network, 7> not_a_client = {{
    {ipv4(0, 0, 0, 0), 8},
    {ipv4(10, 0, 0, 0), 8},
    {ipv4(100, 64, 0, 0), 10},
    {ipv4(127, 0, 0, 0), 8},
    {ipv4(169, 254, 0, 0), 16},
    {ipv4(172, 16, 0, 0), 12},
    {ipv4(192, 168, 0, 0), 16},
}};

std::optional<client_address> from_ipv4(std::uint32_t address) {
  for (const auto& [base, bits] : not_a_client) {
    if (address >> (32 - bits) == base >> (32 - bits)) return std::nullopt;
  }
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(address >> shift & 255U);
  return client_address{"4:" + to_hex(bytes), ""};
}

}  // namespace

std::optional<client_address> parse_client_address(std::string_view text) {
  if (text.find('\0') != text.npos) return std::nullopt;  // inet_pton would not look behind it
  const std::string copy(text);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    return from_ipv4(ipv4(bytes[0], bytes[1], bytes[2], bytes[3]));
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) != 1) return std::nullopt;
  const bool zero_front = std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; });
  if (zero_front && bytes[10] == 0xFF && bytes[11] == 0xFF) {
    return from_ipv4(ipv4(bytes[12], bytes[13], bytes[14], bytes[15]));
  }
  const bool unspecified_or_loopback = zero_front;  // ::/80 holds no client
  const bool unique_local = (bytes[0] & 0xFEU) == 0xFC;
  const bool link_local = bytes[0] == 0xFE && (bytes[1] & 0xC0U) == 0x80;
  if (unspecified_or_loopback || unique_local || link_local) return std::nullopt;
  const std::string_view all(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return client_address{"6:" + to_hex(all.substr(0, 8)), "6:" + to_hex(all.substr(0, 6))};
}

}  // namespace sendcode::domain
