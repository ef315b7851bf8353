#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sendcode::domain {

// What a client address is counted as. IPv4: the address. IPv6: its /64, and its /48 beside it, for one household gets
// a /64 and one customer up to a /48 to choose addresses from.
struct client_address {
  std::string subject;
  std::string wide_network;  // empty for IPv4
};

// Nothing for an address that cannot be read or stands for no single client: private, loopback, link-local, shared (RFC
// 6598) or unspecified. Such an address is a load balancer's, and counting it would stop everybody. IPv4 inside IPv6
// counts as IPv4.
std::optional<client_address> parse_client_address(std::string_view text);

}  // namespace sendcode::domain
