#include "tests/integration/redis/groups.hpp"

#include <algorithm>
#include <stdexcept>

#include "worker/adapters/redis/slot_map.hpp"

namespace sendcode::redis_tests {
namespace {

std::string text_of(std::uint16_t port) {
  return std::to_string(port);
}

bool has_part(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string hosts_of(const servers& all) {
  std::string out;
  for (const auto& each : all) out += (out.empty() ? "127.0.0.1:" : ",127.0.0.1:") + text_of(each->port());
  return out;
}

std::vector<redis::redis_address> addresses_of(const servers& all) {
  std::vector<redis::redis_address> out;
  for (const auto& each : all) out.push_back({"127.0.0.1", each->port(), false});
  return out;
}

void must(raw_client& raw, const std::vector<std::string>& command) {
  const auto reply = raw.command(command);
  if (reply.is_error()) throw std::runtime_error(command.front() + ": " + reply.text);
}

}  // namespace

bool says(std::uint16_t port, const std::string& section, const std::string& line) {
  return has_part(raw_client(port).command({"INFO", section}).text, line + "\r\n");
}

std::int64_t errors_of(std::uint16_t port, const std::string& code) {
  const std::string info = raw_client(port).command({"INFO", "errorstats"}).text;
  const std::string name = "errorstat_" + code + ":count=";
  const auto at = info.find(name);
  return at == std::string::npos ? 0 : std::stoll(info.substr(at + name.size()));
}

void wait_for_replica(const redis_server& replica) {
  wait_until([&] { return says(replica.port(), "replication", "master_link_status:up"); });
}

sentinel_group::sentinel_group(std::size_t replicas) {
  servers_.push_back(std::make_unique<redis_server>());
  const std::string port = text_of(master().port());
  for (std::size_t i = 0; i < replicas; ++i) {
    servers_.push_back(std::make_unique<redis_server>(std::vector<std::string>{"--replicaof", "127.0.0.1 " + port}));
  }
  for (std::size_t i = 1; i < servers_.size(); ++i) wait_for_replica(*servers_[i]);
  const redis_server::sentinel watch{{"sentinel monitor main 127.0.0.1 " + port + " 2",
                                      "sentinel down-after-milliseconds main 500",
                                      "sentinel failover-timeout main 3000"}};
  for (int i = 0; i < 3; ++i) sentinels_.push_back(std::make_unique<redis_server>(watch));
  for (const auto& each : sentinels_) {
    wait_until(
        [&] { return has_part(raw_client(each->port()).command({"SENTINEL", "CKQUORUM", "main"}).text, "OK 3"); });
  }
}

std::uint16_t sentinel_group::master_now() const {
  const auto reply = raw_client(sentinels_.back()->port()).command({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"});
  return static_cast<std::uint16_t>(std::stoul(reply.elements.at(1).text));
}

std::string sentinel_group::url() const {
  return "redis+sentinel://" + hosts_of(sentinels_) + "/main";
}

void sentinel_group::put_into(redis::redis_options& options) const {
  options.mode = redis::redis_mode::sentinel;
  options.master_name = "main";
  options.seeds = addresses_of(sentinels_);
}

cluster_group::cluster_group(std::size_t masters, std::size_t replicas, const std::vector<std::string>& options)
    : masters_(masters) {
  std::vector<std::uint16_t> buses;
  for (std::size_t i = 0; i < masters + replicas; ++i) {
    buses.push_back(free_port());
    std::vector<std::string> words{"--cluster-enabled",
                                   "yes",
                                   "--cluster-port",
                                   text_of(buses.back()),
                                   "--cluster-node-timeout",
                                   "1000",
                                   "--cluster-require-full-coverage",
                                   "no",
                                   "--cluster-replica-validity-factor",
                                   "0"};
    words.insert(words.end(), options.begin(), options.end());
    nodes_.push_back(std::make_unique<redis_server>(words));
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    raw_client raw(node(i).port());
    must(raw, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i < masters_) {
      must(raw, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first_slot(i)), std::to_string(first_slot(i + 1) - 1)});
    }
    if (i > 0) must(raw, {"CLUSTER", "MEET", "127.0.0.1", text_of(node(0).port()), text_of(buses[0])});
  }
  const std::string all = "cluster_known_nodes:" + std::to_string(nodes_.size()) + "\r\n";
  const auto whole = [&](const auto& each) {
    const std::string info = raw_client(each->port()).command({"CLUSTER", "INFO"}).text;
    return has_part(info, all) && has_part(info, "cluster_state:ok\r\n") &&
           has_part(info, "cluster_slots_ok:16384\r\n");
  };
  wait_until([&] { return std::ranges::all_of(nodes_, whole); });
  for (std::size_t i = masters_; i < nodes_.size(); ++i) {
    raw_client raw(node(i).port());
    must(raw, {"CLUSTER", "REPLICATE", id_of(0)});
    wait_for_replica(node(i));
  }
}

std::uint16_t cluster_group::first_slot(std::size_t master) const {
  return static_cast<std::uint16_t>(master * redis::slots_in_all / masters_);
}

std::string cluster_group::environment_on(std::size_t master) const {
  for (int i = 0;; ++i) {
    std::string name = "env_" + std::to_string(i);
    const auto slot = redis::key_slot(name);
    if (slot >= first_slot(master) && slot < redis::slots_in_all * (master + 1) / masters_) return name;
  }
}

std::string cluster_group::url() const {
  return "redis+cluster://" + hosts_of(nodes_);
}

void cluster_group::put_into(redis::redis_options& options) const {
  options.mode = redis::redis_mode::cluster;
  options.seeds = addresses_of(nodes_);
}

std::string cluster_group::id_of(std::size_t i) const {
  return raw_client(nodes_[i]->port()).command({"CLUSTER", "MYID"}).text;
}

void cluster_group::begin_to_move(std::uint16_t slot, std::size_t from, std::size_t to) const {
  raw_client source(nodes_[from]->port());
  raw_client target(nodes_[to]->port());
  must(target, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id_of(from)});
  must(source, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id_of(to)});
}

void cluster_group::move_keys(std::uint16_t slot, std::size_t from, std::size_t to) const {
  raw_client source(nodes_[from]->port());
  while (true) {
    const auto keys = source.command({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "100"});
    if (keys.elements.empty()) return;
    std::vector<std::string> command{"MIGRATE", "127.0.0.1", text_of(nodes_[to]->port()), "", "0", "5000", "KEYS"};
    for (const auto& each : keys.elements) command.push_back(each.text);
    must(source, command);
  }
}

void cluster_group::end_move(std::uint16_t slot, std::size_t from, std::size_t to) const {
  raw_client source(nodes_[from]->port());
  raw_client target(nodes_[to]->port());
  must(target, {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id_of(to)});
  must(source, {"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id_of(to)});
}

}  // namespace sendcode::redis_tests
