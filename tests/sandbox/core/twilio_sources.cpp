#include "tests/sandbox/core/twilio_sources.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/bytes.hpp"
#include "tests/sandbox/core/text_forms.hpp"
#include "tests/sandbox/core/twilio_errors.hpp"

namespace sendcode::sandbox {
namespace {

constexpr std::string_view accounts_path = "/2010-04-01/Accounts/";
constexpr std::string_view numbers_end = "/IncomingPhoneNumbers.json";
constexpr std::string_view opened = "Thu, 01 Jan 2026 00:00:00 +0000";
constexpr std::string_view services_path = "/v1/Services/";
constexpr std::string_view missing_service = "MG00000000000000000000000000000404";

bool is_sid(std::string_view text, std::string_view kind) {
  return text.size() == 34 && text.starts_with(kind) &&
         text.substr(2).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// As the user names itself; a messaging service's address doesn't say whose it is.
std::string user_of(std::string_view authorization) {
  if (!authorization.starts_with("Basic ")) return {};
  const auto pair = from_base64(authorization.substr(6)).value_or("");
  return pair.substr(0, std::min(pair.find(':'), pair.size()));
}

// The magic numbers that are not valid, or are another's; every other one is there.
bool has_number(std::string_view number) {
  return is_e164(number) && number != "+15005550001" && number != "+15005550007";
}

void append_number(std::string& out, std::string_view account, std::string_view number) {
  std::string sid(number.substr(1));
  sid.insert(0, 32 - sid.size(), '0');
  fmt::format_to(std::back_inserter(out),
                 R"({{"sid":"PN{0}","account_sid":"{1}","friendly_name":"{2}","phone_number":"{2}","origin":"twilio",)"
                 R"("type":"mobile","status":"in-use","beta":false,"api_version":"2010-04-01",)"
                 R"("capabilities":{{"voice":true,"sms":true,"mms":true,"fax":false}},)"
                 R"("date_created":"{3}","date_updated":"{3}","address_requirements":"none","address_sid":null,)"
                 R"("identity_sid":null,"bundle_sid":null,"trunk_sid":null,"emergency_status":"Inactive",)"
                 R"("emergency_address_sid":null,"emergency_address_status":"unregistered",)",
                 sid, account, number, opened);
  out +=
      R"("sms_application_sid":null,"sms_method":"POST","sms_url":"","sms_fallback_method":"POST",)"
      R"("sms_fallback_url":"","status_callback":"","status_callback_method":"POST","voice_application_sid":null,)"
      R"("voice_caller_id_lookup":false,"voice_fallback_method":"POST","voice_fallback_url":"","voice_method":"POST",)"
      R"("voice_receive_mode":"voice","voice_url":"","uri":)";
  append_json_string(out, fmt::format("/2010-04-01/Accounts/{}/IncomingPhoneNumbers/PN{}.json", account, sid));
  out += '}';
}

reply list_numbers(const request& in, std::string_view account, std::string_view query, account_book& accounts) {
  if (!accounts.admits(in.authorization, account)) return refusal(make_twilio_error(20003));
  const auto filter = form::parse(query);
  if (!filter) return refusal(make_twilio_error(20001, "the query"));
  const auto number = filter->get("PhoneNumber");
  const bool found = has_number(number);
  reply out;
  out.body = R"({"incoming_phone_numbers":[)";
  if (found) append_number(out.body, account, number);
  std::string page = fmt::format("/2010-04-01/Accounts/{}{}?PhoneNumber=", account, numbers_end);
  append_form_encoded(page, number);
  fmt::format_to(std::back_inserter(out.body),
                 R"(],"page":0,"page_size":50,"start":0,"end":0,"first_page_uri":"{0}","previous_page_uri":null,)"
                 R"("next_page_uri":null,"uri":"{0}"}})",
                 page + "&PageSize=50&Page=0");
  return out;
}

reply show_service(const request& in, std::string_view sid, account_book& accounts) {
  const auto user = user_of(in.authorization);
  if (!accounts.admits(in.authorization, user)) return refusal(make_twilio_error(20003));
  if (!is_sid(sid, "MG") || sid == missing_service) return refusal(make_twilio_error(20404));
  reply out;
  fmt::format_to(std::back_inserter(out.body), R"({{"sid":"{}","account_sid":)", sid);
  append_json_string(out.body, user);
  fmt::format_to(std::back_inserter(out.body),
                 R"(,"friendly_name":"sandbox","date_created":"2026-01-01T00:00:00Z",)"
                 R"("date_updated":"2026-01-01T00:00:00Z","sticky_sender":true,"mms_converter":true,)"
                 R"("smart_encoding":true,"scan_message_content":"inherit","fallback_to_long_code":false,)"
                 R"("area_code_geomatch":true,"synchronous_validation":false,"validity_period":36000,)"
                 R"("inbound_request_url":null,"inbound_method":"POST","fallback_url":null,"fallback_method":"POST",)"
                 R"("status_callback":null,"usecase":"verification","us_app_to_person_registered":false,)"
                 R"("use_inbound_webhook_on_number":false,)"
                 R"("links":{{"phone_numbers":"https://messaging.twilio.com/v1/Services/{0}/PhoneNumbers"}},)"
                 R"("url":"https://messaging.twilio.com/v1/Services/{0}"}})",
                 sid);
  return out;
}

}  // namespace

std::optional<reply> show_source(const request& in, account_book& accounts) {
  if (in.method != "GET") return std::nullopt;
  const auto mark = std::min(in.target.find('?'), in.target.size());
  const std::string_view target = in.target;
  const auto path = target.substr(0, mark);
  const auto query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
  if (path.starts_with(services_path)) return show_service(in, path.substr(services_path.size()), accounts);
  if (!path.starts_with(accounts_path) || !path.ends_with(numbers_end)) return std::nullopt;
  if (path.size() < accounts_path.size() + numbers_end.size()) return std::nullopt;
  const auto account = path.substr(accounts_path.size(), path.size() - accounts_path.size() - numbers_end.size());
  if (!is_sid(account, "AC")) return std::nullopt;
  return list_numbers(in, account, query, accounts);
}

}  // namespace sendcode::sandbox
