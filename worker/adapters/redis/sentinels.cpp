#include "worker/adapters/redis/sentinels.hpp"

#include <utility>

namespace sendcode::redis {

sentinels::sentinels(const boost::asio::any_io_executor& executor, const redis_options& options)
    : options_(options), rotation_(options.seeds), inquiry_(executor, options, introduction::when_asked) {}

awaitable<std::expected<redis_address, std::string>> sentinels::find_master() {
  std::string failure = "no sentinel was asked";
  rotation_.begin();
  while (!stopped_) {
    const redis_address* next = rotation_.next();
    if (next == nullptr) break;
    const redis_address sentinel = *next;
    redis_command question;
    question.add("SENTINEL").add("GET-MASTER-ADDR-BY-NAME").add(options_.master_name);
    const deadline until = std::chrono::steady_clock::now() + sentinel_time_max;
    const reply_result reply = co_await inquiry_.ask(sentinel, std::move(question), until);
    auto master = reply ? read_master(*reply, options_.master_name, sentinel.tls)
                        : std::expected<redis_address, std::string>(std::unexpect, reply.error());
    if (master) {
      rotation_.answered();
      co_return master;
    }
    failure = "no sentinel tells the master; of " + to_text(sentinel) + ": " + master.error();
  }
  co_return std::unexpected(std::move(failure));
}

void sentinels::stop() {
  stopped_ = true;
  inquiry_.stop();
}

}  // namespace sendcode::redis
