#include "worker/adapters/senders/kinde_sender.hpp"

#include <algorithm>

#include "common/bytes.hpp"
#include "worker/adapters/senders/answers.hpp"
#include "worker/domain/sender_answer.hpp"

namespace sendcode::senders {
namespace {

using domain::answer_class;
using domain::sender_kind;

constexpr milliseconds renewal_look{
    10};  // how often an order without a token looks whether the one that fetches it is done
constexpr seconds renewal_margin{60};  // before the token's end
constexpr seconds renewal_pause{10};   // after a failure, while the old token is good
constexpr unsigned unauthorized = 401;

ports::origin origin_of(const url& address, const std::string& ca_file) {
  return {.tls = address.tls, .host = address.host, .port = address.port, .ca_file = ca_file};
}

void append_form_field(std::string& out, std::string_view name, std::string_view value) {
  out.append("&").append(name).append("=");
  append_form_encoded(out, value);
}

// Whole at once: a string that grew would leave a copy of the code behind.
std::string make_text(const ports::text_order& order) {
  const std::string& environment = order.environment->environment_id;
  std::string body;
  body.reserve(6 * order.body.size() + order.to.size() + environment.size() + 128);
  body += R"({"to":)";
  append_json_string(body, order.to);
  body += R"(,"body":)";
  append_json_string(body, order.body);
  body += R"(,"environment_id":)";
  append_json_string(body, environment);
  body += R"(,"expires_at":)";
  append_json_string(body, to_rfc3339(order.expires_at));
  body += '}';
  return body;
}

class set_while {
 public:
  explicit set_while(bool& flag) : flag_(flag) { flag_ = true; }
  set_while(const set_while&) = delete;
  set_while& operator=(const set_while&) = delete;
  ~set_while() { flag_ = false; }

 private:
  bool& flag_;
};

void fill_kinde_reply(ports::sender_reply& reply, const ports::https_response& answer, timestamp now) {
  const auto message_id = read_kinde_answer(answer.body);
  const domain::exchange_result result{.http_status = answer.status,
                                       .well_formed = answer.complete && (message_id || answer.body.empty())};
  reply.attempt.http_status = static_cast<std::uint16_t>(answer.status);
  reply.attempt.outcome = domain::classify(sender_kind::kinde, result);
  reply.retry_after = read_retry_after(answer.retry_after, now);
  if (reply.attempt.outcome != answer_class::accepted) return;
  reply.segments = 1;  // our texts are one segment long in every language
  if (message_id && answer.complete) reply.message_id = *message_id;
}

}  // namespace

kinde_sender::kinde_sender(ports::https_client& client, ports::clock& clock, kinde_sender_config config,
                           std::function<void(bool up)> on_up)
    : client_(client),
      clock_(clock),
      config_(std::move(config)),
      text_origin_(origin_of(config_.base_url, config_.ca_file)),
      token_origin_(origin_of(config_.token_url, config_.ca_file)),
      reachability_("kinde", std::move(on_up)) {}

awaitable<ports::sender_reply> kinde_sender::send(const ports::text_order& order, ports::steady_time deadline) {
  ports::sender_reply reply;
  reply.attempt.sender = sender_kind::kinde;
  const auto began = clock_.steady_now();
  const auto finish = [&] {
    reply.attempt.latency = std::chrono::duration_cast<milliseconds>(clock_.steady_now() - began);
    if (reply.attempt.outcome == answer_class::account) {
      refusals_.tell(order.environment->environment_id, config_.client_id, reply.attempt, clock_.steady_now());
    }
  };

  for (bool again = false;; again = true) {
    const auto token = co_await get_token(deadline);
    if (!token) {
      reply.attempt.outcome = token.error().outcome;
      reply.attempt.http_status = static_cast<std::uint16_t>(token.error().http_status);
      reply.retry_after = read_retry_after(token.error().retry_after, clock_.now());
      break;
    }
    auto answer = co_await post_text(order, *token, deadline);
    if (!answer) {
      reachability_.failed(answer.error(), clock_.steady_now());
      const domain::exchange_result nothing{.sent = answer.error().stage == ports::https_failure::kind::unanswered};
      reply.attempt.outcome = domain::classify(sender_kind::kinde, nothing);
      break;
    }
    const wiped_at_end wiped(answer->body);
    reachability_.answered(clock_.steady_now());
    if (answer->status == unauthorized && token_ == *token) token_.reset();
    if (answer->status == unauthorized && !again) continue;  // revoked before its time: once more with a new one
    fill_kinde_reply(reply, *answer, clock_.now());
    break;
  }
  finish();
  co_return reply;
}

awaitable<std::expected<ports::https_response, ports::https_failure>> kinde_sender::post_text(
    const ports::text_order& order, secret_ptr token, ports::steady_time deadline) {
  ports::https_request request;
  request.method = "POST";
  request.to = &text_origin_;
  request.target = config_.base_url.path + "/v1/messages";
  request.headers.reserve(5);
  std::string& authorization = request.headers.emplace_back("Authorization", "").second;
  authorization.reserve(7 + token->expose().size());
  authorization.append("Bearer ").append(token->expose());
  const wiped_at_end wiped(authorization);
  request.headers.emplace_back("Idempotency-Key", to_hex(as_text(order.request_id)));
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("Accept", "application/json");
  request.headers.emplace_back("User-Agent", "sendcode");
  request.body = make_text(order);
  co_return co_await client_.exchange(request, deadline);
}

awaitable<kinde_sender::token_result> kinde_sender::get_token(ports::steady_time deadline) {
  for (;;) {
    const auto now = clock_.steady_now();
    const bool good = token_ && now < token_ends_;
    if (good && (now < renew_at_ || renewing_)) co_return token_;
    if (renewing_) {
      if (now >= deadline) co_return std::unexpected(no_token{});
      co_await clock_.sleep_until(std::min<ports::steady_time>(now + renewal_look, deadline));
      continue;
    }
    // While the old one is good, the text must not fail for want of a new one: half of the time left, and not again at
    // once.
    auto renewed = co_await renew_token(good ? now + (deadline - now) / 2 : deadline);
    if (!renewed && token_ && clock_.steady_now() < token_ends_) {
      renew_at_ = clock_.steady_now() + renewal_pause;
      co_return token_;
    }
    co_return renewed;
  }
}

awaitable<std::expected<void, kinde_sender::no_token>> kinde_sender::try_token(ports::steady_time deadline) {
  auto token = co_await get_token(deadline);
  if (!token) co_return std::unexpected(std::move(token.error()));
  co_return std::expected<void, no_token>{};
}

awaitable<kinde_sender::token_result> kinde_sender::renew_token(ports::steady_time deadline) {
  const set_while renewing(renewing_);
  if (!config_.client_secret) co_return std::unexpected(no_token{});
  ports::https_request request;
  request.method = "POST";
  request.to = &token_origin_;
  request.target = config_.token_url.path.empty() ? "/" : config_.token_url.path;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"},
                     {"User-Agent", "sendcode"}};
  const auto client_secret = config_.client_secret->expose();
  request.body.reserve(3 * (config_.client_id.size() + client_secret.size() + config_.audience.size()) + 96);
  request.body = "grant_type=client_credentials";
  append_form_field(request.body, "client_id", config_.client_id);
  append_form_field(request.body, "client_secret", client_secret);
  append_form_field(request.body, "audience", config_.audience);

  auto answer = co_await client_.exchange(request, deadline);
  // Whatever became of the request for a token, no text was taken.
  if (!answer) {
    reachability_.failed(answer.error(), clock_.steady_now());
    co_return std::unexpected(no_token{});
  }
  const wiped_at_end wiped(answer->body);
  const auto read = answer->complete ? read_token_answer(answer->body) : std::nullopt;
  if (answer->status == 200 && read) {
    const auto now = clock_.steady_now();
    const seconds life{read->expires_in_s};
    // At 80 % of its life, or a minute before its end where that is later: a long-lived token is not fetched more often
    // than needed.
    token_ = std::make_shared<const secret>(std::string(read->access_token));
    token_ends_ = now + life;
    renew_at_ = now + std::max<seconds>(life * 4 / 5, life - renewal_margin);
    co_return token_;
  }
  no_token why{.http_status = answer->status, .retry_after = answer->retry_after};
  if (answer->status == 429) why.outcome = answer_class::busy;
  if (answer->status >= 400 && answer->status < 500 && answer->status != 429) why.outcome = answer_class::account;
  co_return std::unexpected(std::move(why));
}

awaitable<std::expected<std::vector<ports::found_text>, ports::search_failure>> kinde_sender::find(
    const ports::text_order&, timestamp, ports::steady_time) {
  co_return std::vector<ports::found_text>{};
}

}  // namespace sendcode::senders
