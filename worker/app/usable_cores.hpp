#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// How many cores this process may use: a container's part of a machine is often small.
namespace sendcode::app {

// Of all that the kernel would schedule it on (`allowed`), no more than the tightest of its CPU quotas, rounded up. A
// quota is the text of a cgroup's cpu.max (cgroup v2: quota and period, or `max`); one that is not understood binds
// nobody. At least 1.
std::uint32_t usable_cores(std::uint32_t allowed, std::span<const std::string> quotas);

// The cgroup of version 2 that the text of /proc/self/cgroup names, such as `/kubepods/pod1`; empty: none.
std::string_view cgroup_of(std::string_view text);

// cpu.max of the cgroup and of those above it, for each of them binds. `root`: where cgroups of version 2 are mounted.
std::vector<std::string> read_quotas(const std::filesystem::path& root, std::string_view cgroup);

// Of this process, by what the kernel says now.
std::uint32_t usable_cores();

}  // namespace sendcode::app
