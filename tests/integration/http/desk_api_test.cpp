// Challenges looked after, phones unlocked, and guesses under an Idempotency-Key: what the internal port makes of them.
#include "tests/integration/http/api_world.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using nlohmann::json;

namespace {

const std::string all_scopes = "[check, status, cancel, unlock]";
const std::string query = "?environment_id=env_live&application_id=app_web&purpose=sign_in";
const std::string path = "/v1/challenges/" + challenge;
const std::string check_path = path + "/check";
const std::string unlock_path = "/v1/phones/unlock";
const json unlock_body = {{"environment_id", "env_live"}, {"phone_number", "0491 570 006"}};

struct desk_api : api_world {
  desk_api() { use(entry(token, all_scopes)); }
  http_server::response check_under(const std::vector<std::string>& keys, const json& body = guess_body()) {
    return ask("POST", check_path, body.dump(), "Bearer " + token, keys);
  }
  bool reached_nobody() const { return desk.asked.empty() && desk.unlocked.empty() && checker.asked.empty(); }
};

ports::challenge_view pending() {
  ports::challenge_view out;
  out.attempts_left = 5;
  out.expires_at = noon + 10min;
  out.next_send_at = noon + 30s;
  return out;
}

}  // namespace

TEST_CASE("how a challenge stands is told in the contract's words", "[desk_api]") {
  desk_api w;
  w.desk.view = pending();
  const auto told = [&] {
    const auto got = w.ask("GET", path + query);
    CHECK(got.status == 200);
    CHECK(got.content_type == "application/json");
    return json::parse(got.body);
  };
  json expected = {{"state", "pending"},
                   {"attempts_left", 5},
                   {"expires_at", "2026-11-23T12:10:00.000Z"},
                   {"next_send_at", "2026-11-23T12:00:30.000Z"}};
  CHECK(told() == expected);
  w.desk.view->reason = domain::reason::rate_limited;
  w.desk.view->limited_by = domain::limit_kind::phone;
  expected["reason"] = "rate_limited.phone";
  CHECK(told() == expected);
  w.desk.view->state = ports::challenge_state::expired;
  expected["state"] = "expired";
  CHECK(told() == expected);
  w.desk.view->state = ports::challenge_state::locked_out;
  w.desk.view->attempts_left = 0;
  expected["state"] = "locked_out";
  expected["attempts_left"] = 0;
  expected.erase("next_send_at");
  CHECK(told() == expected);
  w.desk.view->state = ports::challenge_state::approved;
  CHECK(told() == json{{"state", "approved"}});
  w.desk.view->state = ports::challenge_state::cancelled;
  CHECK(told() == json{{"state", "cancelled"}});
  CHECK(w.desk.asked.back().challenge_id == challenge);
  CHECK(w.desk.asked.back().environment_id == "env_live");
  CHECK(w.desk.asked.back().application_id == "app_web");
}

TEST_CASE("a query is understood in any order, percent-encoded, with what is unknown", "[desk_api]") {
  desk_api w;
  w.desk.view = pending();
  CHECK(w.ask("GET", path + "?purpose=mfa&x&y=%00&application%5Fid=app%5fweb&environment_id=env_live&").status == 200);
  REQUIRE(w.desk.asked.size() == 1);
  CHECK(w.desk.asked[0].purpose == domain::purpose::mfa);
  CHECK(w.desk.asked[0].application_id == "app_web");
}

TEST_CASE("cancelling is a 204, and of nothing a 404", "[desk_api]") {
  desk_api w;
  w.desk.view = pending();
  const auto done = w.ask("DELETE", path + query);
  CHECK(done.status == 204);
  CHECK(done.body.empty());
  w.desk.view.reset();
  for (const char* method : {"GET", "DELETE"}) {
    const auto missing = w.ask(method, path + query);
    CHECK(missing.status == 404);
    CHECK(missing.content_type == "application/problem+json");
  }
}

TEST_CASE("unlocking is a 204; an unknown environment a 404, and what is no number a 400", "[desk_api]") {
  desk_api w;
  const auto done = w.ask("POST", unlock_path, unlock_body.dump());
  CHECK(done.status == 204);
  CHECK(done.body.empty());
  CHECK(w.desk.unlocked == std::vector<std::pair<std::string, std::string>>{{"env_live", "0491 570 006"}});
  auto abroad = unlock_body;
  abroad["country"] = "NZ";
  CHECK(w.ask("POST", unlock_path, abroad.dump()).status == 204);
  CHECK(w.desk.countries == std::vector<std::string>{"", "NZ"});
  w.desk.answer = ports::unlock_answer::unknown_environment;
  CHECK(w.ask("POST", unlock_path, unlock_body.dump()).status == 404);
  w.desk.answer = ports::unlock_answer::not_a_number;
  const auto refused = w.ask("POST", unlock_path, unlock_body.dump());
  CHECK(refused.status == 400);
  CHECK(refused.body.find("0491") == std::string::npos);
}

TEST_CASE("an outage is a 503 that says when to ask again", "[desk_api]") {
  desk_api w;
  w.desk.outage = true;
  for (const auto& got :
       {w.ask("GET", path + query), w.ask("DELETE", path + query), w.ask("POST", unlock_path, unlock_body.dump())}) {
    CHECK(got.status == 503);
    CHECK(header_of(got, "Retry-After") == "1");
    CHECK(got.content_type == "application/problem+json");
  }
}

TEST_CASE("each needs its own scope, and its environment and application, before anything is asked", "[desk_api]") {
  desk_api w;
  const auto statuses = [&](const std::string& of_query = query, const std::string& environment = "env_live") {
    auto body = unlock_body;
    body["environment_id"] = environment;
    return std::vector<unsigned>{w.ask("GET", path + of_query).status, w.ask("DELETE", path + of_query).status,
                                 w.ask("POST", unlock_path, body.dump()).status};
  };
  for (const char* scopes :
       {"[check]", "[check, cancel, unlock]", "[check, status, unlock]", "[check, status, cancel]"}) {
    w.use(entry(token, scopes));
    const std::string all(scopes);
    const auto got = statuses();
    CHECK((got[0] == 403) == (all.find("status") == std::string::npos));
    CHECK((got[1] == 403) == (all.find("cancel") == std::string::npos));
    CHECK((got[2] == 403) == (all.find("unlock") == std::string::npos));
  }
  w.use(entry(token, all_scopes));
  w.desk.asked.clear();
  w.desk.unlocked.clear();
  CHECK(statuses("?environment_id=env_test&application_id=app_web&purpose=mfa", "env_test") ==
        std::vector<unsigned>{403, 403, 403});
  CHECK(statuses("?environment_id=env_live&application_id=app_other&purpose=mfa", "env_test") ==
        std::vector<unsigned>{403, 403, 403});
  CHECK(w.reached_nobody());
}

TEST_CASE("without a token that is good each is a 401 with one body", "[desk_api]") {
  desk_api w;
  const auto first = w.ask("GET", path + query, "", "");
  CHECK(first.status == 401);
  for (const auto& got :
       {w.ask("DELETE", path + query, "", "Bearer x"), w.ask("POST", unlock_path, unlock_body.dump(), ""),
        w.ask("GET", "/v1/challenges/short", "", "")}) {
    CHECK(got.status == 401);
    CHECK(got.body == first.body);
  }
  CHECK(w.reached_nobody());
}

TEST_CASE("all requests of a token share its 500 a second", "[desk_api]") {
  desk_api w;
  for (int i = 0; i < 250; ++i) {
    REQUIRE(w.ask("GET", path + query).status == 404);
    REQUIRE(w.check(guess_body()).status == 200);
  }
  const auto refused = w.ask("POST", unlock_path, unlock_body.dump());
  CHECK(refused.status == 429);
  CHECK(header_of(refused, "Retry-After") == "1");
  CHECK(w.desk.unlocked.empty());
}

TEST_CASE("a query that is not one is a 400 and reaches nobody", "[desk_api]") {
  desk_api w;
  for (const char* bad :
       {"", "?", "?environment_id=env_live&application_id=app_web", "?environment_id=env_live&purpose=mfa",
        "?application_id=app_web&purpose=mfa", "?environment_id=env live&application_id=app_web&purpose=mfa",
        "?environment_id=env_live&application_id=app_web&purpose=MFA",
        "?environment_id=env_live&application_id=&purpose=mfa",
        "?environment_id=env_live&application_id=app_web&purpose=mfa&purpose=sign_in",
        "?environment_id=env_live&application_id=app_web&purpose=mfa&environment%5fid=env_test",
        "?environment_id=env_live&application_id=app_web&purpose=mfa%",
        "?environment_id=env_live&application_id=app_web&purpose=mfa%4"}) {
    CAPTURE(bad);
    for (const char* method : {"GET", "DELETE"}) {
      const auto got = w.ask(method, path + bad);
      CHECK(got.status == 400);
      CHECK(got.content_type == "application/problem+json");
    }
  }
  std::string many = query;
  for (int i = 0; i < 64; ++i) many += "&x" + std::to_string(i) + "=";
  CHECK(w.ask("GET", path + many).status == 400);
  CHECK(w.ask("GET", "/v1/challenges/short" + query).status == 400);
  CHECK(w.ask("GET", "/v1/challenges/check" + query).status == 400);
  CHECK(w.ask("DELETE", "/v1/challenges/" + std::string(129, 'a') + query).status == 400);
  CHECK(w.reached_nobody());
}

TEST_CASE("a body that unlocks nobody is a 400 and reaches nobody", "[desk_api]") {
  desk_api w;
  std::vector<std::string> bodies = {"", "{}", "[]", unlock_body.dump() + "x"};
  for (const char* field : {"environment_id", "phone_number"}) {
    for (const json& wrong : {json(1), json(nullptr), json(""), json(std::string(65, '1'))}) {
      auto changed = unlock_body;
      changed[field] = wrong;
      bodies.push_back(changed.dump());
    }
    auto without = unlock_body;
    without.erase(field);
    bodies.push_back(without.dump());
  }
  for (const json& wrong : {json(64), json(nullptr), json(""), json("nz"), json("NZL"), json("N1")}) {
    auto changed = unlock_body;
    changed["country"] = wrong;
    bodies.push_back(changed.dump());
  }
  for (const auto& body : bodies) {
    CAPTURE(body);
    CHECK(w.ask("POST", unlock_path, body).status == 400);
  }
  CHECK(w.reached_nobody());
}

TEST_CASE("an Idempotency-Key comes to the checker with whose it is and the body's hash", "[desk_api]") {
  desk_api w;
  CHECK(w.check(guess_body()).status == 200);
  CHECK_FALSE(w.checker.asked.back().again);
  CHECK(w.check_under({"5f0c9a52-6f0e"}).status == 200);
  REQUIRE(w.checker.asked.back().again);
  CHECK(w.checker.asked.back().again->token_id == "shop");
  CHECK(w.checker.asked.back().again->key == "5f0c9a52-6f0e");
  CHECK(w.checker.asked.back().again->body == sha256(guess_body().dump()));
  CHECK(w.check_under({std::string(256, '~')}).status == 200);
}

TEST_CASE("an Idempotency-Key of the wrong form is a 400 and reaches nobody", "[desk_api]") {
  desk_api w;
  for (const auto& keys : std::vector<std::vector<std::string>>{
           {""}, {"a b"}, {"a\tb"}, {"ключ"}, {"\x7f"}, {std::string(257, 'k')}, {"one", "two"}, {"one", "one"}}) {
    const auto got = w.check_under(keys);
    CHECK(got.status == 400);
    CHECK(got.body.find("Idempotency-Key") != std::string::npos);
  }
  CHECK(w.reached_nobody());
}

TEST_CASE("the same key with another body is a 422", "[desk_api]") {
  desk_api w;
  w.checker.answer = ports::key_reused{};
  const auto got = w.check_under({"key"});
  CHECK(got.status == 422);
  CHECK(got.content_type == "application/problem+json");
  CHECK(json::parse(got.body).at("status") == 422);
}
