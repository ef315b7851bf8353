#include "worker/pipeline/feedback.hpp"

#include <algorithm>

#include "common/logging.hpp"

namespace sendcode::pipeline {
namespace {

constexpr milliseconds feedback_nap_most{
    250};  // the longest sleep before looking again whether something is due earlier
constexpr std::chrono::minutes warning_interval{1};

}  // namespace

void feedback::approved(domain::settings_ptr settings, ports::challenge_reference challenge) {
  if (waiting_.size() >= waiting_most) {
    telemetry_.feedback_ended("dropped");
    return;
  }
  matter made{std::move(settings), std::move(challenge)};
  waiting_.emplace(clock_.steady_now() + told_after, std::move(made));
  if (working_ >= at_once_most) return;
  ++working_;
  spawn(executor_, "feedback", work());
}

awaitable<void> feedback::work() {
  while (!waiting_.empty()) {
    const auto due = waiting_.begin()->first;
    const auto now = clock_.steady_now();
    if (due > now) {
      co_await clock_.sleep_until(std::min<ports::steady_time>(due, now + feedback_nap_most));
      continue;
    }
    auto next = waiting_.extract(waiting_.begin());
    co_await tell(std::move(next.mapped()));
  }
  --working_;
}

awaitable<void> feedback::tell(matter of) {
  switch (co_await try_to_tell(of)) {
    case result::confirmed:
      telemetry_.feedback_ended("confirmed");
      break;
    case result::refused:
      telemetry_.feedback_ended("refused");
      break;
    case result::no_text:
      telemetry_.feedback_ended("no_text");
      break;
    case result::try_again:
      if (of.again || waiting_.size() >= waiting_most) {
        telemetry_.feedback_ended("unanswered");
        break;
      }
      of.again = true;
      waiting_.emplace(clock_.steady_now() + told_again_after, std::move(of));
      break;
  }
}

awaitable<feedback::result> feedback::try_to_tell(const matter& of) {
  const auto text = co_await texts_.find_last_text(of.challenge);
  if (!text || text->is == ports::last_text::state::under_way) co_return result::try_again;
  if (text->is == ports::last_text::state::none) co_return result::no_text;
  const auto* environment = of.settings->find(of.challenge.environment_id);
  if (environment == nullptr) co_return result::no_text;
  const auto reply = co_await twilio_.confirm(*environment, text->message_id, clock_.steady_now() + told_within);
  switch (reply.is) {
    case ports::feedback_reply::kind::taken:
      co_return result::confirmed;
    case ports::feedback_reply::kind::refused:
      warn_of_refusal(of.challenge.environment_id, reply.http_status);
      co_return result::refused;
    case ports::feedback_reply::kind::failed:
      break;
  }
  co_return result::try_again;
}

void feedback::warn_of_refusal(std::string_view environment_id, unsigned http_status) {
  const auto now = clock_.steady_now();
  if (now < next_warning_) return;
  next_warning_ = now + warning_interval;
  log::warn("Twilio refuses feedback about a text: are account_sid and region those that it was sent with?",
            {{"environment", environment_id}, {"http_status", static_cast<int>(http_status)}});
}

}  // namespace sendcode::pipeline
