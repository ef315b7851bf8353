#include "tests/catch.hpp"
#include "tests/sandbox/core/twilio_errors.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;
using sendcode::seconds;
using json = nlohmann::json;

TEST_CASE("a text from a number is queued and shown with every field of Twilio's") {
  asker twilio;
  const auto out =
      twilio.text("%2B61491570006", "&StatusCallback=https%3A%2F%2Flocalhost%2Fhook&ValidityPeriod=600&Attempt=2");
  REQUIRE(out.status == 201);
  const auto message = asker::read(out);
  CHECK(message.at("status") == "queued");
  CHECK(message.at("num_segments") == "1");
  CHECK(message.at("date_created") == "Mon, 23 Nov 2026 08:15:30 +0000");
  CHECK(message.at("to") == "+61491570006");
  CHECK(message.at("from") == "+15005550006");
  CHECK(message.at("body") == "hello");
  CHECK(message.at("account_sid") == asker::account_sid);
  for (const char* name : {"messaging_service_sid", "error_code", "error_message", "price"})
    CHECK(message.at(name).is_null());
  for (const char* name : {"direction", "price_unit", "uri", "subresource_uris"}) CHECK(message.contains(name));
  const auto sid = message.at("sid").get<std::string>();
  CHECK(sid.size() == 34);
  CHECK(sid.starts_with("SM"));
  CHECK(sid.find_first_not_of("0123456789abcdef", 2) == std::string::npos);

  const auto seen = twilio.phone();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].at("sid") == sid);
  CHECK(seen[0].at("validity_period") == 600);
  CHECK(seen[0].at("attempt") == 2);
  CHECK(seen[0].at("status_callback") == "https://localhost/hook");
  CHECK(seen[0].at("answered") == true);
}

TEST_CASE("a text through a messaging service is accepted with no segments yet") {
  asker twilio;
  const auto message = asker::read(twilio.post_form("To=%2B61491570006&MessagingServiceSid=MG1&Body=hello"));
  CHECK(message.at("status") == "accepted");
  CHECK(message.at("num_segments") == "0");
  CHECK(message.at("messaging_service_sid") == "MG1");
  CHECK(message.at("from").is_null());
}

TEST_CASE("a body with quotes, line ends and other scripts comes back as it was") {
  asker twilio;
  const std::string body = "Ihr \"Code\"\\\n\t123 \x01 код 🙂";
  std::string form = "To=%2B61491570006&From=%2B15005550006&Body=";
  for (const char c : body) form += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  CHECK(asker::read(twilio.post_form(form)).at("body") == body);
  CHECK(twilio.phone()[0].at("body") == body);
}

TEST_CASE("every magic number is refused with its code, and takes no text") {
  struct row {
    const char* to;
    const char* from;
    int code;
    int status;
  };
  const auto one =
      GENERATE(row{"%2B61491570006", "%2B15005550001", 21212, 400}, row{"%2B61491570006", "%2B15005550007", 21606, 400},
               row{"%2B61491570006", "%2B15005550008", 21611, 400}, row{"%2B15005550001", "%2B15005550006", 21211, 400},
               row{"%2B15005550002", "%2B15005550006", 21612, 400}, row{"%2B15005550003", "%2B15005550006", 21408, 400},
               row{"%2B15005550004", "%2B15005550006", 21610, 400}, row{"%2B15005550009", "%2B15005550006", 21614, 400},
               row{"%2B15005550010", "%2B15005550006", 21635, 400}, row{"%2B15005550011", "%2B15005550006", 21611, 400},
               row{"%2B15005550012", "%2B15005550006", 30450, 400}, row{"%2B15005550013", "%2B15005550006", 20503, 503},
               row{"%2B15005550014", "%2B15005550006", 20429, 429});
  CAPTURE(one.to, one.from);
  asker twilio;
  const auto out = twilio.post_form(fmt::format("To={}&From={}&Body=hello", one.to, one.from));
  CHECK(out.status == one.status);
  const auto error = asker::read(out);
  CHECK(error.at("code") == one.code);
  CHECK(error.at("status") == one.status);
  CHECK(!error.at("message").get<std::string>().empty());
  CHECK(error.at("more_info") == fmt::format("https://www.twilio.com/docs/errors/{}", one.code));
  CHECK(twilio.counts().at("texts") == 0);
}

TEST_CASE("the magic number that succeeds, and others of its range, are texted") {
  asker twilio;
  CHECK(twilio.text("%2B15005550006").status == 201);
  CHECK(twilio.text("%2B15005550099").status == 201);
}

TEST_CASE("wrong parameters are refused with Twilio's codes") {
  asker twilio;
  const auto code = [&](std::string_view form) { return asker::read(twilio.post_form(form)).at("code").get<int>(); };
  CHECK(code("From=%2B15005550006&Body=hello") == 21604);
  CHECK(code("To=%2B61491570006&From=%2B15005550006") == 21602);
  CHECK(code("To=%2B61491570006&Body=hello") == 21603);
  CHECK(code("To=0491570006&From=%2B15005550006&Body=hello") == 21211);
  const std::string most(1600, 'x');
  CHECK(twilio.post_form("To=%2B61491570006&From=%2B15005550006&Body=" + most).status == 201);
  CHECK(code("To=%2B61491570006&From=%2B15005550006&Body=x" + most) == 21617);
  for (const char* validity : {"0", "36001", "ten", "1.5"}) {
    CHECK(code("To=%2B61491570006&From=%2B15005550006&Body=hello&ValidityPeriod=" + std::string(validity)) == 20001);
  }
  CHECK(code("To=%2B61491570006&From=%2B15005550006&Body=hello&Attempt=0") == 20001);
  CHECK(code("To=%zz") == 20001);
  CHECK(code("To=%2B61491570006&From=%2B15005550006&Body=%ff") == 20001);
}

TEST_CASE("a parameter that stands twice has its first value") {
  asker twilio;
  CHECK(asker::read(twilio.text("%2B61491570006", "&Body=other&To=%2B61491570157")).at("to") == "+61491570006");
  CHECK(twilio.phone()[0].at("body") == "hello");
}

TEST_CASE("without accounts anybody with a user and a password is let in, nobody else") {
  asker twilio;
  const std::string form = "To=%2B61491570006&From=%2B15005550006&Body=hello";
  CHECK(twilio.post_form(form, "Basic U0sxOnNlY3JldA==").status == 201);
  for (const char* header : {"", "Basic ", "Basic !!", "Basic QUMxOg==", "Basic OnRva2Vu", "Basic QUMx", "Bearer x"}) {
    CAPTURE(header);
    const auto out = twilio.post_form(form, header);
    CHECK(out.status == 401);
    CHECK(asker::read(out).at("code") == 20003);
  }
}

TEST_CASE("with accounts the token, or a key of the account, must be right and the path must be its own") {
  setup with;
  with.accounts = {{asker::account_sid, "token"}, {"AC2", "other"}};
  with.api_keys = {{asker::account_sid, "SK1", "secret"}};
  asker twilio(std::move(with));
  const std::string form = "To=%2B61491570006&From=%2B15005550006&Body=hello";
  const auto status = [&](std::string_view user, std::string_view password, std::string_view account) {
    const auto header = "Basic " + sendcode::to_base64(fmt::format("{}:{}", user, password));
    const auto sent = twilio.ask("POST", asker::messages_path(account), form, header).status;
    const auto listed = twilio.ask("GET", asker::messages_path(account), "", header).status;
    CHECK((sent == 201 && listed == 200) == (sent != 401));
    return sent;
  };
  CHECK(status(asker::account_sid, "token", asker::account_sid) == 201);
  CHECK(status("SK1", "secret", asker::account_sid) == 201);
  CHECK(status(asker::account_sid, "Token", asker::account_sid) == 401);
  CHECK(status("AC2", "other", asker::account_sid) == 401);
  CHECK(status("SK1", "secret", "AC2") == 401);
  CHECK(status("SK1", "token", asker::account_sid) == 401);
}

TEST_CASE("the list shows an account's texts newest first, by recipient, sender, date and page") {
  asker twilio;
  for (int i = 0; i < 5; ++i) {
    twilio.text(i == 2 ? "%2B61491570157" : "%2B61491570006", fmt::format("&Attempt={}", i + 1));
    twilio.now += seconds{10};
  }
  twilio.post_form("To=%2B61491570006&MessagingServiceSid=MG1&Body=service");
  twilio.take_token();
  twilio.kinde_text("k1");
  twilio.ask("POST", asker::messages_path("AC2"), "To=%2B61491570006&From=%2B15005550006&Body=hello", asker::basic);

  const auto dates = [&](std::string_view query) {
    std::string out;
    const auto page = twilio.list(query);
    for (const auto& one : page.at("messages")) out += one.at("date_created").get<std::string>().substr(20, 5) + " ";
    return out;
  };
  CHECK(dates("") == "16:20 16:10 16:00 15:50 15:40 15:30 ");
  CHECK(dates("To=%2B61491570006") == "16:20 16:10 16:00 15:40 15:30 ");
  CHECK(dates("To=%2B61491570157") == "15:50 ");
  CHECK(dates("To=%2B61491570158").empty());
  CHECK(dates("To=%2B61491570006&From=%2B15005550006") == "16:10 16:00 15:40 15:30 ");
  CHECK(dates("To=%2B61491570006&PageSize=2") == "16:20 16:10 ");
  CHECK(dates("To=%2B61491570006&PageSize=2&Page=1") == "16:00 15:40 ");
  CHECK(dates("To=%2B61491570006&PageSize=2&Page=2") == "15:30 ");
  // The time itself is included, in whole seconds.
  CHECK(dates("DateSent%3E=2026-11-23T08:16:00Z") == "16:20 16:10 16:00 ");
  CHECK(dates("DateSent>=2026-11-23T08:16:10Z") == "16:20 16:10 ");
  CHECK(dates("DateSent%3E=2026-11-23T08:16:10") == "16:20 16:10 ");
  CHECK(dates("DateSent%3E%3D=2026-11-23T08:16:10Z") == "16:20 16:10 ");
  CHECK(dates("DateSent<=2026-11-23T08:15:40Z") == "15:40 15:30 ");
  CHECK(dates("DateSent=2026-11-23&PageSize=1") == "16:20 ");
  CHECK(dates("DateSent=2026-11-24").empty());

  const auto page = twilio.list("PageSize=2");
  CHECK(page.at("page") == 0);
  CHECK(page.at("page_size") == 2);
  for (const char* query : {"PageSize=0", "PageSize=1001", "DateSent>=yesterday"}) {
    CHECK(twilio.list(query).at("code") == 20001);
  }
}

TEST_CASE("feedback about a text is taken, shown and counted, and of an unknown one it is not found") {
  asker twilio;
  const auto sid = asker::read(twilio.text("%2B61491570006", "&ProvideFeedback=true")).at("sid").get<std::string>();
  CHECK(twilio.phone()[0].at("feedback") == "unconfirmed");
  const auto path_of = [](const std::string& of, const std::string& account = asker::account_sid) {
    return "/2010-04-01/Accounts/" + account + "/Messages/" + of + "/Feedback.json";
  };
  const auto tell = [&](const std::string& path, std::string_view form = "Outcome=confirmed") {
    return twilio.ask("POST", path, form, asker::basic);
  };
  const auto taken = tell(path_of(sid));
  CHECK(taken.status == 200);
  CHECK(asker::read(taken) == json{{"account_sid", asker::account_sid},
                                   {"message_sid", sid},
                                   {"outcome", "confirmed"},
                                   {"date_created", "Mon, 23 Nov 2026 08:15:30 +0000"},
                                   {"date_updated", "Mon, 23 Nov 2026 08:15:30 +0000"},
                                   {"uri", path_of(sid)}});
  CHECK(twilio.phone()[0].at("feedback") == "confirmed");
  CHECK(twilio.counts().at("confirmations") == 1);
  CHECK(twilio.counts().at("requests").at("twilio_feedback") == 1);

  for (const auto& path : {path_of("SM" + std::string(32, '0')), path_of(sid, "AC2")}) {
    const auto missing = tell(path);
    CHECK(missing.status == 404);
    CHECK(asker::read(missing).at("code") == 20404);
  }
  CHECK(asker::read(tell(path_of(sid), "Outcome=perhaps")).at("code") == 20001);
  CHECK(twilio.ask("POST", path_of(sid), "Outcome=confirmed").status == 401);
  CHECK(twilio.ask("GET", path_of(sid), "", asker::basic).status == 404);
  CHECK(asker::read(twilio.text("%2B61491570006", "&ProvideFeedback=yes")).at("code") == 20001);
  CHECK(twilio.counts().at("confirmations") == 1);

  twilio.fault({{"target", "twilio_feedback"}, {"kind", "status"}, {"http_status", 503}, {"times", 1}});
  CHECK(tell(path_of(sid)).status == 503);
  CHECK(tell(path_of(sid)).status == 200);
}

TEST_CASE("the list's pages lead to one another and stay whole while texts come") {
  asker twilio;
  for (int i = 0; i < 5; ++i) twilio.text("%2B61491570006", fmt::format("&Attempt={}", i + 1));
  std::vector<std::string> sids;
  auto page = twilio.list("To=%2B61491570006&DateSent%3E=2026-11-23T08:00:00Z&PageSize=2");
  CHECK(page.at("first_page_uri") == page.at("uri"));
  CHECK(page.at("uri").get<std::string>().ends_with(
      "?To=%2B61491570006&DateSent%3E=2026-11-23T08%3A00%3A00Z&PageSize=2&Page=0"));
  CHECK(page.at("previous_page_uri").is_null());
  while (true) {
    CHECK(page.at("start") == sids.size());
    for (const auto& one : page.at("messages")) sids.push_back(one.at("sid"));
    CHECK(page.at("end") == sids.size() - 1);
    if (page.at("next_page_uri").is_null()) break;
    twilio.text();
    const std::string next = page.at("next_page_uri");
    page = asker::read(twilio.ask("GET", next, "", asker::basic));
    CHECK(!page.at("previous_page_uri").is_null());
  }
  const auto sent = twilio.phone();
  REQUIRE(sids.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) CHECK(sids[i] == sent[4 - i].at("sid").get<std::string>());
  // Nothing is left: an empty page, and one that is just full.
  CHECK(twilio.list("To=%2B61491570157").at("end") == 0);
  CHECK(twilio.list("PageSize=7").at("next_page_uri").is_null());
  CHECK(!twilio.list("PageSize=6").at("next_page_uri").is_null());
}

TEST_CASE("segments are counted as GSM's alphabet or UCS-2 have them") {
  const auto repeated = [](std::string_view one, int times) {
    std::string out;
    while (times-- > 0) out += one;
    return out;
  };
  CHECK(segments("hello") == 1);
  CHECK(segments(std::string(160, 'x')) == 1);
  CHECK(segments(std::string(161, 'x')) == 2);
  CHECK(segments(std::string(306, 'x')) == 2);
  CHECK(segments(std::string(307, 'x')) == 3);
  CHECK(segments(repeated("é", 160)) == 1);
  CHECK(segments(repeated("€", 80)) == 1);
  CHECK(segments(repeated("€", 81)) == 2);
  CHECK(segments(repeated("к", 70)) == 1);
  CHECK(segments(repeated("к", 71)) == 2);
  CHECK(segments(repeated("🙂", 35)) == 1);
  CHECK(segments(repeated("🙂", 36)) == 2);
  CHECK(segments(std::string(70, '`')) == 1);
  CHECK(segments(std::string(71, '`')) == 2);
  asker twilio;
  CHECK(asker::read(twilio.post_form("To=%2B61491570006&From=%2B15005550006&Body=" + std::string(161, 'x')))
            .at("num_segments") == "2");
}

TEST_CASE("the account is active") {
  asker twilio;
  const auto out = twilio.ask("GET", "/2010-04-01/Accounts/AC1.json", "", asker::basic);
  CHECK(asker::read(out).at("status") == "active");
  CHECK(twilio.ask("GET", "/2010-04-01/Accounts/AC1.json").status == 401);
}

TEST_CASE("what is no path of the API is not found") {
  asker twilio;
  for (const char* path : {"/", "/2010-04-01/Accounts/", "/2010-04-01/Accounts//Messages.json", "/v1/messages/",
                           "/2010-04-01/Accounts/A\"C/Messages.json", "/2010-04-01/Accounts/AC1/x/Messages.json"}) {
    CAPTURE(path);
    CHECK(twilio.ask("POST", path, "", asker::basic).status == 404);
  }
  CHECK(twilio.ask("GET", "/oauth2/token").status == 404);
}

TEST_CASE("of each text the credential and the host are kept, and a credential that is revoked lets nobody in") {
  const std::string sid = asker::account_sid;
  asker twilio(
      {.accounts = {{sid, "first"}, {sid, "second"}}, .api_keys = {{sid, "SK1", "of the key"}}, .clients = {}});
  const auto by = [&](const std::string& user, const std::string& password) {
    const auto header = "Basic " + sendcode::to_base64(user + ":" + password);
    return twilio.post_form("To=%2B61491570006&From=%2B15005550006&Body=hello", header).status;
  };
  const auto revoke = [&](const std::string& credential) {
    return twilio.ask("POST", "/sandbox/twilio/revoke", json{{"account", sid}, {"credential", credential}}.dump())
        .status;
  };
  CHECK(by(sid, "first") == 201);
  CHECK(by(sid, "second") == 201);
  CHECK(by("SK1", "of the key") == 201);
  CHECK(by(sid, "third") == 401);
  const auto seen = twilio.phone();
  REQUIRE(seen.size() == 3);
  CHECK(seen[0].at("credential") == "auth_token 1");
  CHECK(seen[1].at("credential") == "auth_token 2");
  CHECK(seen[2].at("credential") == "SK1");
  CHECK(seen[0].at("host").is_null());  // the asker tells none
  CHECK(revoke("auth_token 1") == 200);
  CHECK(revoke("auth_token 1") == 200);  // it keeps its number
  CHECK(revoke("SK1") == 200);
  CHECK(revoke("SK1") == 404);
  CHECK(twilio.ask("POST", "/sandbox/twilio/revoke", "{}").status == 400);
  CHECK(by(sid, "first") == 401);
  CHECK(by("SK1", "of the key") == 401);
  CHECK(by(sid, "second") == 201);
  CHECK(twilio.phone()[3].at("credential") == "auth_token 2");
}
