#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

// Integers in stored values (docs/redis.md).
namespace sendcode::redis {

inline std::uint64_t little_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

inline void append_little_endian(std::string& out, std::uint64_t value, std::size_t size) {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(value >> (8 * i) & 255U);
  out.append(bytes.data(), size);
}

}  // namespace sendcode::redis
