#include "worker/app/usable_cores.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;
using app::cgroup_of;
using app::read_quotas;
using app::usable_cores;

namespace {

std::uint32_t of_64(std::vector<std::string> quotas) {
  return usable_cores(64, quotas);
}

}  // namespace

TEST_CASE("a quota of two cores on a machine of 64 is two, and a part of one counts as one") {
  CHECK(of_64({"200000 100000\n"}) == 2);
  CHECK(of_64({"200001 100000\n"}) == 3);
  CHECK(of_64({"50000 100000\n"}) == 1);
  CHECK(of_64({"1000 100000\n"}) == 1);
  CHECK(of_64({"40000 20000"}) == 2);
  CHECK(of_64({"0 100000\n"}) == 1);
}

TEST_CASE("without a quota there are as many cores as the process may run on") {
  CHECK(of_64({}) == 64);
  CHECK(of_64({"max 100000\n"}) == 64);
  CHECK(of_64({"9900000 100000\n"}) == 64);
  CHECK(usable_cores(0, {}) == 1);
}

TEST_CASE("the tightest quota binds, whichever cgroup it stands in") {
  CHECK(of_64({"max 100000\n", "400000 100000\n", "300000 100000\n", "max 100000\n"}) == 3);
  CHECK(of_64({"300000 100000\n", "400000 100000\n"}) == 3);
}

TEST_CASE("a quota that is not understood binds nobody") {
  const auto* text = GENERATE("", "max", "100000", "100000 0\n", "-1 100000\n", "1e5 100000\n", "100000  100000\n",
                              "100000 100000 1\n", "99999999999999999999 100000\n", "\n");
  INFO(text);
  CHECK(of_64({text}) == 64);
}

TEST_CASE("the cgroup of version 2 is found among those of version 1") {
  CHECK(cgroup_of("0::/kubepods/pod1\n") == "/kubepods/pod1");
  CHECK(cgroup_of("12:cpu,cpuacct:/a\n1:name=systemd:/b\n0::/c\n") == "/c");
  CHECK(cgroup_of("0::/") == "/");
  CHECK(cgroup_of("12:cpu,cpuacct:/a\n") == "");
  CHECK(cgroup_of("") == "");
}

TEST_CASE("quotas are read from the cgroup up to the root, and nowhere else") {
  const testing::temporary_directory dir;
  dir.write("cpu.max", "outside");
  dir.write("root/cpu.max", "1 1");
  dir.write("root/pods/cpu.max", "2 1");
  dir.write("root/pods/one/two/cpu.max", "3 1");
  const auto root = dir.path() / "root";
  CHECK(read_quotas(root, "/pods/one/two") == std::vector<std::string>{"3 1", "2 1", "1 1"});
  CHECK(read_quotas(root, "/pods") == std::vector<std::string>{"2 1", "1 1"});
  CHECK(read_quotas(root, "/") == std::vector<std::string>{"1 1"});
  CHECK(read_quotas(root, "/../pods") == std::vector<std::string>{"2 1", "1 1"});
  CHECK(read_quotas(root, "/gone") == std::vector<std::string>{"1 1"});
  CHECK(read_quotas(root, "").empty());
  CHECK(read_quotas(dir.path() / "none", "/pods").empty());
}

TEST_CASE("this process may use one core or more, no more than there are, and one alone where it is bound to one") {
  CHECK(usable_cores() >= 1);
  CHECK(usable_cores() <= std::max(1U, std::thread::hardware_concurrency()));
  cpu_set_t before;
  REQUIRE(sched_getaffinity(0, sizeof before, &before) == 0);
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(sched_getcpu()), &one);
  REQUIRE(sched_setaffinity(0, sizeof one, &one) == 0);
  const auto bound = usable_cores();
  sched_setaffinity(0, sizeof before, &before);
  CHECK(bound == 1);
}
