#include "worker/adapters/redis/redis_address.hpp"

#include <charconv>

namespace sendcode::redis {

std::string to_text(const redis_address& address) {
  const bool bracketed = address.host.find(':') != std::string::npos;
  return (bracketed ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

std::optional<redis_address> read_announced(std::string_view text, bool tls) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  redis_address out{std::string(text.substr(0, colon)), 0, tls};
  const std::string_view port = text.substr(colon + 1);
  const auto [end, failure] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (failure != std::errc{} || end != port.data() + port.size() || out.port == 0) return std::nullopt;
  return out;
}

}  // namespace sendcode::redis
