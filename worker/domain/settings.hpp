#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/secret.hpp"
#include "common/timestamp.hpp"
#include "worker/domain/outcome.hpp"

// One environment's settings (design §4), validated: every text matches its pattern, every number its range.
namespace sendcode::domain {

// A secret that a document names. `value` is null while the file is missing or unreadable: the environment's events are
// held then.
struct secret_ref {
  std::string name;  // below the secrets directory, such as env_live/twilio_auth_token
  secret_ptr value;
};

enum class twilio_region : std::uint8_t { us1, ie1, au1 };
enum class sms_source : std::uint8_t { messaging_service, phone_number };
enum class fallback_sender : std::uint8_t { none, kinde };
enum class mfa_policy : std::uint8_t { off, optional, required };

struct twilio_settings {
  std::string account_sid;
  std::vector<secret_ref> auth_tokens;  // one, or two while it rotates: the first sends, either verifies
  std::string api_key_sid;              // empty: the auth token sends
  secret_ref api_key_secret;
  twilio_region region = twilio_region::us1;
  sms_source source = sms_source::messaging_service;
  std::string messaging_service_sid;
  std::string phone_number;  // E.164
};

struct limit {
  limit_kind per = limit_kind::phone;
  std::uint32_t max = 1;
  seconds window{1};
  bool unnamed_countries_only = false;  // per country: for those that "*" alone admits

  bool operator==(const limit&) const = default;
};

struct test_number {
  std::string phone_number;  // E.164, in a range reserved for fiction
  secret_ref code;
};

struct sms_settings {
  std::string default_country;  // ISO 3166-1
  std::optional<twilio_settings> twilio;
  fallback_sender fallback = fallback_sender::none;
  bool use_for_mfa = true;
  seconds code_ttl{600};
  bool allow_long_ttl = false;
  bool every_country = false;                  // "*"
  std::vector<std::string> allowed_countries;  // the default country alone, where the document has none
  std::vector<std::string> blocked_prefixes;   // "+6189160"
  std::vector<std::string> allowed_prefixes;
  bool redact_body = false;
  bool provide_feedback = false;  // Twilio is told of each text whose code was approved
  std::vector<limit> limits;      // in force: the document's, then the defaults of each `per` that it doesn't name
  std::vector<test_number> test_numbers;
};

struct environment_settings {
  std::string environment_id;
  std::string connection_id;  // derived: conn_ and 32 hex digits
  std::vector<std::string> applications;
  sms_settings sms;
  std::vector<std::string> phone_applications;
  mfa_policy mfa = mfa_policy::off;
  bool sms_factor = false;

  // The first secret that sending needs and that is missing; empty: all are there.
  std::string missing_secret() const;
};

// A secret that settings name, and whether it is the code of a test number.
struct secret_use {
  secret_ref* secret;
  bool is_code;
};
// In the document's order; valid as long as the settings stay as they are.
std::vector<secret_use> secrets_of(environment_settings& settings);
bool is_test_code(std::string_view text) noexcept;  // six digits

std::string derive_connection_id(std::string_view environment_id);
std::vector<limit> default_limits();
// `limits:` replaces the defaults of each `per` that it names; the others stay, behind.
std::vector<limit> effective_limits(const std::vector<limit>& written);

// All environments as they stood at one moment; immutable, shared by the shards.
struct settings_snapshot {
  std::map<std::string, std::shared_ptr<const environment_settings>, std::less<>> environments;
  // False until everything was read once; a document that was never valid leaves its environment in `broken`: events
  // are held, not unknown.
  bool current = false;
  std::vector<std::string> broken;

  const environment_settings* find(std::string_view environment_id) const;
  bool is_broken(std::string_view environment_id) const;
  // There surely is no such environment: settings are known, and none of them, valid or not, is its own.
  bool is_unknown(std::string_view environment_id) const;
};
using settings_ptr = std::shared_ptr<const settings_snapshot>;

}  // namespace sendcode::domain
