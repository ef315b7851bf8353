#include "worker/adapters/redis/topology.hpp"

#include <utility>

#include "worker/adapters/redis/cluster.hpp"
#include "worker/adapters/redis/errors.hpp"

namespace sendcode::redis {
namespace {

// One server, or the master that sentinels name.
class one_master final : public topology {
 public:
  one_master(const boost::asio::any_io_executor& executor, redis_options options, std::vector<const script*> scripts,
             std::function<void(bool)> on_up)
      : connection_(
            std::make_shared<redis_connection>(executor, std::move(options), std::move(scripts), std::move(on_up))) {}

  void start() override { connection_->start(); }
  void stop() override { connection_->stop(); }
  bool ready() const noexcept override { return connection_->ready(); }
  awaitable<void> first_attempt() override { return connection_->first_attempt(); }
  std::vector<std::shared_ptr<redis_connection>> masters() const override { return {connection_}; }
  routed route(std::string_view) override { return connection_; }
  bool follows() const noexcept override { return false; }
  awaitable<routed> follow(redirection, deadline) override { co_return connection_; }
  void heard(redis_connection& from, std::string_view error) override {
    if (tells_of_a_replica(error)) from.reconnect("this Redis is a replica by now");
  }

 private:
  std::shared_ptr<redis_connection> connection_;
};

}  // namespace

std::shared_ptr<topology> make_topology(const boost::asio::any_io_executor& executor, redis_options options,
                                        std::vector<const script*> scripts, std::function<void(bool up)> on_up) {
  if (options.mode == redis_mode::cluster) {
    return std::make_shared<cluster>(executor, std::move(options), std::move(scripts), std::move(on_up));
  }
  return std::make_shared<one_master>(executor, std::move(options), std::move(scripts), std::move(on_up));
}

}  // namespace sendcode::redis
