#include "worker/pipeline/receipt_refs.hpp"

#include <algorithm>

#include "worker/domain/receipt_ref.hpp"

namespace sendcode::pipeline {

std::string make_receipt_ref(const services& with, const rules& now, const domain::send_code_event& event,
                             const domain::send_plan& plan, timestamp birth) {
  if (now.ref_keys == nullptr) return {};
  if (std::ranges::find(plan.route, domain::sender_kind::twilio) == plan.route.end()) return {};
  const auto* key = now.ref_keys->signing_key(with.clock.now());
  if (key == nullptr) return {};
  domain::receipt_ref_salt salt;
  with.random.fill(salt);
  const domain::receipt_ref ref{event.request_id, event.challenge_id, event.application_id, event.purpose, birth};
  return domain::seal_ref(*key, event.environment_id, ref, salt);
}

}  // namespace sendcode::pipeline
