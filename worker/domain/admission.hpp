#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "worker/domain/event.hpp"
#include "worker/domain/outcome.hpp"
#include "worker/domain/phone_number.hpp"
#include "worker/domain/settings.hpp"

// Judging an event by settings alone, before anything is counted (design §2, §4).
namespace sendcode::domain {

// How an event is to be sent.
struct send_plan {
  std::shared_ptr<const environment_settings> environment;
  phone_number phone;
  std::vector<sender_kind> route;  // in order; the second is the fallback. `test` alone: nothing is texted
  secret_ptr test_code;            // of a test number
  bool named_country = true;       // false: "*" alone admits the country
};

struct rejection {
  domain::reason reason;
  std::optional<phone_number> phone;  // where it could be read and is a number
};

// Cannot be judged or sent now; may be later.
struct hold {
  enum class why : std::uint8_t {
    settings_not_current,
    settings_broken,
    secret_missing,
    no_signing_key,
    no_sender
  } because;
  std::string detail;  // a secret's name
  std::optional<phone_number> phone;
};

using verdict = std::variant<send_plan, rejection, hold>;

struct judge_terms {
  bool kinde_configured = false;  // in worker.yaml
};

verdict judge(const send_code_event& event, const settings_snapshot& settings, const judge_terms& terms);

}  // namespace sendcode::domain
