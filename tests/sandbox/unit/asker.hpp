#pragma once

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/bytes.hpp"
#include "tests/sandbox/core/sandbox.hpp"
#include "tests/sandbox/core/text_forms.hpp"

namespace sendcode::sandbox {

// Asks a sandbox without a socket, at a time of its own.
class asker {
 public:
  static constexpr const char* account_sid = "AC00000000000000000000000000000001";
  static constexpr const char* number = "+61491570006";

  explicit asker(setup with = {}) : core(std::move(with)) {}

  reply ask(std::string_view method, std::string_view target, std::string_view body = "",
            std::string_view authorization = "", std::string_view key = "") {
    return core.answer({method, target, authorization, key, body, now, sendcode::to_unix_ms(now) * 1000 + 456});
  }

  static std::string messages_path(std::string_view account = account_sid) {
    return "/2010-04-01/Accounts/" + std::string(account) + "/Messages.json";
  }
  reply post_form(std::string_view form, std::string_view authorization = basic) {
    return ask("POST", messages_path(), form, authorization);
  }
  reply text(std::string_view to = "%2B61491570006", std::string_view more = "") {
    return post_form("To=" + std::string(to) + "&From=%2B15005550006&Body=hello" + std::string(more));
  }
  nlohmann::json list(std::string_view query) {
    return read(ask("GET", messages_path() + "?" + std::string(query), "", basic));
  }

  void take_token() {
    const auto out =
        ask("POST", "/oauth2/token", "grant_type=client_credentials&client_id=a&client_secret=b&audience=c");
    bearer = "Bearer " + read(out).at("access_token").get<std::string>();
  }
  reply kinde_text(std::string_view key, std::string_view body = "hello", std::string_view to = number) {
    const nlohmann::json message = {
        {"to", to}, {"body", body}, {"environment_id", "env_live"}, {"expires_at", "2026-11-23T09:00:00.000Z"}};
    return ask("POST", "/v1/messages", message.dump(), bearer, key);
  }

  reply fault(const nlohmann::json& one) { return ask("POST", "/sandbox/faults", one.dump()); }
  nlohmann::json counts() { return read(ask("GET", "/sandbox/counts")); }
  nlohmann::json phone(std::string_view query = "") {
    return read(ask("GET", "/sandbox/messages?" + std::string(query))).at("messages");
  }

  static nlohmann::json read(const reply& out) { return nlohmann::json::parse(out.body); }

  static constexpr const char* basic =
      "Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbg==";  // account_sid:token

  sandbox core;
  timestamp now = *from_rfc3339("2026-11-23T08:15:30.123Z");
  std::string bearer;
};

}  // namespace sendcode::sandbox
