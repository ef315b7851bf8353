#include "worker/adapters/redis/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace sendcode::redis {

namespace asio = boost::asio;

void gate::open() {
  open_ = true;
  for (asio::steady_timer* each : alarms_) each->cancel();
}

awaitable<void> gate::wait(asio::steady_timer::time_point until) {
  if (open_) co_return;
  asio::steady_timer alarm(executor_, until);
  alarms_.push_back(&alarm);
  co_await alarm.async_wait(asio::as_tuple(asio::use_awaitable));
  std::erase(alarms_, &alarm);
}

}  // namespace sendcode::redis
