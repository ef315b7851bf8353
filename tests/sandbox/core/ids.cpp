#include "tests/sandbox/core/ids.hpp"

namespace sendcode::sandbox {

std::string id_source::next(std::string_view prefix) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out(prefix);
  out.reserve(prefix.size() + 32);
  for (int half = 0; half < 2; ++half) {
    auto bits = engine_();
    for (int i = 0; i < 16; ++i, bits >>= 4) out += digits[bits & 15U];
  }
  return out;
}

}  // namespace sendcode::sandbox
