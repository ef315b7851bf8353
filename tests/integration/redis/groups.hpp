#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/redis/redis_server.hpp"
#include "worker/adapters/redis/redis_options.hpp"

// Several servers that belong together, on loopback.
namespace sendcode::redis_tests {

using servers = std::vector<std::unique_ptr<redis_server>>;

// A line of INFO, such as `connected_slaves:1`.
bool says(std::uint16_t port, const std::string& section, const std::string& line);
// How often Redis has answered with this error, by its own statistics.
std::int64_t errors_of(std::uint16_t port, const std::string& code);
// Replication to a replica has begun, and it has what the master has.
void wait_for_replica(const redis_server& replica);

// A master, its replicas, and three sentinels that know it as `main`.
class sentinel_group {
 public:
  explicit sentinel_group(std::size_t replicas);

  redis_server& master() { return *servers_.front(); }
  redis_server& replica(std::size_t i) { return *servers_[i + 1]; }
  std::uint16_t master_now() const;  // as the sentinels say
  std::string url() const;
  // What the URL says.
  void put_into(redis::redis_options& options) const;

 private:
  servers servers_;  // the master first
  servers sentinels_;
};

// Masters that share the slots in equal parts, in order; `replicas` of the first.
class cluster_group {
 public:
  explicit cluster_group(std::size_t masters, std::size_t replicas = 0, const std::vector<std::string>& options = {});

  redis_server& node(std::size_t i) { return *nodes_[i]; }  // masters, then replicas
  std::string environment_on(std::size_t master) const;     // one whose keys belong there
  std::string url() const;
  void put_into(redis::redis_options& options) const;

  // A slot's way from one master to another, in its steps.
  void begin_to_move(std::uint16_t slot, std::size_t from, std::size_t to) const;
  void move_keys(std::uint16_t slot, std::size_t from, std::size_t to) const;
  void end_move(std::uint16_t slot, std::size_t from, std::size_t to) const;

 private:
  std::string id_of(std::size_t i) const;
  std::uint16_t first_slot(std::size_t master) const;

  servers nodes_;
  std::size_t masters_;
};

}  // namespace sendcode::redis_tests
