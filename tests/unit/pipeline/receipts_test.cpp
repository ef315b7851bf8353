// Twilio's receipts: signature, ref, parameters, in this order; told, and answered for once the log has the status.
#include "tests/unit/pipeline/receipt_desk.hpp"

using namespace sendcode;
using namespace sendcode::tests::receipts;
using namespace std::chrono_literals;
using tests::pipeline_world;
using desk = receipt_desk;

TEST_CASE("a receipt of Twilio's is told as a status, and answered for once the log has it") {
  desk d;
  d.w.stream.withholding = true;
  std::optional<receipt_answer> answer;
  d.post(d.a_post(), answer);
  CHECK_FALSE(answer);
  REQUIRE(d.w.stream.records.size() == 1);
  const auto& record = d.w.stream.records[0];
  CHECK(record.completes == -1);
  CHECK(record.record.key == "k3Jw9sQ2vT7yB4nH1cXzLg");
  CHECK(record.header("ce_id") == sid + "/delivered");
  CHECK(nlohmann::json::parse(record.record.value) ==
        nlohmann::json{{"kind", "receipt"},
                       {"request_id", to_hex(as_text(pipeline_world::request_id("an event")))},
                       {"environment_id", "env_live"},
                       {"application_id", "app_web"},
                       {"challenge_id", "k3Jw9sQ2vT7yB4nH1cXzLg"},
                       {"purpose", "sign_in"},
                       {"status", "delivered"},
                       {"sender", "twilio"},
                       {"message_id", sid},
                       {"phone_number", "+61*******06"},
                       {"country", "AU"}});
  d.w.pass(2999ms);
  CHECK_FALSE(answer);
  d.w.stream.acknowledge();
  d.w.run();
  CHECK(answer == receipt_answer::done);
  CHECK(d.w.telemetry.receipts["delivered"] == 1);
}

TEST_CASE("a status that the log does not acknowledge within 3 s is to come again, and bears the same id then") {
  desk d;
  d.w.stream.withholding = true;
  std::optional<receipt_answer> first;
  d.post(d.a_post(), first);
  d.w.pass(2999ms);
  CHECK_FALSE(first);
  d.w.pass(1ms);
  CHECK(first == receipt_answer::later);
  CHECK(d.w.telemetry.refusals["not_acknowledged"] == 1);
  CHECK(d.w.telemetry.receipts.empty());
  d.w.stream.acknowledge();  // nobody waits any more
  d.w.run();
  d.w.stream.withholding = false;
  CHECK(d.take(d.a_post()) == receipt_answer::done);
  REQUIRE(d.w.stream.records.size() == 2);
  CHECK(d.w.stream.records[0].header("ce_id") == d.w.stream.records[1].header("ce_id"));
}

TEST_CASE("receipts wait for the log side by side") {
  desk d;
  d.w.stream.withholding = true;
  std::optional<receipt_answer> first, second;
  d.post(d.a_post(), first);
  d.w.pass(1s);
  d.post(d.a_post().with("MessageStatus", "sent"), second);
  d.w.pass(2s);
  CHECK(first == receipt_answer::later);
  CHECK_FALSE(second);
  d.w.stream.acknowledge();
  d.w.run();
  CHECK(second == receipt_answer::done);
}

TEST_CASE("at the end whoever still waits for the log is told to come again") {
  desk d;
  d.w.stream.withholding = true;
  std::optional<receipt_answer> first, second;
  d.post(d.a_post(), first);
  d.post(d.a_post().with("MessageStatus", "sent"), second);
  d.w.stream.acknowledge();
  d.w.run();
  CHECK(first == receipt_answer::done);
  first.reset();
  d.post(d.a_post(), first);
  d.receipts->let_go();
  d.w.run();
  CHECK(first == receipt_answer::later);
  CHECK(second == receipt_answer::done);
}

TEST_CASE("what is not signed by the environment's account is refused") {
  desk d;
  d.w.add_environment("env_other");
  d.w.environment("env_other").sms.twilio->auth_tokens[0].value = make_secret("another secret");
  d.w.add_environment("env_kinde");
  d.w.environment("env_kinde").sms.twilio.reset();
  d.update();
  const auto change = [&](const auto& how) {
    auto made = d.a_post();
    how(made);
    return made;
  };
  d.require_refused(change([](posted& p) { p.token = "another secret"; }), "signature");
  d.require_refused(change([](posted& p) { p.token = ""; }), "signature");
  d.require_refused(change([](posted& p) { p.signature = "AAAA"; }), "signature");
  d.require_refused(change([](posted& p) { p.signed_address = "https://elsewhere.example.com/in"; }), "signature");
  d.require_refused(change([](posted& p) { p.signed_address = "https://hooks.example.com"; }), "signature");
  d.require_refused(change([](posted& p) { p.form = "MessageStatus=delivered"; }), "signature");
  d.require_refused(change([](posted& p) { p.form = "MessageSid=%zz"; }), "signature");
  d.require_refused(change([](posted& p) { p.environment = "env_nobody"; }), "environment");
  d.require_refused(change([](posted& p) { p.environment = "env_kinde"; }), "environment");
  d.require_refused(change([](posted& p) { p.environment = ""; }), "environment");
  // The neighbour's token signs for the neighbour alone.
  d.require_refused(change([](posted& p) { p.environment = "env_other"; }), "signature");
}

TEST_CASE("a ref that is not this environment's, or no ref, is refused") {
  desk d;
  auto made = d.a_post();
  for (const std::string& query :
       {std::string(), std::string("ref="), std::string("ref=AAAA"), "ref=" + d.ref("env_other"), "Ref=" + d.ref(),
        made.query + "&" + made.query, made.query + "A", std::string("ref=%zz")}) {
    made.query = query;
    d.require_refused(made, "ref");
  }
  made = d.a_post();
  d.w.ref_keys = make_ring("s");
  d.update();
  d.require_refused(made, "ref");
}

TEST_CASE("a ref of a text that is 7 days old is refused") {
  desk d;
  const auto made = d.a_post();
  d.w.pass(168h - 1ms);
  CHECK(d.take(made) == receipt_answer::done);
  d.w.pass(1ms);
  d.require_refused(made, "ref_too_old");
}

TEST_CASE("the signature is judged before the ref, and the ref before the parameters") {
  desk d;
  auto made = d.a_post().with("AccountSid", "ACother");
  d.require_refused(made, "account");
  made.query = "ref=AAAA";
  d.require_refused(made, "ref");
  made.token = "another secret";
  d.require_refused(made, "signature");
}

TEST_CASE("either of two auth tokens verifies while one takes the other's place") {
  desk d;
  auto& tokens = d.w.environment().sms.twilio->auth_tokens;
  tokens = {{"env_live/new", make_secret("the new one")}, {"env_live/old", make_secret("the old one")}};
  d.update();
  auto made = d.a_post();
  made.token = "the new one";
  CHECK(d.take(made) == receipt_answer::done);
  made.token = "the old one";
  CHECK(d.take(made) == receipt_answer::done);
  tokens[0].value = nullptr;  // its file is gone: the other verifies all the same
  d.update();
  CHECK(d.take(made) == receipt_answer::done);
  tokens.pop_back();
  d.update();
  d.require_refused(made, "signature");
}

TEST_CASE("Twilio may sign the public address with its port or without") {
  desk d;
  auto made = d.a_post();
  made.signed_address = "https://hooks.example.com:443/in";
  CHECK(d.take(made) == receipt_answer::done);
  made.signed_address = "https://hooks.example.com:8443/in";
  d.require_refused(made, "signature");

  d.receipts.emplace(d.w.stream, d.w.clock, d.w.random, d.w.telemetry, *parse_url("https://hooks.example.com:8443/in"),
                     d.w.rules());
  CHECK(d.take(made) == receipt_answer::done);
  made.signed_address = "https://hooks.example.com/in";
  CHECK(d.take(made) == receipt_answer::done);
}

TEST_CASE("what is well signed and not understood is answered as taken, counted, and tells nothing") {
  desk d;
  const posted bad[] = {d.a_post().with("MessageStatus", "teleported"), d.a_post().without("MessageStatus"),
                        d.a_post().with("MessageSid", "SM1"), d.a_post().without("AccountSid")};
  for (const auto& made : bad) CHECK(d.take(made) == receipt_answer::done);
  auto no_form = d.a_post();  // such as JSON, which Twilio signs by its URL alone
  no_form.fields.clear();
  CHECK(d.take(no_form) == receipt_answer::done);
  CHECK(d.w.telemetry.refusals["not_understood"] == 5);
  CHECK(d.w.stream.records.empty());
  CHECK(d.w.telemetry.receipts.empty());
}

TEST_CASE("64 parameters are looked at, and more are too many, whoever signed them") {
  desk d;
  auto made = d.a_post();
  while (made.fields.size() < 64) made.fields.emplace_back("New" + std::to_string(made.fields.size()), "x");
  CHECK(d.take(made) == receipt_answer::done);
  made.fields.emplace_back("OneMore", "x");
  CHECK(d.take(made) == receipt_answer::too_large);
  made.environment = "env_nobody";
  CHECK(d.take(made) == receipt_answer::too_large);
  CHECK(d.w.telemetry.refusals["too_large"] == 2);
  CHECK(d.w.stream.records.size() == 1);
}

TEST_CASE("before the settings were read nobody is refused for what they will say") {
  desk d;
  d.w.current = false;
  d.update();
  CHECK(d.take(d.a_post()) == receipt_answer::later);
  d.w.current = true;
  d.update();
  CHECK(d.take(d.a_post()) == receipt_answer::done);
}

TEST_CASE("a receipt is told without a number where none can be read or masked") {
  desk d;
  for (const char* to : {"", "client:alice", "+99999999999999999"}) {
    CHECK(d.take(d.a_post().with("To", to)) == receipt_answer::done);
    const auto told = nlohmann::json::parse(d.w.stream.records.back().record.value);
    CHECK_FALSE(told.contains("phone_number"));
    CHECK_FALSE(told.contains("country"));
  }
}
