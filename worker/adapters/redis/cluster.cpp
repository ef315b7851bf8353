#include "worker/adapters/redis/cluster.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "worker/adapters/redis/errors.hpp"

namespace sendcode::redis {

namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// For one node's answer to CLUSTER SLOTS, connection included. A node that is gone may take all of it.
constexpr std::chrono::milliseconds map_time_max{500};
// A node that only ASK has named: how long its connection is kept for the next.
constexpr std::chrono::minutes guest_time{1};
constexpr std::size_t nodes_max = 2 * masters_max;
constexpr std::size_t nodes_asked_max = 16;  // in one refresh, until one answers

}  // namespace

cluster::cluster(asio::any_io_executor executor, redis_options options, std::vector<const script*> scripts,
                 std::function<void(bool)> on_up)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      scripts_(std::move(scripts)),
      on_up_(std::move(on_up)),
      inquiry_(executor_, options_, introduction::at_once),
      wake_(executor_),
      first_(executor_) {}

void cluster::start() {
  first_until_ = steady_clock::now() + options_.connect_timeout;
  spawn(executor_, "redis cluster", keep_map(shared_from_this()));
}

void cluster::stop() {
  stopped_ = true;
  inquiry_.stop();
  wake_.cancel();
  first_.open();
  const auto nodes = nodes_;  // stopping fails calls, and they may come back here
  for (const node& each : nodes) each.connection->stop();
}

// Of the program's first connections alone: a master that comes later holds up nobody else's calls.
awaitable<void> cluster::first_attempt() {
  return first_.wait(first_until_);
}

routed cluster::route(std::string_view key) {
  const auto owner = map_.owner(key_slot(key));
  if (owner) return by_master_[*owner];
  schedule_.want();
  look();
  return std::unexpected(trouble_.empty() ? "no master of the cluster serves this slot" : trouble_);
}

awaitable<routed> cluster::follow(redirection to, deadline until) {
  if (stopped_) co_return std::unexpected("the worker stops");
  if (find(to.to) == nullptr && nodes_.size() >= nodes_max) co_return std::unexpected("the cluster has too many nodes");
  node& target = connect(to.to);
  const std::shared_ptr<redis_connection> connection = target.connection;
  if (to.once) {
    target.kept_until = steady_clock::now() + guest_time;
  } else {
    if (!map_.move(to.slot, to.to)) co_return std::unexpected("the cluster has too many masters");
    if (map_.masters().size() > by_master_.size()) by_master_.push_back(connection);
    schedule_.want();
    look();
  }
  co_await connection->first_attempt(until);
  co_return connection;
}

void cluster::heard(redis_connection& from, std::string_view error) {
  if (tells_of_a_replica(error)) from.reconnect("this Redis is a replica by now");
  if (!error.starts_with("MOVED") && !error.starts_with("CLUSTERDOWN")) return;
  schedule_.want();
  look();
}

awaitable<void> cluster::keep_map(std::shared_ptr<cluster> self) {
  while (!self->stopped_) {
    const auto next = self->schedule_.next(self->settled());
    if (next > steady_clock::now()) {
      self->wake_.expires_at(next);
      co_await self->wake_.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;  // it may have been woken to look again
    }
    self->schedule_.asked(steady_clock::now());
    co_await self->refresh();
    if (!self->first_.is_open()) co_await self->open_first();
  }
}

awaitable<void> cluster::open_first() {
  const auto masters = by_master_;  // they may change meanwhile
  for (const auto& each : masters) co_await each->first_attempt();
  first_.open();
}

awaitable<void> cluster::refresh() {
  std::string failure = "the cluster was not asked";
  for (const redis_address& each : whom_to_ask()) {
    if (stopped_) co_return;
    redis_command question;
    question.add("CLUSTER").add("SLOTS");
    const deadline until = steady_clock::now() + map_time_max;
    const reply_result reply = co_await inquiry_.ask(each, std::move(question), until);
    if (stopped_) co_return;
    auto map = !reply              ? std::expected<slot_map, std::string>(std::unexpect, reply.error())
               : reply->is_error() ? std::expected<slot_map, std::string>(std::unexpect, explain(reply->text))
                                   : slot_map::read(*reply, each);
    if (map) {
      if (std::exchange(failing_, false)) outages_.up(each);
      trouble_.clear();
      take(std::move(*map));
      co_return;
    }
    failure = "no node tells the cluster's slots; of " + to_text(each) + ": " + map.error();
  }
  outages_.down(options_.seeds.front(), failure);
  failing_ = true;
  trouble_ = std::move(failure);
}

// Those that are connected first: they answer, and what they say is newest.
std::vector<redis_address> cluster::whom_to_ask() const {
  std::vector<redis_address> out;
  std::vector<redis_address> silent;
  for (const node& each : nodes_) (each.up ? out : silent).push_back(each.address);
  out.insert(out.end(), options_.seeds.begin(), options_.seeds.end());
  out.insert(out.end(), silent.begin(), silent.end());
  if (out.size() > nodes_asked_max) out.resize(nodes_asked_max);
  return out;
}

void cluster::take(slot_map map) {
  map_ = std::move(map);
  const auto now = steady_clock::now();
  const auto stays = [&](const node& each) {
    return each.kept_until > now || std::ranges::find(map_.masters(), each.address) != map_.masters().end();
  };
  const auto leaving = std::ranges::partition(nodes_, stays);
  const std::vector<node> left(leaving.begin(), leaving.end());
  nodes_.erase(leaving.begin(), leaving.end());
  by_master_.clear();
  for (const redis_address& each : map_.masters()) by_master_.push_back(connect(each).connection);
  // Last, for it fails calls, and they may come back here.
  for (const node& each : left) each.connection->stop();
  look();
}

cluster::node* cluster::find(const redis_address& address) {
  const auto found = std::ranges::find(nodes_, address, &node::address);
  return found == nodes_.end() ? nullptr : &*found;
}

// The node, its connection begun if it is new.
cluster::node& cluster::connect(const redis_address& address) {
  if (node* known = find(address)) return *known;
  auto options = options_;
  options.address = address;
  const std::weak_ptr<cluster> weak = weak_from_this();
  auto on_up = [weak, address](bool up) {
    const auto self = weak.lock();
    node* changed = self ? self->find(address) : nullptr;
    if (changed == nullptr) return;
    changed->up = up;
    if (!up) {
      changed->kept_until = {};
      self->schedule_.want();
    }
    self->look();
  };
  auto connection = std::make_shared<redis_connection>(executor_, std::move(options), scripts_, std::move(on_up));
  connection->start();
  return nodes_.emplace_back(node{address, std::move(connection)});
}

bool cluster::whole() const {
  const auto is_up = [this](const auto& connection) {
    return std::ranges::any_of(nodes_, [&](const node& each) { return each.connection == connection && each.up; });
  };
  return !by_master_.empty() && std::ranges::all_of(by_master_, is_up);
}

bool cluster::settled() const {
  return whole() && std::ranges::all_of(nodes_, &node::up);
}

void cluster::look() {
  wake_.cancel();
  const bool up = !stopped_ && whole();
  if (up == up_) return;
  up_ = up;
  if (on_up_) on_up_(up);
}

}  // namespace sendcode::redis
