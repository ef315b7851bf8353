#pragma once

#include <functional>
#include <optional>

#include "worker/domain/admission.hpp"
#include "worker/pipeline/admission_request.hpp"
#include "worker/pipeline/delivery_run.hpp"
#include "worker/pipeline/holding.hpp"
#include "worker/pipeline/shard_state.hpp"

namespace sendcode::pipeline {

// An event that was taken in and decoded.
struct taken_event {
  ports::incoming_record record;
  domain::send_code_event event;
};

// The life of one event from judging to its outcome's publication (design §2). The caller keeps it until run() is done.
class event_run {
 public:
  event_run(shard_state& shard, taken_event taken);

  awaitable<void> run();

 private:
  domain::verdict judge() const;  // by `rules_`
  timestamp birth() const;
  // Until it can be judged otherwise, before it is admitted.
  awaitable<holding::next> hold(const domain::hold& why);
  awaitable<std::optional<ports::admit_reply>> admit(const admission& of, std::string_view signing_key_id);
  // True: the event has ended, or left us. False: judge and admit it again.
  awaitable<bool> go_on(ports::granted& grant, const domain::send_plan& plan);
  // Ends the event without a sender. False: it is another worker's now.
  awaitable<bool> settle_here(domain::outcome outcome, ports::event_flags flags, seconds code_life);
  void finish(const ports::settled& end);
  void dead_letter(domain::dead_letter_error error, std::string_view detail);
  void leave();  // to another member, or to the next start
  void watch_skew(timestamp store_now);

  shard_state& shard_;
  const services& with_;
  taken_event taken_;
  timestamp taken_at_;
  pipeline::rules rules_;                      // as of the latest judging
  std::optional<domain::phone_number> phone_;  // what may be told of it, masked
  unsigned hold_tries_ = 0;
  ports::token token_{};
  ports::steady_time admit_asked_;
};

// Publishes a record that cannot be an event, as it came, and completes it.
void publish_dead_letter(const services& with, const options& chosen, ports::incoming_record& record,
                         domain::dead_letter_error error, std::string_view detail);

}  // namespace sendcode::pipeline
