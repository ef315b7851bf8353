#pragma once

#include <string>

#include "worker/domain/admission.hpp"
#include "worker/pipeline/services.hpp"

namespace sendcode::pipeline {

// The sealed ref of an event's texts. Empty where no receipt can come: none are asked for, Twilio is not on the route,
// or no key of the ring is valid now, for a text matters more than its receipt.
std::string make_receipt_ref(const services& with, const rules& now, const domain::send_code_event& event,
                             const domain::send_plan& plan, timestamp birth);

}  // namespace sendcode::pipeline
