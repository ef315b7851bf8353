#include "worker/codec/settings_document.hpp"

#include <algorithm>
#include <chrono>

#include "common/config/cursor.hpp"
#include "common/config/document.hpp"
#include "common/config/rules.hpp"
#include "worker/domain/phone_number.hpp"

namespace sendcode::codec {
namespace {

using config::cursor;
using config::text_rule;
using std::chrono::hours;
using std::chrono::minutes;

// Bounds that keep a document's cost in Redis and in memory known.
constexpr std::size_t applications_max = 1'000;
constexpr std::size_t prefixes_max = 1'000;
constexpr std::size_t countries_max = 250;
constexpr std::size_t limits_max = 32;
constexpr std::size_t test_numbers_max = 10;
constexpr std::int64_t listed_limit_max = 100;  // a list in Redis holds 100 times
constexpr std::int64_t counted_limit_max = 4'294'967'295;
constexpr seconds ordinary_ttl_max = minutes{10};  // NIST SP 800-63B-4

bool is_sid(std::string_view text, std::string_view kind) {
  return text.size() == 34 && text.starts_with(kind) &&
         std::ranges::all_of(text.substr(2), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_prefix(std::string_view text) {
  return text.size() >= 2 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         text.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

constexpr text_rule account_sid{[](std::string_view t) { return is_sid(t, "AC"); },
                                "an account SID: AC and 32 digits of 0-9a-f"};
constexpr text_rule api_key_sid{[](std::string_view t) { return is_sid(t, "SK"); },
                                "an API key's SID: SK and 32 digits of 0-9a-f"};
constexpr text_rule service_sid{[](std::string_view t) { return is_sid(t, "MG"); },
                                "a Messaging Service's SID: MG and 32 digits of 0-9a-f"};
constexpr text_rule prefix{is_prefix, "the beginning of international numbers, such as \"+6189160\""};

class document_reader {
 public:
  explicit document_reader(std::string_view expected_id) : expected_id_(expected_id) {}

  domain::environment_settings read(const cursor& in) {
    domain::environment_settings out;
    if (!in.expect_map({"environment_id", "applications", "sms", "authentication", "mfa"})) return out;
    out.environment_id = in.need("environment_id").text(config::identifier).value_or("");
    environment_ = out.environment_id;
    if (!environment_.empty() && !expected_id_.empty() && environment_ != expected_id_) {
      in["environment_id"].complain(std::string(expected_id_) + ", as the name of the file or the record's key says");
    }
    out.connection_id = domain::derive_connection_id(out.environment_id);
    out.applications = in.need("applications").texts(1, applications_max, config::identifier);
    read_sms(in.need("sms"), out.sms);
    read_authentication(in["authentication"], out);
    read_mfa(in["mfa"], out);
    return out;
  }

 private:
  domain::secret_ref secret(const cursor& in) const {
    auto name = in.secret_name(config::secret_file_name);
    if (name && !environment_.empty() && !name->starts_with(environment_ + '/')) {
      in["secret"].complain_secretly("a name below this environment's own folder: " + environment_ + "/…");
    }
    return {name.value_or(""), nullptr};
  }

  void read_sms(const cursor& in, domain::sms_settings& out) const {
    if (!in.expect_map({"default_country", "twilio", "fallback", "use_for_mfa", "code_ttl", "allow_long_ttl",
                        "allowed_countries", "blocked_prefixes", "allowed_prefixes", "redact_body", "provide_feedback",
                        "limits", "test_numbers"})) {
      return;
    }
    out.default_country = in.need("default_country").text(config::country_code).value_or("");
    if (const auto twilio = in["twilio"]) read_twilio(twilio, out.twilio.emplace());
    out.fallback = in["fallback"]
                       .choice<domain::fallback_sender>(
                           {{"kinde", domain::fallback_sender::kinde}, {"none", domain::fallback_sender::none}})
                       .value_or(domain::fallback_sender::none);
    out.use_for_mfa = in["use_for_mfa"].boolean().value_or(true);
    out.redact_body = in["redact_body"].boolean().value_or(false);
    out.provide_feedback = in["provide_feedback"].boolean().value_or(false);
    read_ttl(in, out);
    read_countries(in["allowed_countries"], out);
    out.blocked_prefixes = in["blocked_prefixes"].texts(0, prefixes_max, prefix);
    out.allowed_prefixes = in["allowed_prefixes"].texts(0, prefixes_max, prefix);
    read_limits(in["limits"], out);
    read_test_numbers(in["test_numbers"], out);
  }

  void read_twilio(const cursor& in, domain::twilio_settings& out) const {
    using domain::sms_source;
    using domain::twilio_region;
    if (!in.expect_map(
            {"account_sid", "auth_token", "api_key", "region", "source", "messaging_service_sid", "phone_number"})) {
      return;
    }
    out.account_sid = in.need("account_sid").text(account_sid).value_or("");
    read_auth_tokens(in.need("auth_token"), out);
    if (const auto key = in["api_key"]; key && key.expect_map({"sid", "secret"})) {
      out.api_key_sid = key.need("sid").text(api_key_sid).value_or("");
      out.api_key_secret = secret(key.need("secret"));
    }
    out.region = in["region"]
                     .choice<twilio_region>(
                         {{"us1", twilio_region::us1}, {"ie1", twilio_region::ie1}, {"au1", twilio_region::au1}})
                     .value_or(twilio_region::us1);
    const auto source = in.need("source").choice<sms_source>(
        {{"messaging_service", sms_source::messaging_service}, {"phone_number", sms_source::phone_number}});
    out.source = source.value_or(sms_source::messaging_service);
    // What the source doesn't use may stand there all the same, for the day that it changes.
    const auto service =
        source == sms_source::messaging_service ? in.need("messaging_service_sid") : in["messaging_service_sid"];
    const auto number = source == sms_source::phone_number ? in.need("phone_number") : in["phone_number"];
    out.messaging_service_sid = service.text(service_sid).value_or("");
    out.phone_number = number.text(config::e164_number).value_or("");
  }

  void read_auth_tokens(const cursor& in, domain::twilio_settings& out) const {
    if (!in || in.raw()->kind != config::node_kind::list) {
      out.auth_tokens.push_back(secret(in));
      return;
    }
    for (const auto& place : in.list(2, 2, "secrets")) out.auth_tokens.push_back(secret(place));
    if (out.auth_tokens.size() == 2 && out.auth_tokens[0].name == out.auth_tokens[1].name)
      in.complain_plainly("two different secrets");
  }

  static void read_ttl(const cursor& in, domain::sms_settings& out) {
    out.allow_long_ttl = in["allow_long_ttl"].boolean().value_or(false);
    const auto ttl = in["code_ttl"].duration({minutes{1}, minutes{120}, "10m"});
    if (!ttl) return;
    out.code_ttl = std::chrono::duration_cast<seconds>(*ttl);
    if (out.code_ttl > ordinary_ttl_max && !out.allow_long_ttl) {
      in["code_ttl"].complain("at most 10m, as NIST SP 800-63B says, unless allow_long_ttl is true");
    }
  }

  static void read_countries(const cursor& in, domain::sms_settings& out) {
    if (!in) {
      out.allowed_countries = {out.default_country};
    } else if (in.raw()->kind == config::node_kind::list) {
      out.allowed_countries = in.texts(1, countries_max, config::country_code);
    } else {
      constexpr text_rule star{[](std::string_view t) { return t == "*"; },
                               "a list of ISO 3166-1 country codes, such as [AU, NZ], or \"*\" for all"};
      out.every_country = in.text(star).has_value();
    }
  }

  static void read_limits(const cursor& in, domain::sms_settings& out) {
    using domain::limit_kind;
    std::vector<domain::limit> written;
    for (const auto& place : in.list(0, limits_max, "limits")) {
      if (!place.expect_map({"per", "max", "window"})) continue;
      const auto per = place.need("per").choice<limit_kind>({{"phone", limit_kind::phone},
                                                             {"user", limit_kind::user},
                                                             {"client_ip", limit_kind::client_ip},
                                                             {"application", limit_kind::application},
                                                             {"environment", limit_kind::environment},
                                                             {"country", limit_kind::country},
                                                             {"prefix", limit_kind::prefix}});
      const bool listed = per == limit_kind::phone || per == limit_kind::user || per == limit_kind::client_ip;
      const auto max = place.need("max").integer(1, listed ? listed_limit_max : counted_limit_max);
      const auto window = place.need("window").duration({seconds{1}, hours{24}, "10m"});
      if (!per || !max || !window) continue;
      const domain::limit made{*per, static_cast<std::uint32_t>(*max), std::chrono::duration_cast<seconds>(*window)};
      const bool twice =
          std::ranges::any_of(written, [&](const auto& l) { return l.per == made.per && l.window == made.window; });
      // Both would count in the same key, and so every text twice.
      if (twice) place["window"].complain("a window that no other limit of the same `per` has");
      written.push_back(made);
    }
    out.limits = domain::effective_limits(written);
  }

  void read_test_numbers(const cursor& in, domain::sms_settings& out) const {
    for (const auto& place : in.list(0, test_numbers_max, "test numbers")) {
      if (!place.expect_map({"phone_number", "code"})) continue;
      const auto number = place.need("phone_number");
      domain::test_number made{number.text(config::e164_number).value_or(""), secret(place.need("code"))};
      if (made.phone_number.empty()) continue;
      if (!domain::is_fictional(made.phone_number)) {
        number.complain(
            "a number of a range reserved for fiction, such as \"+12025550123\", for a real one would never "
            "be texted");
      } else if (std::ranges::find(out.test_numbers, made.phone_number, &domain::test_number::phone_number) !=
                 out.test_numbers.end()) {
        number.complain("each only once");
      }
      out.test_numbers.push_back(std::move(made));
    }
  }

  static void read_authentication(const cursor& in, domain::environment_settings& out) {
    if (!in || !in.expect_map({"phone"})) return;
    const auto phone = in["phone"];
    if (!phone || !phone.expect_map({"applications"})) return;
    const auto list = phone.need("applications");
    out.phone_applications = list.texts(0, applications_max, config::identifier);
    for (const auto& name : out.phone_applications) {
      if (std::ranges::find(out.applications, name) != out.applications.end()) continue;
      list.complain_plainly("applications that `applications` names too; " + name + " is not there");
    }
  }

  static void read_mfa(const cursor& in, domain::environment_settings& out) {
    using domain::mfa_policy;
    if (!in || !in.expect_map({"policy", "factors"})) return;
    out.mfa =
        in.need("policy")
            .choice<mfa_policy>(
                {{"off", mfa_policy::off}, {"optional", mfa_policy::optional}, {"required", mfa_policy::required}})
            .value_or(mfa_policy::off);
    constexpr text_rule factor{
        [](std::string_view t) { return t == "sms" || t == "email" || t == "authenticator_app"; },
        "one of sms, email, authenticator_app"};
    const auto factors = in["factors"].texts(0, 3, factor);
    out.sms_factor = std::ranges::find(factors, "sms") != factors.end();
  }

  std::string_view expected_id_;
  std::string environment_;  // whose secrets may be named
};

}  // namespace

settings_result decode_settings(const config::node& document, std::string_view expected_id, std::string_view file) {
  config::report found{std::string(file), {}};
  auto out = document_reader(expected_id).read(cursor(document, found));
  if (!found.problems.empty()) return std::unexpected(std::move(found.problems));
  return out;
}

settings_result decode_settings_yaml(std::string_view text, std::string_view expected_id, std::string_view file) {
  const auto tree = config::parse_yaml(text, file);
  if (!tree) return std::unexpected(std::vector{tree.error()});
  return decode_settings(*tree, expected_id, file);
}

settings_result decode_settings_json(std::string_view text, std::string_view expected_id, std::string_view file) {
  const auto tree = config::parse_json(text, file);
  if (!tree) return std::unexpected(std::vector{tree.error()});
  return decode_settings(*tree, expected_id, file);
}

}  // namespace sendcode::codec
