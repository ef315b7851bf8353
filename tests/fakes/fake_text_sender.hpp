#pragma once

#include <deque>
#include <string>
#include <vector>

#include "worker/ports/text_sender.hpp"

namespace sendcode::tests {

// Answers by a script, one entry an attempt; without one left it accepts at once. Remembers what it was asked and what
// it took, and answers searches from that.
class fake_text_sender final : public ports::text_sender {
 public:
  struct answer {
    domain::answer_class outcome = domain::answer_class::accepted;
    bool taken = false;     // the text goes out, whatever the answer says; so it does where it is accepted
    milliseconds takes{0};  // until the answer comes, at most until the deadline
    std::optional<milliseconds> retry_after{};
    bool hangs = false;  // past any deadline, as in a worker that is gone
    std::uint16_t http_status = 0;
  };
  struct asked_for {
    domain::request_id request_id{};
    std::string to, body, environment_id, traceparent, receipt_ref;
    std::uint32_t attempt_number = 0;
    timestamp at, expires_at;
    milliseconds time_left{0};  // until the deadline
  };
  struct text {
    domain::request_id request_id{};
    std::string to, message_id;
    timestamp at;
  };

  fake_text_sender(domain::sender_kind kind, ports::clock& clock) : kind_(kind), clock_(clock) {}

  domain::sender_kind kind() const noexcept override { return kind_; }
  bool answers_repeats() const noexcept override { return kind_ == domain::sender_kind::kinde; }

  awaitable<ports::sender_reply> send(const ports::text_order& order, ports::steady_time deadline) override {
    const auto began = clock_.steady_now();
    asked.push_back({order.request_id, std::string(order.to), std::string(order.body),
                     order.environment->environment_id, std::string(order.traceparent), std::string(order.receipt_ref),
                     order.attempt_number, clock_.now(), order.expires_at,
                     std::chrono::duration_cast<milliseconds>(deadline - began)});
    answer next;
    if (!script.empty()) {
      next = script.front();
      script.pop_front();
    }
    const bool repeated =
        answers_repeats() && std::ranges::find(texts, order.request_id, &text::request_id) != texts.end();
    const bool accepted = next.outcome == domain::answer_class::accepted;
    std::string message_id = "SM" + std::to_string(texts.size() + 1);
    if ((accepted || next.taken) && !repeated) {
      texts.push_back({order.request_id, std::string(order.to), message_id, clock_.now()});
    }
    ++sending;
    co_await clock_.sleep_until(next.hangs ? began + std::chrono::hours{1} : std::min(deadline, began + next.takes));
    --sending;
    const auto latency = std::chrono::duration_cast<milliseconds>(clock_.steady_now() - began);
    ports::sender_reply reply{
        .attempt = {.sender = kind_, .outcome = next.outcome, .http_status = next.http_status, .latency = latency},
        .message_id = accepted ? message_id : "",
        .segments = 1,
        .retry_after = next.retry_after};
    co_return reply;
  }

  awaitable<std::expected<std::vector<ports::found_text>, ports::search_failure>> find(const ports::text_order& order,
                                                                                       timestamp since,
                                                                                       ports::steady_time) override {
    searches.push_back(since);
    if (searches_fail) co_return std::unexpected(ports::search_failure::unreachable);
    std::vector<ports::found_text> out;
    for (auto at = texts.rbegin(); at != texts.rend(); ++at) {
      if (at->to == order.to && at->at >= std::chrono::floor<seconds>(since)) out.push_back({at->message_id, 1});
    }
    co_return out;
  }

  std::deque<answer> script;
  bool searches_fail = false;
  std::vector<asked_for> asked;
  std::vector<text> texts;  // what people got
  std::vector<timestamp> searches;
  int sending = 0;

 private:
  domain::sender_kind kind_;
  ports::clock& clock_;
};

}  // namespace sendcode::tests
