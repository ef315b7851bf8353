#include "worker/pipeline/receipts.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/logging.hpp"
#include "worker/domain/twilio_signature.hpp"
#include "worker/pipeline/status_record.hpp"

namespace sendcode::pipeline {
namespace {

using domain::receipt_refusal;
using ports::receipt_answer;

constexpr std::chrono::minutes warning_interval{1};
constexpr std::size_t number_size_max = 16;  // of E.164, with its plus

secret make_random_secret(ports::random_source& random) {
  byte_array<32> bytes;
  random.fill(bytes);
  return secret(std::string(as_text(bytes)));
}

// What may be told of the receipt's `To`.
std::optional<domain::phone_number> read_number(const std::string& to) {
  auto number = domain::parse_phone_number(to, "");
  if (!number || number->e164.size() > number_size_max) return std::nullopt;
  return std::move(*number);
}

}  // namespace

// Set by the log's thread, waited for on ours. Who waits may be gone by then.
class receipts::acknowledgement {
 public:
  explicit acknowledgement(boost::asio::any_io_executor executor)
      : signal_(std::move(executor), boost::asio::steady_timer::time_point::max()) {}

  static std::function<void()> setter_of(const std::shared_ptr<acknowledgement>& waited_for) {
    return [weak = std::weak_ptr(waited_for)] {
      auto alive = weak.lock();
      if (alive == nullptr) return;
      const auto executor = alive->signal_.get_executor();
      boost::asio::post(executor, [held = std::move(alive)] {
        held->given_ = true;
        held->signal_.cancel();
      });
    };
  }
  bool is_given() const noexcept { return given_; }
  awaitable<void> wait() { co_await signal_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable)); }
  void stop_waiting() { signal_.cancel(); }

 private:
  boost::asio::steady_timer signal_;
  bool given_ = false;
};

receipts::receipts(ports::event_stream& stream, ports::clock& clock, ports::random_source& random,
                   ports::telemetry& telemetry, const url& public_address, rules initial)
    : stream_(stream),
      clock_(clock),
      telemetry_(telemetry),
      addresses_{to_text(public_address, url_port::always), to_text(public_address, url_port::never)},
      no_tokens_{make_random_secret(random), make_random_secret(random)},
      rules_(std::move(initial)) {}

awaitable<receipt_answer> receipts::take(const ports::receipt_post& post) {
  auto fields = parse_form(post.form, receipt_fields_max);
  if (!fields && fields.error() == form_error::too_many_fields) {
    telemetry_.receipt_refused(receipt_refusal::too_large);
    co_return receipt_answer::too_large;
  }
  // Without settings nobody's signature can be checked, whoever it is.
  if (!rules_.settings->current) {
    telemetry_.receipt_refused(receipt_refusal::environment);
    co_return receipt_answer::later;
  }
  // What cannot be decoded is signed by nobody.
  auto told = judge(post, fields ? *fields : form_fields{});
  if (!told) {
    telemetry_.receipt_refused(told.error());
    const bool is_twilios = told.error() == receipt_refusal::not_understood;
    co_return is_twilios ? receipt_answer::done : receipt_answer::refused;
  }
  const auto status = told->receipt.status;
  const auto error_code = told->receipt.error_code;
  const bool acknowledged = co_await publish(post.environment_id, std::move(*told));
  if (!acknowledged) {
    telemetry_.receipt_refused(receipt_refusal::not_acknowledged);
    co_return receipt_answer::later;
  }
  telemetry_.receipt_taken(post.environment_id, status, error_code);
  co_return receipt_answer::done;
}

void receipts::let_go() {
  for (auto* each : waiting_) each->stop_waiting();
}

// Everything is computed before anything is refused: who asks learns nothing from the time that it takes.
std::expected<receipts::understood, receipt_refusal> receipts::judge(const ports::receipt_post& post,
                                                                     const form_fields& fields) {
  const auto* environment = rules_.settings->find(post.environment_id);
  const auto* account = environment != nullptr && environment->sms.twilio ? &*environment->sms.twilio : nullptr;
  const bool is_ours = is_signed(post, fields, account);
  const auto query = parse_form(post.query, receipt_fields_max);
  const auto sealed = query ? only_field(*query, "ref").value_or("") : std::string_view();
  auto ref = domain::open_ref(*rules_.ref_keys, post.environment_id, sealed, clock_.now());

  if (account == nullptr || !is_ours) {
    warn_of_signature(post.environment_id);
    return std::unexpected(account == nullptr ? receipt_refusal::environment : receipt_refusal::signature);
  }
  if (!ref) {
    const bool too_old = ref.error() == domain::ref_error::too_old;
    return std::unexpected(too_old ? receipt_refusal::ref_too_old : receipt_refusal::ref);
  }
  const auto account_sid = only_field(fields, "AccountSid");
  if (!account_sid) return std::unexpected(receipt_refusal::not_understood);
  if (*account_sid != account->account_sid) return std::unexpected(receipt_refusal::account);
  auto receipt = domain::read_twilio_receipt(fields);
  if (!receipt) return std::unexpected(receipt_refusal::not_understood);
  return understood{std::move(*ref), std::move(*receipt)};
}

bool receipts::is_signed(const ports::receipt_post& post, const form_fields& fields,
                         const domain::twilio_settings* account) const {
  // Always two URLs under two tokens, whatever there is.
  const std::array<std::string, 2> urls{addresses_[0] + std::string(post.target),
                                        addresses_[1] + std::string(post.target)};
  std::array<std::string_view, 2> tokens{no_tokens_[0].expose(), no_tokens_[1].expose()};
  if (account != nullptr) {
    const auto count = std::min(tokens.size(), account->auth_tokens.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (account->auth_tokens[i].value) tokens[i] = account->auth_tokens[i].value->expose();
    }
  }
  return domain::is_signed_by_twilio(post.signature, urls, fields, tokens);
}

void receipts::warn_of_signature(std::string_view environment_id) {
  const auto now = clock_.steady_now();
  if (now < next_warning_) return;
  next_warning_ = now + warning_interval;
  log::warn(
      "a receipt is not signed as Twilio would: if it is Twilio's, senders.twilio.status_callback_url is not the "
      "address that it calls, or auth_token is not the account's",
      {{"environment", environment_id}});
}

awaitable<bool> receipts::publish(std::string_view environment_id, understood told) {
  using namespace boost::asio::experimental::awaitable_operators;
  const auto number = read_number(told.receipt.to);
  const codec::receipt_status status{.environment_id = environment_id,
                                     .ref = &told.ref,
                                     .receipt = &told.receipt,
                                     .phone = number ? &*number : nullptr,
                                     .now = clock_.now()};
  const auto deadline = clock_.steady_now() + receipt_acknowledged_within;
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto acknowledged = std::make_shared<acknowledgement>(executor);
  auto record = to_record(codec::encode_receipt(status));
  record.acknowledged = acknowledgement::setter_of(acknowledged);
  stream_.publish(std::move(record), std::nullopt);
  waiting_.insert(acknowledged.get());
  // Neither fails; whichever is left is cancelled.
  co_await (acknowledged->wait() || clock_.sleep_until(deadline));
  waiting_.erase(acknowledged.get());
  co_return acknowledged->is_given();
}

}  // namespace sendcode::pipeline
