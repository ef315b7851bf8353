#include "worker/adapters/redis/inquiry.hpp"

#include <utility>

#include "worker/adapters/redis/greeting.hpp"
#include "worker/adapters/redis/tls.hpp"

namespace sendcode::redis {
namespace {

bool asks_who(const reply_result& reply) {
  return reply && reply->is_error() && (reply->text.starts_with("NOAUTH") || reply->text.starts_with("NOPERM"));
}

}  // namespace

awaitable<reply_result> inquiry::ask(redis_address of, redis_command question, deadline until) {
  std::shared_ptr<boost::asio::ssl::context> tls;
  if (of.tls) {
    auto made = make_tls_context(options_.tls);
    if (!made) co_return std::unexpected(std::move(made.error()));
    tls = std::move(*made);
  }
  link_ = std::make_shared<redis_link>(executor_, std::move(tls), [](const std::string&) {});
  reply_result reply = co_await converse(of, question, until);
  link_->close("the question is answered");
  co_return reply;
}

awaitable<reply_result> inquiry::converse(const redis_address& of, const redis_command& question, deadline until) {
  const manner how{until};
  std::string failure = co_await link_->open(of, until);
  if (failure.empty() && how_ == introduction::at_once) failure = co_await log_in(link_, options_, until);
  if (!failure.empty()) co_return std::unexpected(std::move(failure));
  reply_result reply = co_await link_->request(question, how);
  if (how_ == introduction::at_once || !options_.password || !asks_who(reply)) co_return reply;
  failure = co_await log_in(link_, options_, until);
  if (!failure.empty()) co_return std::unexpected(std::move(failure));
  co_return co_await link_->request(question, how);
}

void inquiry::stop() {
  if (link_) link_->close("the worker stops");
}

}  // namespace sendcode::redis
