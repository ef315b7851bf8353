#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/secret.hpp"
#include "worker/adapters/redis/redis_options.hpp"
#include "worker/ports/answer_store.hpp"
#include "worker/ports/challenge_desk.hpp"
#include "worker/ports/code_store.hpp"
#include "worker/ports/text_feedback.hpp"
#include "worker/ports/time.hpp"
#include "worker/ports/usage_store.hpp"

namespace sendcode::redis {

// code_store, challenge_store, answer_store, sent_texts and usage_store on a Redis, a master that sentinels name, or a
// cluster (docs/redis.md): a connection to each master, one thread (that of `executor`), each call one script.
//
// A call answers, or fails as an outage within options.timeout; within twice that if it is asked again. Nothing is but
// a script that Redis forgot, and a call that a cluster sends to another node. A caller's cancellation is not heeded.
class redis_code_store final : public ports::code_store,
                               public ports::challenge_store,
                               public ports::answer_store,
                               public ports::sent_texts,
                               public ports::usage_store {
 public:
  // `on_up` hears each change of whether all masters can be used, on the executor's thread; it may be empty. `clock`
  // tells the allowance's period and must outlive this.
  redis_code_store(const boost::asio::any_io_executor& executor, redis_options options, const secret& subjects_key,
                   const ports::clock& clock, std::function<void(bool up)> on_up = {});
  ~redis_code_store() override;

  void start();  // connects, and keeps connecting
  // Calls in flight fail as outages. On the executor's thread, once, before this goes; nothing is to be asked after it.
  void stop();
  bool ready() const noexcept;

  awaitable<ports::stored<ports::admit_reply>> admit(const ports::admit_request& request) override;
  awaitable<ports::stored<ports::renew_reply>> renew(const ports::renew_request& request) override;
  awaitable<ports::stored<bool>> release(const ports::renew_request& request) override;
  awaitable<ports::stored<ports::settle_reply>> settle(const ports::settle_request& request) override;
  awaitable<ports::stored<ports::check_reply>> check(const ports::check_request& request) override;
  awaitable<ports::stored<ports::consume_reply>> consume(const ports::consume_request& request) override;

  awaitable<ports::stored<std::optional<ports::challenge_view>>> look(const ports::challenge_reference& of) override;
  awaitable<ports::stored<bool>> cancel(const ports::challenge_reference& of, milliseconds life) override;
  awaitable<ports::stored<ports::unlocked>> unlock(const std::string& environment_id,
                                                   const std::string& phone) override;

  awaitable<ports::stored<ports::last_text>> find_last_text(const ports::challenge_reference& of) override;

  awaitable<ports::stored<ports::answer_reply>> recall(const ports::answer_request& request) override;
  awaitable<ports::stored<ports::answer_reply>> keep(const ports::answer_request& request,
                                                     const ports::given_answer& answer) override;

  awaitable<ports::stored<ports::usage_reply>> usage(const ports::usage_request& request) override;
  awaitable<ports::stored<ports::subjects_in_use>> subjects(const std::string& environment_id,
                                                            milliseconds most) override;

 private:
  class caller;
  std::unique_ptr<caller> caller_;
};

}  // namespace sendcode::redis
