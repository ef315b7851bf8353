#pragma once

#include <array>
#include <expected>
#include <set>
#include <string>

#include "common/url.hpp"
#include "worker/domain/receipt_ref.hpp"
#include "worker/domain/twilio_receipt.hpp"
#include "worker/pipeline/services.hpp"
#include "worker/ports/receipt_taker.hpp"

namespace sendcode::pipeline {

constexpr std::size_t receipt_fields_max = 64;
constexpr seconds receipt_acknowledged_within{3};

// Takes Twilio's receipts: signature, ref, parameters, in this order (design §7); then the status is published, and
// answered for once the log has it. A receipt never changes an outcome. One thread; what changes comes by update().
class receipts final : public ports::receipt_taker {
 public:
  // `public_address`: what Twilio was told, and signs. `rules::ref_keys` must be there.
  receipts(ports::event_stream& stream, ports::clock& clock, ports::random_source& random, ports::telemetry& telemetry,
           const url& public_address, rules initial);

  awaitable<ports::receipt_answer> take(const ports::receipt_post& post) override;
  // On the thread of take().
  void update(rules next) { rules_ = std::move(next); }
  // The end is near: whoever still waits for the log is told to come again. On the same thread.
  void let_go();

 private:
  class acknowledgement;
  struct understood {
    domain::receipt_ref ref;
    domain::twilio_receipt receipt;
  };

  std::expected<understood, domain::receipt_refusal> judge(const ports::receipt_post& post, const form_fields& fields);
  bool is_signed(const ports::receipt_post& post, const form_fields& fields,
                 const domain::twilio_settings* account) const;
  void warn_of_signature(std::string_view environment_id);
  // False: not acknowledged in time. It may be yet.
  awaitable<bool> publish(std::string_view environment_id, understood told);

  ports::event_stream& stream_;
  ports::clock& clock_;
  ports::telemetry& telemetry_;
  std::array<std::string, 2> addresses_;  // with and without the port: Twilio signs either
  std::array<secret, 2> no_tokens_;       // random: stand in where there is no auth token, and are known to nobody
  rules rules_;
  std::set<acknowledgement*> waiting_;  // each owned by its take()
  ports::steady_time next_warning_{};
};

}  // namespace sendcode::pipeline
