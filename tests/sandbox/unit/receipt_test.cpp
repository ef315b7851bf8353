#include "tests/sandbox/core/receipt.hpp"
#include "tests/catch.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;
using json = nlohmann::json;

TEST_CASE("signatures are Twilio's published ones") {
  const std::string_view url = "https://mycompany.com/myapp.php?foo=1&bar=2";
  CHECK(sign("12345", url,
             {{"CallSid", "CA1234567890ABCDE"},
              {"Digits", "1234"},
              {"From", "+14158675309"},
              {"To", "+18005551212"},
              {"Caller", "+14158675309"}}) == "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
  CHECK(sign("12345", url,
             {{"Sid", "CA123"}, {"SidAccount", "AC123"}, {"Digits", "5678"}, {"Digits", "1234"}, {"Digits", "1234"}}) ==
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
}

TEST_CASE("a receipt goes to the message's callback without its fragment, signed with the account's token") {
  setup with;
  with.accounts = {{asker::account_sid, "token"}};
  asker asked(std::move(with));
  const auto sid = asker::read(asked.text("%2B61491570006",
                                          "&StatusCallback=https%3A%2F%2Flocalhost%3A8443%2Fhook%3Fref%3Dx%23rc%3D3"))
                       .at("sid")
                       .get<std::string>();
  const auto out = asked.ask("POST", "/sandbox/receipts",
                             json({{"sid", sid}, {"status", "undelivered"}, {"error_code", 30005}}).dump());
  REQUIRE(out.receipt.has_value());
  CHECK(out.receipt->url == "https://localhost:8443/hook?ref=x");
  const auto fields = form::parse(out.receipt->form);
  REQUIRE(fields.has_value());
  CHECK(fields->get("MessageSid") == sid);
  CHECK(fields->get("MessageStatus") == "undelivered");
  CHECK(fields->get("ErrorCode") == "30005");
  CHECK(fields->get("To") == asker::number);
  CHECK(fields->get("From") == "+15005550006");
  CHECK(fields->get("AccountSid") == asker::account_sid);
  parameters all;
  for (const char* name :
       {"MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "AccountSid", "ApiVersion", "To", "From", "ErrorCode"}) {
    all.emplace_back(name, fields->get(name));
  }
  CHECK(out.receipt->signature == sign("token", out.receipt->url, all));
  CHECK(asked.list("To=%2B61491570006").at("messages")[0].at("status") == "undelivered");
}

TEST_CASE("without accounts a receipt is signed with the token last seen") {
  asker asked;
  const auto sid = asker::read(asked.text("%2B61491570006", "&StatusCallback=http%3A%2F%2Flocalhost%2Fhook"))
                       .at("sid")
                       .get<std::string>();
  const auto receipt = json({{"sid", sid}, {"status", "delivered"}}).dump();
  CHECK(asked.ask("POST", "/sandbox/receipts", receipt).receipt.has_value());

  asker by_key;
  const auto other =
      asker::read(
          by_key.post_form("To=%2B61491570006&From=%2B15005550006&Body=x&StatusCallback=http%3A%2F%2Flocalhost%2F",
                           "Basic U0sxOnNlY3JldA=="))
          .at("sid")
          .get<std::string>();
  CHECK(by_key.ask("POST", "/sandbox/receipts", json({{"sid", other}, {"status", "delivered"}}).dump()).status == 409);
}

TEST_CASE("a receipt needs a message of Twilio's with a callback, and a status") {
  asker asked;
  asked.take_token();
  const auto ask = [&](const json& body) { return asked.ask("POST", "/sandbox/receipts", body.dump()).status; };
  const auto sid = asker::read(asked.text()).at("sid").get<std::string>();
  const auto kinde = asker::read(asked.kinde_text("k1")).at("message_id").get<std::string>();
  CHECK(ask({{"sid", sid}, {"status", "delivered"}}) == 409);
  CHECK(ask({{"sid", kinde}, {"status", "delivered"}}) == 404);
  CHECK(ask({{"sid", "SM1"}, {"status", "delivered"}}) == 404);
  CHECK(ask({{"sid", sid}}) == 400);
  CHECK(ask({{"sid", sid}, {"status", "delivered"}, {"error_code", "x"}}) == 400);
  CHECK(ask(json::array()) == 400);
}
