#pragma once

#include "worker/adapters/redis/refresh_schedule.hpp"
#include "worker/adapters/redis/slot_map.hpp"
#include "worker/adapters/redis/topology.hpp"

namespace sendcode::redis {

// A Redis Cluster: a connection to each master, and the map of slots, asked for on connections of its own: of the
// masters that are known, then of options.seeds. Owned by a shared pointer, for its coroutine holds it.
class cluster final : public topology, public std::enable_shared_from_this<cluster> {
 public:
  cluster(boost::asio::any_io_executor executor, redis_options options, std::vector<const script*> scripts,
          std::function<void(bool)> on_up);

  void start() override;
  void stop() override;
  bool ready() const noexcept override { return up_; }
  awaitable<void> first_attempt() override;
  std::vector<std::shared_ptr<redis_connection>> masters() const override { return by_master_; }
  routed route(std::string_view key) override;
  bool follows() const noexcept override { return true; }
  awaitable<routed> follow(redirection to, deadline until) override;
  void heard(redis_connection& from, std::string_view error) override;

 private:
  // A master of the map, or a node that ASK named before the map does.
  struct node {
    redis_address address;
    std::shared_ptr<redis_connection> connection;
    bool up = false;
    deadline kept_until{};  // without being in the map
  };

  static awaitable<void> keep_map(std::shared_ptr<cluster> self);
  awaitable<void> open_first();
  awaitable<void> refresh();
  std::vector<redis_address> whom_to_ask() const;
  void take(slot_map map);
  node* find(const redis_address& address);
  node& connect(const redis_address& address);
  bool whole() const;    // a map is there, and all its masters are connected
  bool settled() const;  // and so are those that ASK named
  void look();           // again at what is up, and at when to refresh

  boost::asio::any_io_executor executor_;
  redis_options options_;
  std::vector<const script*> scripts_;
  std::function<void(bool)> on_up_;
  inquiry inquiry_;
  slot_map map_;
  std::vector<std::shared_ptr<redis_connection>> by_master_;  // at the places of map_.masters()
  std::vector<node> nodes_;
  refresh_schedule schedule_;
  boost::asio::steady_timer wake_;
  gate first_;
  deadline first_until_{};
  std::string trouble_;  // why there is no map
  outage_log outages_;
  bool failing_ = false;
  bool up_ = false;
  bool stopped_ = false;
};

}  // namespace sendcode::redis
