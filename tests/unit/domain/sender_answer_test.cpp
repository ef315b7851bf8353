#include "worker/domain/sender_answer.hpp"

#include <vector>

#include "tests/catch.hpp"
#include "worker/domain/error_text.hpp"

using namespace sendcode::domain;

namespace {

answer_class twilio(unsigned status, std::uint32_t code = 0, bool well_formed = true) {
  return classify(sender_kind::twilio,
                  {.sent = true, .http_status = status, .error_code = code, .well_formed = well_formed});
}

answer_class kinde(unsigned status, bool well_formed = true) {
  return classify(sender_kind::kinde, {.sent = true, .http_status = status, .well_formed = well_formed});
}

struct row {
  std::uint32_t code;
  unsigned http_status;
  answer_class answer;
  reason ends_as;
};

// facts.md's table, row by row.
const std::vector<row> rows = {
    {21211, 400, answer_class::recipient, reason::recipient_unreachable},
    {21614, 400, answer_class::recipient, reason::recipient_unreachable},
    {21635, 400, answer_class::recipient, reason::recipient_unreachable},
    {21610, 400, answer_class::opted_out, reason::recipient_opted_out},
    {30005, 400, answer_class::recipient, reason::recipient_unreachable},
    {30006, 400, answer_class::recipient, reason::recipient_unreachable},
    {20003, 401, answer_class::account, reason::sender_rejected},
    {20403, 403, answer_class::account, reason::sender_rejected},
    {20404, 404, answer_class::account, reason::sender_rejected},
    {21606, 400, answer_class::account, reason::sender_rejected},
    {21608, 400, answer_class::account, reason::sender_rejected},
    {21612, 400, answer_class::account, reason::sender_rejected},
    {21663, 400, answer_class::account, reason::sender_rejected},
    {21703, 400, answer_class::account, reason::sender_rejected},
    {21705, 400, answer_class::account, reason::sender_rejected},
    {30002, 400, answer_class::account, reason::sender_rejected},
    {30007, 400, answer_class::account, reason::sender_rejected},
    {30032, 400, answer_class::account, reason::sender_rejected},
    {30034, 400, answer_class::account, reason::sender_rejected},
    {21408, 400, answer_class::policy, reason::sender_rejected},
    {21617, 400, answer_class::policy, reason::sender_rejected},
    {20429, 429, answer_class::busy, reason::senders_unavailable},
    {20500, 500, answer_class::unknown, reason::unconfirmed},
    {20503, 503, answer_class::unknown, reason::unconfirmed},
    {21611, 400, answer_class::busy, reason::senders_unavailable},
    {30001, 400, answer_class::busy, reason::senders_unavailable},
    {30003, 400, answer_class::busy, reason::recipient_unreachable},
    {30008, 400, answer_class::unknown, reason::unconfirmed},
    {30022, 400, answer_class::busy, reason::senders_unavailable},
    {30035, 400, answer_class::busy, reason::senders_unavailable},
    {30410, 400, answer_class::unknown, reason::unconfirmed},
    {30036, 400, answer_class::busy, reason::senders_unavailable},
    {30450, 400, answer_class::fraud, reason::suspected_fraud},
    {30453, 400, answer_class::fraud, reason::suspected_fraud},
    {60410, 403, answer_class::fraud, reason::suspected_fraud},
    {60605, 403, answer_class::fraud, reason::suspected_fraud},
};

}  // namespace

TEST_CASE("every code of Twilio that we know has its class, its reason and words", "[sender_answer]") {
  for (const auto& [code, http_status, answer, ends_as] : rows) {
    CAPTURE(code);
    CHECK(twilio(http_status, code) == answer);
    CHECK(reason_for(answer, code) == ends_as);
    CHECK_FALSE(error_text(code).empty());
  }
}

TEST_CASE("a code that we know wins over the status it comes with", "[sender_answer]") {
  CHECK(twilio(400, 20429) == answer_class::busy);
  CHECK(twilio(503, 21610) == answer_class::opted_out);
  CHECK(twilio(404, 21211) == answer_class::recipient);
}

TEST_CASE("what failed before the request was written whole took nothing", "[sender_answer]") {
  CHECK(classify(sender_kind::twilio, {.sent = false}) == answer_class::interrupted);
  CHECK(classify(sender_kind::kinde, {.sent = false}) == answer_class::interrupted);
  CHECK(reason_for(answer_class::interrupted, 0) == reason::senders_unavailable);
}

TEST_CASE("a request that was written and never answered is unknown", "[sender_answer]") {
  CHECK(twilio(0) == answer_class::unknown);
  CHECK(kinde(0) == answer_class::unknown);
  CHECK(reason_for(answer_class::unknown, 0) == reason::unconfirmed);
}

TEST_CASE("a 2xx is accepted, whatever becomes of its body", "[sender_answer]") {
  for (const unsigned status : {200U, 201U, 202U, 204U, 299U}) {
    CAPTURE(status);
    CHECK(twilio(status) == answer_class::accepted);
    CHECK(twilio(status, 0, false) == answer_class::accepted);
    CHECK(twilio(status, 21610) == answer_class::accepted);
    CHECK(kinde(status, false) == answer_class::accepted);
  }
  CHECK(reason_for(answer_class::accepted, 0) == reason::none);
}

TEST_CASE("an unknown code is decided by its HTTP class", "[sender_answer]") {
  CHECK(twilio(429, 99999) == answer_class::busy);
  CHECK(twilio(429, 0, false) == answer_class::busy);
  for (const unsigned status : {400U, 401U, 402U, 403U, 404U, 405U, 410U, 422U, 451U, 499U}) {
    CAPTURE(status);
    CHECK(twilio(status, 99999) == answer_class::account);
    CHECK(twilio(status) == answer_class::account);
  }
  for (const unsigned status : {408U, 409U, 500U, 502U, 503U, 504U, 599U}) {
    CAPTURE(status);
    CHECK(twilio(status, 99999) == answer_class::unknown);
    CHECK(kinde(status) == answer_class::unknown);
  }
}

TEST_CASE("redirects, impossible statuses and malformed answers are unknown", "[sender_answer]") {
  for (const unsigned status : {100U, 199U, 300U, 301U, 302U, 307U, 308U, 600U, 999U}) {
    CAPTURE(status);
    CHECK(twilio(status) == answer_class::unknown);
    CHECK(kinde(status) == answer_class::unknown);
  }
  CHECK(twilio(400, 0, false) == answer_class::unknown);
  CHECK(twilio(403, 0, false) == answer_class::unknown);
  CHECK(kinde(422, false) == answer_class::unknown);
}

TEST_CASE("the Kinde sender's statuses have their classes, and Twilio's codes none there", "[sender_answer]") {
  CHECK(kinde(400) == answer_class::account);
  CHECK(kinde(401) == answer_class::account);
  CHECK(kinde(403) == answer_class::account);
  CHECK(kinde(422) == answer_class::recipient);
  CHECK(kinde(429) == answer_class::busy);
  CHECK(classify(sender_kind::kinde, {.http_status = 400, .error_code = 21610}) == answer_class::account);
}
