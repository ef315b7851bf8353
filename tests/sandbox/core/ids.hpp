#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace sendcode::sandbox {

// Identifiers that look like the real ones: a prefix and 32 hex digits. Unique, not unguessable.
class id_source {
 public:
  explicit id_source(std::uint64_t seed) : engine_(seed) {}
  std::string next(std::string_view prefix);

 private:
  std::mt19937_64 engine_;
};

}  // namespace sendcode::sandbox
