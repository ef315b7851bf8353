#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "worker/domain/delivery.hpp"

// Walks a delivery on a clock that only moves as it says, with answers from a script, and writes down what it did.
namespace sendcode::tests {

struct scripted_answer {
  domain::answer_class outcome = domain::answer_class::accepted;
  milliseconds takes{100};
  std::optional<milliseconds> retry_after{};
  std::uint32_t error_code = 0;
  bool breaker_open = false;
};

struct walked {
  domain::outcome outcome;
  std::vector<std::string> steps;  // "send twilio at 0", "look at 1600"
  milliseconds ended{0};

  std::string text() const {
    std::string out;
    for (const auto& step : steps) out += (out.empty() ? "" : ", ") + step;
    return out;
  }
};

struct walk {
  domain::delivery_terms terms{.route = {domain::sender_kind::twilio, domain::sender_kind::kinde},
                               .life_left = milliseconds{600'000}};
  std::vector<scripted_answer> answers;  // the last one stands for all further ones
  int found_at_look = 0;                 // counted over all searches; 0: never
  milliseconds look_takes{0};
  double unit = 0.5;
  bool kinde_usable = true;
  bool account_trusted = true;
  // Which sender's breaker lets nothing through; asked before each attempt, and of a held event each second.
  std::function<bool(domain::sender_kind, milliseconds now)> shut = [](auto, auto) { return false; };
  bool shut_by_refusals = false;
  // Called before each step is carried out.
  std::function<void(const domain::delivery_step&, milliseconds now)> watch = [](const auto&, milliseconds) {};

  walked run() {
    domain::delivery delivery(terms);
    walked out;
    milliseconds now{0};
    std::size_t sent = 0;
    int looks = 0;
    for (int guard = 0; guard < 200; ++guard) {
      const auto step = delivery.next(now);
      watch(step, now);
      if (const auto* finish = std::get_if<domain::finish_step>(&step)) {
        out.outcome = finish->outcome;
        out.ended = now;
        return out;
      }
      const std::string at = " at " + std::to_string(now.count());
      if (const auto* wait = std::get_if<domain::wait_step>(&step)) {
        now = wait->until;
      } else if (const auto* look = std::get_if<domain::search_step>(&step)) {
        out.steps.push_back("look" + at);
        now = std::min(now + look_takes, look->deadline);
        if (++looks == found_at_look) {
          delivery.found("SM-found", 1);
        } else {
          delivery.not_found(now, unit);
        }
      } else if (const auto* hold = std::get_if<domain::hold_step>(&step)) {
        out.steps.push_back("held" + at);
        const auto all_shut = [&] {
          return now < hold->not_before ||
                 std::ranges::all_of(hold->waits_for, [&](auto each) { return shut(each, now); });
        };
        while (all_shut() && now < hold->until) now += milliseconds{1'000};
        now < hold->until ? delivery.try_again(now) : delivery.give_up();
      } else {
        const auto& sending = std::get<domain::send_step>(step);
        if (shut(sending.sender, now)) {
          delivery.shut_out(shut_by_refusals, now);
          continue;
        }
        if (sending.sender == domain::sender_kind::kinde && !kinde_usable) {
          delivery.sender_unusable(now);
          continue;
        }
        if (sending.if_trusted) {
          account_trusted ? delivery.trusted() : delivery.untrusted(now);
          continue;
        }
        out.steps.push_back("send " + std::string(to_text(sending.sender)) + at);
        const auto& answer = answers[std::min(sent++, answers.size() - 1)];
        const auto began = now;
        now = std::min(now + answer.takes, sending.deadline);
        delivery.answered(
            {.attempt = {.sender = sending.sender, .outcome = answer.outcome, .error_code = answer.error_code},
             .message_id = answer.outcome == domain::answer_class::accepted ? "SM-sent" : "",
             .segments = 1,
             .retry_after = answer.retry_after,
             .breaker_open = answer.breaker_open},
            began, now, unit);
      }
    }
    out.steps.push_back("it never ends");
    return out;
  }
};

}  // namespace sendcode::tests
