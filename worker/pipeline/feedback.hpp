#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <map>

#include "worker/pipeline/services.hpp"
#include "worker/ports/text_feedback.hpp"

namespace sendcode::pipeline {

// Tells Twilio of texts whose codes were approved (Message Feedback), for environments that ask for it. Best effort: it
// comes after the answer, is bounded, and what it cannot tell is counted and forgotten. One thread, that of `executor`;
// all that it is given must outlive it, and it its coroutines: the loop stops first.
class feedback {
 public:
  static constexpr std::size_t waiting_most = 1'000;  // more are dropped
  static constexpr unsigned at_once_most = 4;
  static constexpr milliseconds told_after{500};  // the answer is out by then, and the text's own outcome recorded
  static constexpr milliseconds told_again_after{5'000};  // once
  static constexpr milliseconds told_within{5'000};

  feedback(boost::asio::any_io_executor executor, ports::sent_texts& texts, ports::feedback_taker& twilio,
           ports::clock& clock, ports::telemetry& telemetry)
      : executor_(std::move(executor)), texts_(texts), twilio_(twilio), clock_(clock), telemetry_(telemetry) {}
  feedback(const feedback&) = delete;
  feedback& operator=(const feedback&) = delete;

  // Never waits. `settings` are those that the code was checked under.
  void approved(domain::settings_ptr settings, ports::challenge_reference challenge);

 private:
  struct matter {
    domain::settings_ptr settings;
    ports::challenge_reference challenge;
    bool again = false;
  };
  enum class result : std::uint8_t { confirmed, refused, no_text, try_again };

  awaitable<void> work();
  awaitable<void> tell(matter of);
  awaitable<result> try_to_tell(const matter& of);
  void warn_of_refusal(std::string_view environment_id, unsigned http_status);

  boost::asio::any_io_executor executor_;
  ports::sent_texts& texts_;
  ports::feedback_taker& twilio_;
  ports::clock& clock_;
  ports::telemetry& telemetry_;
  std::multimap<ports::steady_time, matter> waiting_;  // by when it is due
  unsigned working_ = 0;
  ports::steady_time next_warning_{};
};

}  // namespace sendcode::pipeline
