#pragma once

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
                               .life_left = milliseconds{600'000},
                               .account_trusted = true};
  std::vector<scripted_answer> answers;  // the last one stands for all further ones
  int found_at_look = 0;                 // counted over all searches; 0: never
  milliseconds look_takes{0};
  double unit = 0.5;
  bool kinde_usable = true;
  // Called before each step is carried out.
  std::function<void(const domain::delivery_step&, milliseconds now)> watch = [](const auto&, milliseconds) {};

  walked run() const {
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
      } else {
        const auto& sending = std::get<domain::send_step>(step);
        if (sending.sender == domain::sender_kind::kinde && !kinde_usable) {
          delivery.sender_unusable(now);
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
             .retry_after = answer.retry_after},
            began, now, unit);
      }
    }
    out.steps.push_back("it never ends");
    return out;
  }
};

}  // namespace sendcode::tests
