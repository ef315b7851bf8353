// Twilio's delivery receipts: from a text's StatusCallback to a status.
#include <chrono>
#include <csignal>
#include <filesystem>

#include "common/bytes.hpp"
#include "common/form.hpp"
#include "tests/integration/end_to_end/world.hpp"
#include "worker/domain/twilio_signature.hpp"

using namespace sendcode::e2e;
using sendcode::form_fields;

namespace {

constexpr const char* auth_token = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";  // the world's
constexpr const char* account = "AC0123456789abcdef0123456789abcdef";

// A world whose workers take receipts, at a port of loopback.
struct hooked {
  explicit hooked(world_options chosen = {}) : with(std::move(chosen)) {}

  worker& start_worker(environment_variables more = {}) {
    more.emplace_back("SENDCODE_HTTP__WEBHOOKS__LISTEN", "127.0.0.1:" + std::to_string(port));
    more.emplace_back("SENDCODE_SENDERS__TWILIO__STATUS_CALLBACK_URL", address);
    return with.start_worker(more);
  }
  json send_text(const std::string& to = australian) {
    with.send_and_wait(with.make_event(to));
    const auto texts = with.senders.messages(to);
    REQUIRE_FALSE(texts.empty());
    return texts.back();
  }
  std::vector<logged_record> receipts() const {
    return with.statuses->where([](const logged_record& each) { return each.data["kind"] == "receipt"; });
  }
  // A receipt that says "read" of a text, posted by hand: to `target`, signed with `token`.
  http_answer post(const json& text, const std::string& target, const std::string& token = auth_token,
                   const world::headers& more = {}) const {
    const form_fields fields{{"MessageSid", text["sid"].get<std::string>()},
                             {"MessageStatus", "read"},
                             {"AccountSid", account},
                             {"To", text["to"].get<std::string>()}};
    std::string form;
    for (const auto& [name, value] : fields) {
      sendcode::append_form_encoded(form += form.empty() ? "" : "&", name);
      sendcode::append_form_encoded(form += '=', value);
    }
    world::headers all{
        {"Content-Type", "application/x-www-form-urlencoded"},
        {"X-Twilio-Signature", sendcode::domain::make_twilio_signature(token, address + target, fields)}};
    all.insert(all.end(), more.begin(), more.end());
    return http_call(port, "POST", target, form, all);
  }
  // Path and query of a text's StatusCallback.
  std::string target_of(const json& text) const {
    const auto callback = text["status_callback"].get<std::string>();
    REQUIRE(callback.starts_with(address + "/webhooks/twilio/env_live?ref="));
    return callback.substr(address.size(), callback.find('#') - address.size());
  }

  std::uint16_t port = sendcode::redis_tests::free_port();
  std::string address = "http://127.0.0.1:" + std::to_string(port);
  world with;
};

}  // namespace

TEST_CASE("a text's receipts come as statuses, and a repeated one under the same id") {
  hooked w;
  auto& worker = w.start_worker();
  const auto event = w.with.make_event(australian, {{"application_id", "app_web"}});
  const auto outcome = w.with.send_and_wait(event);
  const auto text = w.with.senders.messages(australian).at(0);
  const auto sid = text["sid"].get<std::string>();
  CHECK(text["status_callback"].get<std::string>().ends_with("#rc=3&rp=5xx,ct,rt"));

  for (const char* status : {"sent", "delivered", "delivered"}) CHECK(w.with.senders.receipt(sid, status) == 204);
  CHECK(w.with.senders.receipt(sid, "undelivered", 30005) == 204);
  REQUIRE(eventually([&] { return w.receipts().size() == 4; }));
  std::vector<std::string> ids;
  for (const auto& each : w.receipts()) {
    ids.push_back(each.header("ce_id"));
    CHECK(each.key == event.challenge());
    CHECK(each.data["request_id"] == outcome["request_id"]);
    CHECK(each.data["environment_id"] == "env_live");
    CHECK(each.data["application_id"] == "app_web");
    CHECK(each.data["purpose"] == "sign_in");
    CHECK(each.data["message_id"] == sid);
    CHECK(each.data["phone_number"] == "+61*******06");
  }
  CHECK(ids == std::vector{sid + "/sent", sid + "/delivered", sid + "/delivered", sid + "/undelivered"});
  CHECK(w.receipts()[3].data["reason"] == "recipient_unreachable");
  CHECK(w.receipts()[3].data["error_code"] == 30005);
  CHECK(w.receipts()[3].data["error_text"] == "the number is unknown or out of service: ask the person to check it");
  CHECK(w.with.outcomes_of(event).size() == 1);  // a receipt changes no outcome
  CHECK(w.with.metrics(worker).find(
            R"(sendcode_receipts_total{environment="env_live",error_code="none",status="delivered"} 2)") !=
        std::string::npos);
}

TEST_CASE("a receipt that is not Twilio's, or not of our texts, is refused, and every refusal is the same") {
  hooked w;
  auto& worker = w.start_worker();
  const auto text = w.send_text();
  const auto target = w.target_of(text);
  REQUIRE(w.post(text, target).status == 204);
  auto elsewhere = target;
  elsewhere.replace(elsewhere.find("env_live"), 8, "env_nobody");
  auto changed = target;
  changed.back() = changed.back() == 'A' ? 'B' : 'A';
  const http_answer refusals[] = {w.post(text, target, "another-token"), w.post(text, elsewhere), w.post(text, changed),
                                  w.post(text, "/webhooks/twilio/env_live")};
  for (const auto& each : refusals) {
    CHECK(each.status == 403);
    CHECK(each.body.empty());
  }
  const auto metrics = w.with.metrics(worker);
  for (const char* counted : {"signature\"} 1", "environment\"} 1", "ref\"} 2"}) {
    CHECK(metrics.find(std::string("sendcode_receipts_refused_total{because=\"") + counted) != std::string::npos);
  }
  CHECK(w.with.senders.receipt(text["sid"].get<std::string>(), "delivered") == 204);
  REQUIRE(eventually([&] { return w.receipts().size() == 2; }));
  CHECK(worker.says("a receipt is not signed as Twilio would"));
}

TEST_CASE("auth tokens and the refs' keys rotate without a receipt being lost") {
  hooked w;
  auto& worker = w.start_worker();
  const auto text = w.send_text();
  const auto target = w.target_of(text);
  CHECK(w.post(text, target, "the-next-token").status == 403);

  auto document = settings{}.document();
  const std::string one = "{secret: env_live/twilio_auth_token}";
  document.replace(document.find(one), one.size(), "[" + one + ", {secret: env_live/next_auth_token}]");
  w.with.write_secret("env_live/next_auth_token", "the-next-token");
  write_file(w.with.folder.path() / "settings" / "env_live.yaml", document);
  CHECK(eventually([&] { return w.post(text, target, "the-next-token").status == 204; }, patience));
  CHECK(w.post(text, target).status == 204);

  auto ring = json::parse(read_file(w.with.secret_path("keys/refs")));
  ring[0]["not_before"] = "2026-01-01T00:00:00Z";
  ring.push_back(
      {{"id", "key-2"}, {"key", sendcode::to_base64(std::string(32, 'n'))}, {"not_before", "2026-01-02T00:00:00Z"}});
  w.with.write_secret("keys/refs", ring.dump());
  REQUIRE(worker.says("the key ring was read again"));
  const auto newer = w.send_text(phone_number(1));
  const auto ref = w.target_of(newer).substr(std::string("/webhooks/twilio/env_live?ref=").size());
  CHECK(sendcode::from_base64url(ref)->substr(2, 5) == "key-2");
  CHECK(w.post(newer, w.target_of(newer)).status == 204);
  CHECK(w.post(text, target).status == 204);

  w.with.write_secret("keys/refs", "[]");
  REQUIRE(worker.says("the key ring is not valid: the last one stays in force"));
  CHECK(w.post(newer, w.target_of(newer)).status == 204);
}

TEST_CASE("without a valid key for refs texts go out all the same, and the log says what is missing") {
  hooked w;
  auto ring = json::parse(read_file(w.with.secret_path("keys/refs")));
  ring[0]["not_after"] = "2026-01-01T00:00:00Z";
  w.with.write_secret("keys/refs", ring.dump());
  auto& worker = w.start_worker();
  CHECK(w.send_text()["status_callback"].is_null());
  CHECK(worker.says("no key of the ring `refs` is valid now"));
}

TEST_CASE(
    "behind a proxy the configured address is what was signed, whatever the proxy says, and a repeat is the same") {
  hooked w;
  w.address = "https://hooks.example.com/texts";  // the proxy takes /texts off
  w.start_worker();
  const auto text = w.send_text();
  const auto target = w.target_of(text);
  const world::headers by_proxy{{"X-Forwarded-Host", "elsewhere.example.com"},
                                {"X-Forwarded-Proto", "http"},
                                {"X-Forwarded-For", "203.0.113.7"},
                                {"Forwarded", "host=elsewhere.example.com;proto=http"},
                                {"I-Twilio-Idempotency-Token", "5f0c9a52-6f0e-4d0b-9d4e-1f2a3b4c5d6e"}};
  CHECK(w.post(text, target, auth_token, by_proxy).status == 204);
  CHECK(w.post(text, target, auth_token, by_proxy).status == 204);
  // Signed for what the proxy says, not for what is configured.
  w.address = "http://elsewhere.example.com";
  CHECK(w.post(text, target, auth_token, by_proxy).status == 403);
  REQUIRE(eventually([&] { return w.receipts().size() == 2; }));
  CHECK(w.receipts()[0].header("ce_id") == text["sid"].get<std::string>() + "/read");
  CHECK(w.receipts()[1].header("ce_id") == w.receipts()[0].header("ce_id"));
}

TEST_CASE("receipts are taken over TLS by the worker itself") {
  hooked w;
  w.address = "https://localhost:" + std::to_string(w.port);
  const auto files = std::filesystem::path(w.with.senders.ca_file()).parent_path();
  w.start_worker({{"SENDCODE_HTTP__WEBHOOKS__TLS__CERTIFICATE", (files / "server.pem").string()},
                  {"SENDCODE_HTTP__WEBHOOKS__TLS__KEY", (files / "server.key").string()}});
  const auto text = w.send_text();
  CHECK(w.target_of(text).starts_with("/webhooks/twilio/env_live?ref="));
  CHECK(w.with.senders.receipt(text["sid"].get<std::string>(), "delivered") == 204);
  CHECK(eventually([&] { return w.receipts().size() == 1; }));
}

TEST_CASE("with Kafka away a receipt is answered 503 after about 3 s, and taken once it is back") {
  kafka_server own(sendcode::redis_tests::free_port());
  own.start();
  hooked w({.bootstrap = own.bootstrap()});
  w.with.make_topics();
  w.start_worker();
  const auto text = w.send_text();
  const auto sid = text["sid"].get<std::string>();
  CHECK(w.with.senders.receipt(sid, "sent") == 204);
  own.kill();
  const auto began = std::chrono::steady_clock::now();
  CHECK(w.with.senders.receipt(sid, "delivered") == 503);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  CHECK(took.count() >= 2.9);
  CHECK(took.count() < 6);
  own.start();
  CHECK(eventually([&] { return w.with.senders.receipt(sid, "delivered") == 204; }, patience));
  const auto told = [&] { return w.with.statuses->ids().contains(sid + "/delivered"); };
  CHECK(eventually(told, patience));
}

TEST_CASE("a worker that drains still answers receipts") {
  hooked w;
  auto& worker = w.start_worker();
  const auto text = w.send_text();
  w.with.senders.fault({{"target", "twilio"}, {"kind", "latency"}, {"delay_ms", 4000}, {"times", 1}});
  const auto slow = w.with.make_event(phone_number(1));
  w.with.send({slow});
  REQUIRE(eventually([&] { return w.with.senders.texts() == 2; }, patience));
  worker.signal(SIGTERM);
  REQUIRE(worker.says("draining"));
  CHECK(w.with.senders.receipt(text["sid"].get<std::string>(), "delivered") == 204);
  CHECK(worker.wait() == 0);
  CHECK(w.with.outcome(slow)["status"] == "sent");
  CHECK(eventually([&] { return w.receipts().size() == 1; }));
}
