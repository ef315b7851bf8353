#include "tests/catch.hpp"
#include "tests/sandbox/unit/asker.hpp"

using namespace sendcode::sandbox;
using sendcode::seconds;
using json = nlohmann::json;

namespace {

std::string error_code(const reply& out) {
  return asker::read(out).at("errors").at(0).at("code").get<std::string>();
}

}  // namespace

TEST_CASE("a token is given to a client and lives an hour") {
  asker kinde;
  const auto out =
      kinde.ask("POST", "/oauth2/token", "grant_type=client_credentials&client_id=a&client_secret=b&audience=c");
  CHECK(out.status == 200);
  CHECK(asker::read(out).at("token_type") == "bearer");
  CHECK(asker::read(out).at("expires_in") == 3600);
  kinde.bearer = "Bearer " + asker::read(out).at("access_token").get<std::string>();
  CHECK(kinde.kinde_text("k1").status == 202);
  kinde.now += seconds{3599};
  CHECK(kinde.kinde_text("k2").status == 202);
  kinde.now += seconds{1};
  CHECK(kinde.kinde_text("k3").status == 401);
}

TEST_CASE("a wrong client, another grant and a missing audience get no token") {
  setup with;
  with.clients = {{"a", "b"}};
  asker kinde(std::move(with));
  const auto ask = [&](std::string_view form) { return kinde.ask("POST", "/oauth2/token", form); };
  CHECK(ask("grant_type=client_credentials&client_id=a&client_secret=b&audience=c").status == 200);
  const auto wrong = ask("grant_type=client_credentials&client_id=a&client_secret=x&audience=c");
  CHECK(wrong.status == 401);
  CHECK(error_code(wrong) == "INVALID_CLIENT");
  CHECK(ask("grant_type=password&client_id=a&client_secret=b&audience=c").status == 400);
  CHECK(ask("grant_type=client_credentials&client_id=a&client_secret=b").status == 400);
}

TEST_CASE("a text needs a token that was not revoked") {
  asker kinde;
  CHECK(kinde.kinde_text("k1").status == 401);
  kinde.bearer = "Bearer made-up";
  CHECK(error_code(kinde.kinde_text("k1")) == "INVALID_TOKEN");
  kinde.take_token();
  CHECK(kinde.kinde_text("k1").status == 202);
  CHECK(asker::read(kinde.ask("POST", "/sandbox/kinde/revoke-tokens")).at("revoked") == 1);
  CHECK(kinde.kinde_text("k2").status == 401);
  CHECK(kinde.counts().at("texts") == 1);
}

TEST_CASE("the same key with the same body gives the same answer and no second text") {
  asker kinde;
  kinde.take_token();
  const auto first = kinde.kinde_text("k1");
  const auto again = kinde.kinde_text("k1");
  CHECK(first.status == 202);
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK(error_code(kinde.kinde_text("k1", "other")) == "IDEMPOTENCY_KEY_REUSED");
  CHECK(kinde.kinde_text("k1", "other").status == 422);
  CHECK(kinde.kinde_text("k2").body != first.body);
  const auto counts = kinde.counts();
  CHECK(counts.at("texts") == 2);
  CHECK(counts.at("replayed") == 1);
  CHECK(counts.at("requests").at("kinde") == 5);
  const auto seen = kinde.phone()[0];
  CHECK(seen.at("sender") == "kinde");
  CHECK(seen.at("idempotency_key") == "k1");
  CHECK(seen.at("account") == "env_live");
}

TEST_CASE("a text that was taken but never answered is answered when the key comes again") {
  asker kinde;
  kinde.take_token();
  kinde.fault({{"target", "kinde"}, {"kind", "taken_unanswered"}, {"times", 1}});
  CHECK(kinde.kinde_text("k1").end == ending::close);
  const auto again = kinde.kinde_text("k1");
  CHECK(again.end == ending::answer);
  CHECK(again.status == 202);
  CHECK(kinde.counts().at("texts") == 1);
  CHECK(kinde.counts().at("unanswered") == 1);
}

TEST_CASE("a refused text leaves its key free") {
  asker kinde;
  kinde.take_token();
  CHECK(kinde.kinde_text("k1", "").status == 400);
  CHECK(kinde.kinde_text("k1", "hello").status == 202);
}

TEST_CASE("a message that is not whole is refused") {
  asker kinde;
  kinde.take_token();
  CHECK(kinde.kinde_text("").status == 400);
  CHECK(kinde.kinde_text(std::string(256, 'k')).status == 400);
  CHECK(kinde.kinde_text("k", "hello", "0491570006").status == 400);
  CHECK(kinde.kinde_text("k", std::string(161, 'x')).status == 400);
  for (const char* body :
       {"", "[]", "{", R"({"to":"+61491570006","body":"x","environment_id":"e"})",
        R"({"to":"+61491570006","body":"x","environment_id":"e","expires_at":"soon"})",
        R"({"to":"+61491570006","body":7,"environment_id":"e","expires_at":"2026-11-23T09:00:00Z"})"}) {
    CAPTURE(body);
    CHECK(kinde.ask("POST", "/v1/messages", body, kinde.bearer, "k").status == 400);
  }
  CHECK(kinde.counts().at("texts") == 0);
}
