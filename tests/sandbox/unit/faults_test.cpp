#include "tests/catch.hpp"
#include "tests/sandbox/core/fault_replies.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;
using sendcode::milliseconds;
using json = nlohmann::json;

TEST_CASE("a status fires as often as it was asked to, then no more") {
  asker twilio;
  const auto added = twilio.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 503}, {"times", 2}});
  CHECK(added.status == 200);
  CHECK(twilio.text().status == 503);
  CHECK(asker::read(twilio.text()).at("code") == 20503);
  CHECK(twilio.text().status == 201);
  CHECK(twilio.counts().at("texts") == 1);
  CHECK(twilio.counts().at("requests").at("twilio") == 3);
  const auto faults = asker::read(twilio.ask("GET", "/sandbox/faults")).at("faults");
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].at("fired") == 2);
  CHECK(faults[0].at("times_left") == 0);
}

TEST_CASE("a fault without times stays until it is cleared, alone or with the others") {
  asker twilio;
  const auto id = asker::read(twilio.fault({{"target", "twilio"}, {"kind", "status"}})).at("id").get<int>();
  for (int i = 0; i < 3; ++i) CHECK(twilio.text().status == 500);
  CHECK(twilio.ask("DELETE", fmt::format("/sandbox/faults/{}", id)).status == 200);
  CHECK(twilio.text().status == 201);
  CHECK(twilio.ask("DELETE", fmt::format("/sandbox/faults/{}", id)).status == 404);
  CHECK(twilio.ask("DELETE", "/sandbox/faults/x").status == 404);
  twilio.fault({{"target", "twilio"}, {"kind", "status"}});
  CHECK(twilio.ask("DELETE", "/sandbox/faults").status == 200);
  CHECK(twilio.text().status == 201);
}

TEST_CASE("a fault strikes its own target, recipient and account alone") {
  asker asked;
  asked.take_token();
  asked.fault({{"target", "twilio"}, {"kind", "status"}, {"to", "+61491570157"}});
  CHECK(asked.text("%2B61491570006").status == 201);
  CHECK(asked.text("%2B61491570157").status == 500);
  CHECK(asked.kinde_text("k1", "hello", "+61491570157").status == 202);
  CHECK(asked.list("To=%2B61491570157").contains("messages"));
  asked.ask("DELETE", "/sandbox/faults");

  asked.fault({{"target", "twilio"}, {"kind", "status"}, {"account", "AC2"}});
  CHECK(asked.text().status == 201);
  CHECK(asked.ask("POST", asker::messages_path("AC2"), "", asker::basic).status == 500);
  asked.fault({{"target", "kinde"}, {"kind", "status"}, {"account", "env_live"}, {"http_status", 503}});
  CHECK(asked.kinde_text("k2").status == 503);
  asked.fault({{"target", "token"}, {"kind", "status"}, {"http_status", 429}, {"retry_after", 7}});
  const auto token =
      asked.ask("POST", "/oauth2/token", "grant_type=client_credentials&client_id=a&client_secret=b&audience=c");
  CHECK(token.status == 429);
  CHECK(token.headers == "Retry-After: 7\r\nRateLimit-Reset: 7\r\n");
  asked.fault({{"target", "twilio_list"}, {"kind", "status"}, {"http_status", 500}});
  CHECK(asked.list("To=%2B61491570006").at("status") == 500);
}

TEST_CASE("any code can be answered with any status, and a body of one's own") {
  asker twilio;
  twilio.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 400}, {"error_code", 30007}, {"times", 1}});
  CHECK(asker::read(twilio.text()).at("code") == 30007);
  twilio.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 502}, {"times", 1}});
  CHECK(!asker::read(twilio.text()).contains("code"));
  twilio.fault({{"target", "twilio"},
                {"kind", "status"},
                {"http_status", 502},
                {"content_type", "text/html"},
                {"body", "<html>\n"},
                {"times", 1}});
  const auto out = twilio.text();
  CHECK(out.status == 502);
  CHECK(out.content_type == "text/html");
  CHECK(out.body == "<html>\n");
  CHECK(twilio.counts().at("texts") == 0);
}

TEST_CASE("which kinds take the text, and how the connection goes on") {
  struct row {
    json one;
    bool taken;
    bool answered;
    ending end;
  };
  const auto now =
      GENERATE(row{{{"kind", "status"}}, false, false, ending::answer},
               row{{{"kind", "status"}, {"http_status", 503}, {"taken", true}}, true, false, ending::answer},
               row{{{"kind", "status"}, {"http_status", 200}}, true, true, ending::answer},
               row{{{"kind", "malformed"}}, true, true, ending::answer},
               row{{{"kind", "truncated"}}, true, false, ending::truncate},
               row{{{"kind", "reset_after_read"}}, false, false, ending::reset},
               row{{{"kind", "reset_before_read"}, {"to", asker::number}}, false, false, ending::reset},
               row{{{"kind", "hang"}}, false, false, ending::close},
               row{{{"kind", "taken_unanswered"}}, true, false, ending::close});
  CAPTURE(now.one.dump());
  asker twilio;
  json one = now.one;
  one["target"] = "twilio";
  REQUIRE(twilio.fault(one).status == 200);
  const auto out = twilio.text();
  CHECK(out.end == now.end);
  CHECK(twilio.counts().at("texts") == (now.taken ? 1 : 0));
  CHECK(twilio.counts().at("unanswered") == (now.taken && !now.answered ? 1 : 0));
  const auto listed = twilio.list("To=%2B61491570006").at("messages").size();
  CHECK(listed == (now.taken ? 1 : 0));
}

TEST_CASE("a malformed success is no JSON") {
  asker twilio;
  twilio.fault({{"target", "twilio"}, {"kind", "malformed"}});
  const auto out = twilio.text();
  CHECK(out.status == 201);
  CHECK(!json::accept(out.body));
}

TEST_CASE("a fault hides successes, not refusals") {
  asker twilio;
  twilio.fault({{"target", "twilio"}, {"kind", "taken_unanswered"}});
  const auto out = twilio.text("%2B15005550004");
  CHECK(out.end == ending::answer);
  CHECK(asker::read(out).at("code") == 21610);
}

TEST_CASE("latencies add up and combine with another fault; the oldest of the others wins") {
  setup with;
  with.latency = milliseconds{5};
  asker twilio(std::move(with));
  CHECK(twilio.text().delay == milliseconds{5});
  twilio.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 100}});
  twilio.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 20}, {"times", 1}});
  twilio.fault({{"target", "twilio"}, {"kind", "status"}, {"http_status", 429}, {"times", 1}});
  twilio.fault({{"target", "twilio"}, {"kind", "hang"}, {"delay_ms", 1000}, {"times", 1}});
  const auto first = twilio.text();
  CHECK(first.status == 429);
  CHECK(first.delay == milliseconds{125});
  const auto second = twilio.text();
  CHECK(second.end == ending::close);
  CHECK(second.delay == milliseconds{1105});
  CHECK(twilio.text().delay == milliseconds{105});
}

TEST_CASE("a hang without a length ends by itself") {
  asker twilio;
  twilio.fault({{"target", "twilio"}, {"kind", "hang"}});
  CHECK(twilio.text().delay == hang_default);
}

TEST_CASE("a reset before the body strikes at the header, counts the request and no text") {
  asker twilio;
  const auto path = asker::messages_path();
  CHECK_FALSE(twilio.core.resets_at_header("POST", path));
  twilio.fault({{"target", "twilio"}, {"kind", "reset_before_read"}, {"times", 1}});
  CHECK_FALSE(twilio.core.resets_at_header("GET", path));
  CHECK_FALSE(twilio.core.resets_at_header("POST", "/sandbox/reset"));
  CHECK(twilio.core.resets_at_header("POST", path));
  CHECK_FALSE(twilio.core.resets_at_header("POST", path));
  CHECK(twilio.text().status == 201);
  CHECK(twilio.counts().at("requests").at("twilio") == 2);
}

TEST_CASE("refuse strikes connections to its own sender's port, and requests on open ones") {
  asker asked;
  CHECK_FALSE(asked.core.refuses_connection(false));
  asked.fault({{"target", "twilio"}, {"kind", "refuse"}, {"times", 3}});
  CHECK_FALSE(asked.core.refuses_connection(true));
  CHECK(asked.core.refuses_connection(false));
  CHECK(asked.core.resets_at_header("POST", asker::messages_path()));
  CHECK_FALSE(asked.core.resets_at_header("POST", "/v1/messages"));
  CHECK(asked.core.refuses_connection(false));
  CHECK_FALSE(asked.core.refuses_connection(false));
  asked.fault({{"target", "kinde"}, {"kind", "refuse"}});
  CHECK(asked.core.refuses_connection(true));
  CHECK_FALSE(asked.core.refuses_connection(false));
}

TEST_CASE("what is no fault is refused with what is allowed") {
  asker twilio;
  const auto error = [&](std::string_view body) {
    const auto out = twilio.ask("POST", "/sandbox/faults", body);
    CHECK(out.status == 400);
    return asker::read(out).at("error").get<std::string>();
  };
  CHECK(error("[]") == "the body must be a JSON object");
  CHECK(error("{") == "the body must be a JSON object");
  CHECK(error(R"({"kind":"hang"})") == "'target' must be one of twilio, twilio_list, kinde, token, twilio_feedback");
  CHECK(error(R"({"target":"twilio","kind":"slow"})").starts_with("'kind' must be one of latency, status"));
  CHECK(error(R"({"target":"twilio","kind":"hang","delay_ms":-1})") ==
        "'delay_ms' must be a whole number from 0 to 600000");
  CHECK(error(R"({"target":"twilio","kind":"status","http_status":"503"})") ==
        "'http_status' must be a whole number from 200 to 599");
  CHECK(error(R"({"target":"twilio","kind":"hang","times":0})").starts_with("'times' must be"));
  CHECK(error(R"({"target":"twilio","kind":"hang","tims":1})").starts_with("'tims' must be one of target, kind,"));
  CHECK(error(R"({"target":"twilio","kind":"status","retry_after":"1\r\nX: y"})") ==
        "'retry_after' must be a string without control characters");
  CHECK(error(R"({"target":"twilio","kind":"latency"})") == "a latency needs 'delay_ms'");
  CHECK(error(R"({"target":"twilio","kind":"refuse","to":"+1"})").starts_with("'refuse' strikes before"));
  CHECK(asker::read(twilio.ask("GET", "/sandbox/faults")).at("faults").empty());
}

TEST_CASE("faults are bounded") {
  asker twilio;
  for (std::size_t i = 0; i < fault_book::faults_max; ++i) {
    REQUIRE(twilio.fault({{"target", "twilio"}, {"kind", "hang"}}).status == 200);
  }
  CHECK(twilio.fault({{"target", "twilio"}, {"kind", "hang"}}).status == 409);
}
