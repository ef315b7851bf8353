#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sendcode::sandbox {

struct ready {
  std::uint16_t port = 0;
  std::uint16_t kinde_port = 0;
  std::uint16_t control_port = 0;
  std::filesystem::path ca_file;
  std::string kafka;  // empty: none
};

// Whole or not at all: written beside and renamed. Throws std::system_error.
void write_ready_file(const std::filesystem::path& file, const ready& what);

}  // namespace sendcode::sandbox
