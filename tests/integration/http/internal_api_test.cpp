#include "tests/integration/http/api_world.hpp"
#include "worker/adapters/http_server/guess_request.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using world = api_world;

}  // namespace

TEST_CASE("health and metrics need no token", "[internal_api]") {
  world w;
  CHECK(w.ask("GET", "/livez", "", "").status == 200);
  CHECK(w.ask("GET", "/readyz", "", "").status == 200);
  w.ready = false;
  CHECK(w.ask("GET", "/readyz", "", "").status == 503);
  CHECK(w.ask("GET", "/livez", "", "").status == 200);
  w.alive = false;
  CHECK(w.ask("GET", "/livez", "", "").status == 503);
  const auto metrics = w.ask("GET", "/metrics", "", "");
  CHECK(metrics.status == 200);
  CHECK(metrics.body == "sendcode_in_flight 0\n");
  CHECK(metrics.content_type.starts_with("text/plain; version=0.0.4"));
}

TEST_CASE("other paths are 404, other methods 405", "[internal_api]") {
  world w;
  for (const char* path :
       {"/", "/v1", "/v1/challenges/", "/v1/challenges//check", "/v1/challenges//check/x", "/v1/challenges/a/b",
        "/v1/challenges/a/b/check", "/v1/phones", "/v1/phones/unlock/", "/livez/", "/LIVEZ"}) {
    CAPTURE(path);
    CHECK(w.ask("GET", path).status == 404);
  }
  CHECK(w.ask("POST", "/metrics").status == 405);
  CHECK(header_of(w.ask("POST", "/livez"), "Allow") == "GET");
  CHECK(header_of(w.ask("GET", "/v1/challenges/" + challenge + "/check"), "Allow") == "POST");
  CHECK(header_of(w.ask("POST", "/v1/challenges/" + challenge), "Allow") == "GET, DELETE");
  CHECK(header_of(w.ask("GET", "/v1/phones/unlock"), "Allow") == "POST");
}

TEST_CASE("a guess reaches the checker as it was made", "[internal_api]") {
  world w;
  auto body = guess_body();
  body["purpose"] = "mfa";
  body["user_id"] = "usr_é";
  body["country"] = "NZ";
  body["unknown"] = {{"deep", {1, 2, nullptr}}};
  CHECK(w.check(body).status == 200);
  REQUIRE(w.checker.asked.size() == 1);
  const auto& made = w.checker.asked.front();
  CHECK(made.challenge_id == challenge);
  CHECK(made.environment_id == "env_live");
  CHECK(made.application_id == "app_web");
  CHECK(made.purpose == domain::purpose::mfa);
  CHECK(made.phone_number == "+61491570006");
  CHECK(made.user_id == "usr_é");
  CHECK(made.country == "NZ");
  CHECK(made.code.expose() == "123456");
}

TEST_CASE("each answer has its words", "[internal_api]") {
  world w;
  const auto answer = [&](ports::check_answer given) {
    w.checker.answer = std::move(given);
    const auto got = w.check(guess_body());
    CHECK(got.status == 200);
    CHECK(got.content_type == "application/json");
    return json::parse(got.body);
  };
  CHECK(answer(ports::code_approved{"dev", false}) == json{{"status", "approved"}, {"device_token", "dev"}});
  CHECK(answer(ports::code_approved{"dev", true}) ==
        json{{"status", "approved"}, {"device_token", "dev"}, {"test", true}});
  CHECK(answer(ports::code_incorrect{4}) == json{{"status", "incorrect"}, {"attempts_left", 4}});
  CHECK(answer(ports::code_incorrect{0}) == json{{"status", "incorrect"}, {"attempts_left", 0}});
  CHECK(answer(ports::code_has_expired{}) == json{{"status", "expired"}});
  CHECK(answer(ports::code_locked_out{}) == json{{"status", "locked_out"}});
  CHECK(answer(ports::code_not_found{}) == json{{"status", "not_found"}});
}

TEST_CASE("an outage of the store is a 503 that says when to ask again", "[internal_api]") {
  world w;
  w.checker.answer = std::unexpected(ports::check_outage{});
  const auto got = w.check(guess_body());
  CHECK(got.status == 503);
  CHECK(header_of(got, "Retry-After") == "1");
  CHECK(got.content_type == "application/problem+json");
  CHECK(json::parse(got.body).at("status") == 503);
}

TEST_CASE("a token that is missing, wrong or expired is a 401 with one body", "[internal_api]") {
  world w;
  const std::string path = "/v1/challenges/" + challenge + "/check";
  const std::string body = guess_body().dump();
  std::string other = token;
  other.back() = 'b';
  const auto first = w.ask("POST", path, body, "");
  CHECK(first.status == 401);
  CHECK(header_of(first, "WWW-Authenticate") == "Bearer");
  for (const std::string& authorization :
       {"Bearer " + other, "Bearer sct_shop_" + std::string(42, 'a'), "Bearer sct_other_" + std::string(43, 'a'),
        "Bearer " + token + "a", "Basic " + token, "bearer" + token, token, std::string("Bearer "),
        std::string("Bearer sct_"), std::string("Bearer sct__") + std::string(43, 'a'),
        std::string("Bearer sct_shop")}) {
    CAPTURE(authorization);
    const auto got = w.ask("POST", path, body, authorization);
    CHECK(got.status == 401);
    CHECK(got.body == first.body);
  }
  w.use(entry(token, "[check]", ", not_after: \"2026-11-23T12:00:01Z\""));
  CHECK(w.ask("POST", path, body).status == 200);
  w.clock.since_start = 1s;
  CHECK(w.ask("POST", path, body).body == first.body);
  w.use("[]");
  CHECK(w.ask("POST", path, body).status == 401);
  CHECK(w.checker.asked.size() == 1);
}

TEST_CASE("a token reaches its environments, applications and scopes alone", "[internal_api]") {
  world w;
  auto body = guess_body();
  body["application_id"] = "app_admin";
  CHECK(w.check(body).status == 200);
  body["application_id"] = "app_other";
  CHECK(w.check(body).status == 403);
  body = guess_body();
  body["environment_id"] = "env_test";
  CHECK(w.check(body).status == 403);
  w.use(entry(token, "[status, cancel, unlock]"));
  CHECK(w.check(guess_body()).status == 403);
  CHECK(w.checker.asked.size() == 1);

  w.use("- {id: shop, sha256: " + to_hex(as_text(sha256(token))) +
        ", environments: [\"*\"], applications: [\"*\"], scopes: [check]}");
  CHECK(w.check(body).status == 200);
}

TEST_CASE("a body that is not a guess is a 400 and reaches nobody", "[internal_api]") {
  world w;
  std::vector<std::string> bodies = {"",
                                     "[]",
                                     "null",
                                     "{",
                                     "{}",
                                     "{\"code\":\"123456\"}",
                                     guess_body().dump() + "x",
                                     guess_body().dump() + guess_body().dump()};
  for (const char* field : {"environment_id", "application_id", "purpose", "phone_number", "code"}) {
    auto without = guess_body();
    without.erase(field);
    bodies.push_back(without.dump());
    for (const json& wrong :
         {json(123456), json(nullptr), json(true), json::array({"123456"}), json::object(), json("")}) {
      auto changed = guess_body();
      changed[field] = wrong;
      bodies.push_back(changed.dump());
    }
  }
  const auto with = [&](const char* field, const json& value) {
    auto changed = guess_body();
    changed[field] = value;
    bodies.push_back(changed.dump());
  };
  for (const char* code : {"12345", "1234567", "12345a", " 12345", "123 45", "１２３４５６", "-12345", "+12345"})
    with("code", code);
  with("purpose", "SIGN_IN");
  with("purpose", "mfa");  // needs a user
  with("environment_id", "env live");
  with("environment_id", std::string(65, 'a'));
  with("phone_number", std::string(65, '1'));
  with("user_id", std::string(129, 'u'));
  with("user_id", 17);
  for (const json& country : {json(64), json(nullptr), json(""), json("nz"), json("NZL"), json("N1")})
    with("country", country);
  const std::string twice = guess_body().dump();
  bodies.push_back(twice.substr(0, twice.size() - 1) + R"(,"code":"654321"})");
  bodies.push_back(twice.substr(0, twice.size() - 1) + R"(,"c\u006fde":"654321"})");
  bodies.push_back(twice.substr(0, twice.size() - 1) + R"(,})");
  bodies.push_back(twice.substr(0, twice.size() - 1) + ",\"x\":\"\xff\"}");
  bodies.push_back(twice.substr(0, twice.size() - 1) + R"(,"x":)" + std::string(40, '[') + std::string(40, ']') + "}");
  for (const auto& body : bodies) {
    CAPTURE(body);
    const auto got = w.ask("POST", "/v1/challenges/" + challenge + "/check", body);
    CHECK(got.status == 400);
    CHECK(got.content_type == "application/problem+json");
    CHECK(json::parse(got.body).at("title") == "Bad request");
    CHECK(got.body.find("654321") == std::string::npos);
    w.clock.since_start += 10ms;  // within the rate
  }
  for (const std::string& bad :
       {std::string("short"), std::string(129, 'a'), std::string("k3Jw9sQ2vT7yB4nH1cXzL%20")}) {
    CHECK(w.ask("POST", "/v1/challenges/" + bad + "/check", guess_body().dump()).status == 400);
  }
  CHECK(w.checker.asked.empty());
}

TEST_CASE("a guess's lengths are counted in characters, as its schema counts them", "[internal_api]") {
  const auto reads = [](const char* field, int characters) {
    auto body = guess_body();
    std::string value;
    for (int i = 0; i < characters; ++i) value += "é";
    body[field] = value;
    return http_server::read_guess(body.dump()).has_value();
  };
  CHECK(reads("user_id", 128));
  CHECK_FALSE(reads("user_id", 129));
  CHECK(reads("phone_number", 64));
  CHECK_FALSE(reads("phone_number", 65));
}

TEST_CASE("whoever could be texted can be checked: a user_id may hold what an event's may", "[internal_api]") {
  auto body = guess_body();
  body["user_id"] = "usr\t\x7f";
  REQUIRE(http_server::read_guess(body.dump()));
  CHECK(http_server::read_guess(body.dump())->user_id == "usr\t\x7f");
}

TEST_CASE("escapes in a guess are understood", "[internal_api]") {
  const auto read =
      http_server::read_guess(R"({"environment_id":"env\u005flive","application_id":"app_web","purpose":"sign_in",)"
                              R"("phone_number":"\u002B61491570006","user_id":"\ud83d\ude00\/","code":"123456"})");
  REQUIRE(read);
  CHECK(read->environment_id == "env_live");
  CHECK(read->phone_number == "+61491570006");
  CHECK(read->user_id == "😀/");
  CHECK_FALSE(http_server::read_guess(R"({"environment_id":"\ud83d"})"));
  CHECK_FALSE(http_server::read_guess(R"({"environment_id":"\x41"})"));
}

TEST_CASE("500 requests a second with one token, then 429, each token for itself", "[internal_api]") {
  world w;
  const std::string second = "sct_shop2_" + std::string(43, 'b');
  std::string tokens = entry(token);
  std::string other = entry(second);
  other.replace(other.find("shop"), 4, "shop2");
  w.use(tokens + other);
  const std::string path = "/v1/challenges/" + challenge + "/check";
  const std::string body = guess_body().dump();
  for (int i = 0; i < 500; ++i) REQUIRE(w.check(guess_body()).status == 200);
  const auto refused = w.check(guess_body());
  CHECK(refused.status == 429);
  CHECK(header_of(refused, "Retry-After") == "1");
  CHECK(w.ask("POST", path, body, "Bearer " + second).status == 200);
  w.use(tokens + other);  // read again: no fresh budget
  CHECK(w.check(guess_body()).status == 429);
  w.clock.since_start += 100ms;
  for (int i = 0; i < 50; ++i) REQUIRE(w.check(guess_body()).status == 200);
  CHECK(w.check(guess_body()).status == 429);
}

TEST_CASE("a list of tokens that is not valid tells every problem, and no hash", "[internal_api]") {
  const std::string hash = to_hex(as_text(sha256(token)));
  const auto parse = [](const std::string& text) { return http_server::api_tokens::parse(text, "api_tokens"); };
  CHECK(parse("[]")->size() == 0);
  CHECK(
      parse(
          R"([{"id":"a","sha256":")" + hash +
          R"(","environments":["*"],"applications":["x"],"scopes":["check","unlock"],"not_after":"2027-01-01T00:00:00Z"}])")
          ->size() == 1);
  for (const std::string& bad :
       {"- {id: a-b, sha256: " + hash + ", environments: [e], applications: [a], scopes: [check]}",
        std::string("- {id: a, sha256: abc, environments: [e], applications: [a], scopes: [check]}"),
        "- {id: a, sha256: " + hash + ", applications: [a], scopes: [check]}",
        "- {id: a, sha256: " + hash + ", environments: [], applications: [a], scopes: [check]}",
        "- {id: a, sha256: " + hash + ", environments: [\"e*\"], applications: [a], scopes: [check]}",
        "- {id: a, sha256: " + hash + ", environments: [e], applications: [a], scopes: [all]}",
        "- {id: a, sha256: " + hash + ", environments: [e], applications: [a], scopes: [check], not_after: soon}",
        "- {id: a, sha256: " + hash + ", environments: [e], applications: [a], scopes: [check], extra: 1}",
        std::string("id: a"), std::string("- 7"), std::string("")}) {
    CAPTURE(bad);
    const auto parsed = parse(bad);
    REQUIRE_FALSE(parsed);
    CHECK_FALSE(parsed.error().empty());
    CHECK(config::to_text(parsed.error()).find(hash) == std::string::npos);
  }
}
