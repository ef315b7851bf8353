#include "worker/domain/sender_answer.hpp"

#include <algorithm>
#include <array>

namespace sendcode::domain {
namespace {

struct row {
  std::uint32_t code;
  answer_class answer;
};

// Twilio's error codes, sorted; error_text.cpp says what each means. Codes of the 30000s are known from receipts; where
// one comes as the answer to a request, that request was refused.
//
// "Busy" stands only where the code says that the text was not taken. The codes that merely say "try again" are
// unknown: 20500 and 20503 are the API failing at an unnamed point, 30008 and 30410 the carrier's side failing with the
// text in hand. Their texts are looked for before anything is repeated.
constexpr std::array table = {
    row{20003, answer_class::account},   row{20403, answer_class::account},   row{20404, answer_class::account},
    row{20429, answer_class::busy},      row{20500, answer_class::unknown},   row{20503, answer_class::unknown},
    row{21211, answer_class::recipient}, row{21408, answer_class::policy},    row{21606, answer_class::account},
    row{21608, answer_class::account},   row{21610, answer_class::opted_out}, row{21611, answer_class::busy},
    row{21612, answer_class::account},   row{21614, answer_class::recipient}, row{21617, answer_class::policy},
    row{21635, answer_class::recipient}, row{21663, answer_class::account},   row{21703, answer_class::account},
    row{21705, answer_class::account},   row{30001, answer_class::busy},      row{30002, answer_class::account},
    row{30003, answer_class::busy},      row{30005, answer_class::recipient}, row{30006, answer_class::recipient},
    row{30007, answer_class::account},   row{30008, answer_class::unknown},   row{30022, answer_class::busy},
    row{30032, answer_class::account},   row{30034, answer_class::account},   row{30035, answer_class::busy},
    row{30036, answer_class::busy},      row{30410, answer_class::unknown},   row{30450, answer_class::fraud},
    row{30453, answer_class::fraud},     row{60410, answer_class::fraud},     row{60605, answer_class::fraud},
};
static_assert(std::ranges::is_sorted(table, {}, &row::code));

const row* find_row(std::uint32_t code) noexcept {
  const auto* found = std::ranges::lower_bound(table, code, {}, &row::code);
  return found != table.end() && found->code == code ? found : nullptr;
}

// Without a code that we know. A 4xx is a request that was looked at and refused, for a reason unknown to us: that says
// nothing about the number, so it stands as the account's (another sender may work, an operator is told), never as the
// recipient's. 408 and 409 are no refusal: the request, or one like it, may still be worked on. A redirect is nothing
// that these interfaces answer: as good as malformed.
answer_class classify_by_status(unsigned status) noexcept {
  if (status == 429) return answer_class::busy;
  if (status == 408 || status == 409) return answer_class::unknown;
  return status >= 400 && status < 500 ? answer_class::account : answer_class::unknown;
}

}  // namespace

answer_class classify(sender_kind sender, const exchange_result& result) noexcept {
  if (!result.sent) return answer_class::interrupted;
  if (result.http_status >= 200 && result.http_status < 300) return answer_class::accepted;
  if (result.http_status == 429) return answer_class::busy;
  if (result.http_status == 0 || !result.well_formed) return answer_class::unknown;
  if (sender == sender_kind::twilio) {
    if (const row* known = find_row(result.error_code)) return known->answer;
  }
  // By our contract with the Kinde sender, 422 is about the number or the text alone.
  if (sender == sender_kind::kinde && result.http_status == 422) return answer_class::recipient;
  return classify_by_status(result.http_status);
}

reason reason_for(answer_class answer, std::uint32_t error_code) noexcept {
  switch (answer) {
    case answer_class::accepted:
      return reason::none;
    case answer_class::recipient:
      return reason::recipient_unreachable;
    case answer_class::opted_out:
      return reason::recipient_opted_out;
    case answer_class::account:
    case answer_class::policy:
      return reason::sender_rejected;
    case answer_class::fraud:
      return reason::suspected_fraud;
    case answer_class::busy:
      // A handset that stayed off is the recipient's affair, not the senders'.
      return error_code == 30003 ? reason::recipient_unreachable : reason::senders_unavailable;
    case answer_class::interrupted:
      return reason::senders_unavailable;
    case answer_class::unknown:
      return reason::unconfirmed;
  }
  return reason::none;
}

reason reason_for_receipt(std::uint32_t error_code) noexcept {
  const row* known = find_row(error_code);
  // "Unknown" is what a request's answer can be: a receipt says that the text did not arrive.
  if (known == nullptr || known->answer == answer_class::unknown) return reason::none;
  return reason_for(known->answer, error_code);
}

}  // namespace sendcode::domain
