#include "tests/catch.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;
using sendcode::seconds;
using json = nlohmann::json;

TEST_CASE("the phone shows its texts oldest first, of both senders, since a time") {
  asker asked;
  asked.take_token();
  asked.text("%2B61491570006", "&Attempt=1");
  asked.now += seconds{1};
  asked.text("%2B61491570157");
  asked.now += seconds{1};
  asked.kinde_text("k1");
  const auto all = asked.phone();
  REQUIRE(all.size() == 3);
  CHECK(all[0].at("at") == "2026-11-23T08:15:30.123Z");
  CHECK(all[0].at("at_us") == 1'795'421'730'123'456);
  CHECK(all[2].at("sender") == "kinde");
  const auto one = asked.phone("to=%2B61491570006");
  REQUIRE(one.size() == 2);
  CHECK(asked.phone("to=+61491570006") == one);
  CHECK(one[0].at("sender") == "twilio");
  CHECK(asked.phone("to=%2B61491570006&since=2026-11-23T08:15:32Z").size() == 1);
  CHECK(asked.phone("since=2026-11-23T08:15:31.123Z").size() == 2);
  CHECK(asked.phone("since=2026-11-24T00:00:00Z").empty());
  CHECK(asked.ask("GET", "/sandbox/messages?since=noon").status == 400);
}

TEST_CASE("counts say how many texts each recipient had, whoever sent them") {
  asker asked;
  asked.take_token();
  asked.text();
  asked.kinde_text("k1");
  asked.text("%2B61491570157");
  const auto counts = asked.counts();
  CHECK(counts.at("texts") == 3);
  CHECK(counts.at("recipients") == 2);
  CHECK(counts.at("by_recipient_max") == 2);
  CHECK(counts.at("requests") ==
        json({{"twilio", 2}, {"twilio_list", 0}, {"kinde", 1}, {"token", 1}, {"twilio_feedback", 0}}));
  CHECK(asker::read(asked.ask("GET", "/sandbox/recipients")) == json({{"+61491570006", 2}, {"+61491570157", 1}}));
}

TEST_CASE("an answer that could not be written leaves its text unanswered") {
  asker asked;
  const auto out = asked.text();
  REQUIRE(out.text != 0);
  asked.core.answer_lost(out.text);
  CHECK(asked.counts().at("unanswered") == 1);
  CHECK(asked.phone()[0].at("answered") == false);
}

TEST_CASE("a reset forgets messages, counts, faults and keys, but no token") {
  asker asked;
  asked.take_token();
  asked.text();
  asked.kinde_text("k1");
  asked.kinde_text("k1");
  asked.fault({{"target", "twilio"}, {"kind", "status"}});
  CHECK(asked.ask("POST", "/sandbox/reset").status == 200);
  const auto counts = asked.counts();
  CHECK(counts.at("texts") == 0);
  CHECK(counts.at("replayed") == 0);
  CHECK(counts.at("by_recipient_max") == 0);
  CHECK(counts.at("requests").at("twilio") == 0);
  CHECK(asked.phone().empty());
  CHECK(asked.text().status == 201);
  CHECK(asked.kinde_text("k1", "other").status == 202);
}

TEST_CASE("an unknown control is not found") {
  asker asked;
  CHECK(asked.ask("GET", "/sandbox/nothing").status == 404);
  CHECK(asked.ask("GET", "/sandbox/reset").status == 404);
}
