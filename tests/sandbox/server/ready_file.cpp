#include "tests/sandbox/server/ready_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>

namespace sendcode::sandbox {

void write_ready_file(const std::filesystem::path& file, const ready& what) {
  nlohmann::json out = {
      {"pid", ::getpid()},
      {"base_url", fmt::format("https://localhost:{}", what.port)},
      {"kinde_base_url", fmt::format("https://localhost:{}", what.kinde_port)},
      {"control_url", fmt::format("http://127.0.0.1:{}", what.control_port)},
      {"ca_file", what.ca_file.string()},
  };
  if (!what.kafka.empty()) out["kafka"] = what.kafka;
  const auto beside = std::filesystem::path(file.string() + fmt::format(".{}.tmp", ::getpid()));
  std::ofstream stream(beside);
  stream << out.dump(2) << '\n';
  stream.close();
  if (!stream) throw std::system_error(errno, std::generic_category(), "cannot write " + beside.string());
  std::filesystem::rename(beside, file);
}

}  // namespace sendcode::sandbox
