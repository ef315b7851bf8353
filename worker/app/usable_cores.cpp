#include "worker/app/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <thread>

namespace sendcode::app {
namespace {

constexpr const char* cgroups = "/sys/fs/cgroup";
constexpr std::size_t depth_max = 64;             // of nested cgroups
constexpr std::streamsize text_bytes_max = 4096;  // of the kernel's files

std::string read_text(const std::filesystem::path& file) {
  std::string out(text_bytes_max, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(out.data(), text_bytes_max);
  out.resize(static_cast<std::size_t>(in.gcount()));
  return out;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return out;
}

// `200000 100000` is two cores.
std::optional<std::uint64_t> cores_of(std::string_view quota) {
  const auto time = take_number(quota);
  if (!time || !quota.starts_with(' ')) return std::nullopt;
  quota.remove_prefix(1);
  const auto period = take_number(quota);
  if (!period || *period == 0 || (!quota.empty() && quota != "\n")) return std::nullopt;
  return *time / *period + (*time % *period == 0 ? 0 : 1);
}

std::uint32_t allowed_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::uint32_t>(CPU_COUNT(&set));
  return std::thread::hardware_concurrency();  // more processors than the set holds
}

}  // namespace

std::uint32_t usable_cores(std::uint32_t allowed, std::span<const std::string> quotas) {
  std::uint64_t out = allowed;
  for (const auto& each : quotas) out = std::min(out, cores_of(each).value_or(out));
  return static_cast<std::uint32_t>(std::max<std::uint64_t>(out, 1));
}

std::string_view cgroup_of(std::string_view text) {
  constexpr std::string_view version_2 = "0::";
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    if (line.starts_with(version_2)) return line.substr(version_2.size());
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return {};
}

std::vector<std::string> read_quotas(const std::filesystem::path& root, std::string_view cgroup) {
  std::vector<std::string> out;
  if (!cgroup.starts_with('/')) return out;
  // A process outside of its cgroup namespace is told a way that leads out of the root: of those above, nothing is
  // seen.
  auto below = std::filesystem::path(cgroup).lexically_normal().relative_path();
  for (std::size_t depth = 0; depth < depth_max; ++depth) {
    auto text = read_text(root / below / "cpu.max");
    if (!text.empty()) out.push_back(std::move(text));
    if (below.empty()) break;
    below = below.parent_path();
  }
  return out;
}

std::uint32_t usable_cores() {
  return usable_cores(allowed_cores(), read_quotas(cgroups, cgroup_of(read_text("/proc/self/cgroup"))));
}

}  // namespace sendcode::app
