#include "worker/adapters/http_server/webhook_api.hpp"

#include <boost/asio/post.hpp>
#include <thread>

#include "tests/catch.hpp"
#include "tests/integration/http/certificates.hpp"
#include "tests/integration/http/raw_client.hpp"
#include "tests/integration/http/run.hpp"
#include "worker/adapters/http_client/beast_https_client.hpp"

using namespace sendcode;
using namespace sendcode::tests;
using namespace std::chrono_literals;
using ports::receipt_answer;

namespace {

const std::string form = "MessageStatus=delivered&To=%2B61491570006";
constexpr const char* path = "/webhooks/twilio/env_live?ref=abc";

// Keeps what it was asked, and answers as the test says. Read by the test once the answer is there.
class fake_taker final : public ports::receipt_taker {
 public:
  struct asked_for {
    std::string environment_id, target, query, signature, form;
  };
  awaitable<receipt_answer> take(const ports::receipt_post& post) override {
    asked.push_back({std::string(post.environment_id), std::string(post.target), std::string(post.query),
                     std::string(post.signature), std::string(post.form)});
    co_return answer;
  }
  receipt_answer answer = receipt_answer::done;
  std::vector<asked_for> asked;
};

// The webhook port on a thread of its own.
struct world {
  explicit world(http_server::server_options options = {}, std::string public_path = "")
      : api(taker, std::move(public_path)) {
    const auto handle = [this](http_server::request& asked) { return api.handle(asked); };
    auto opened = http_server::server::open(context, std::move(options), handle);
    if (!opened) throw std::runtime_error(opened.error());
    server = std::move(*opened);
    server->start();
    thread = std::thread([this] { context.run(); });
  }
  ~world() {
    boost::asio::post(context, [this] { server->stop(); });
    thread.join();
  }
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  std::string post(const std::string& target = path, const std::string& body = form,
                   const std::string& type = "application/x-www-form-urlencoded; charset=utf-8",
                   const std::string& headers = "X-Twilio-Signature: sig\r\n") const {
    raw_client client(server->port());
    return client.ask("POST " + target + " HTTP/1.1\r\nHost: hooks\r\nContent-Type: " + type + "\r\n" + headers +
                      "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  fake_taker taker;
  http_server::webhook_api api;
  boost::asio::io_context context{1};
  std::unique_ptr<http_server::server> server;
  std::thread thread;
};

bool is(const std::string& answer, const std::string& status) {
  return answer.starts_with("HTTP/1.1 " + status + " ") && answer.ends_with("\r\n\r\n");  // and no body
}

}  // namespace

TEST_CASE("a receipt reaches the pipeline as it came", "[webhook_api]") {
  world w;
  CHECK(is(w.post(), "204"));
  REQUIRE(w.taker.asked.size() == 1);
  const auto& asked = w.taker.asked[0];
  CHECK(asked.environment_id == "env_live");
  CHECK(asked.target == path);
  CHECK(asked.query == "ref=abc");
  CHECK(asked.signature == "sig");
  CHECK(asked.form == form);
}

TEST_CASE("each answer has its status, and none has a body", "[webhook_api]") {
  world w;
  for (const auto& [answer, status] :
       {std::pair{receipt_answer::done, "204"}, std::pair{receipt_answer::refused, "403"},
        std::pair{receipt_answer::too_large, "413"}, std::pair{receipt_answer::later, "503"}}) {
    w.taker.answer = answer;
    CHECK(is(w.post(), status));
  }
}

TEST_CASE("what is no form comes as a receipt without parameters", "[webhook_api]") {
  world w;
  for (const char* type : {"application/json", "application/x-www-form-urlencodedx", "", "multipart/form-data"}) {
    w.post(path, form, type);
    CHECK(w.taker.asked.back().form.empty());
  }
  for (const char* type : {"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"}) {
    w.post(path, form, type);
    CHECK(w.taker.asked.back().form == form);
  }
}

TEST_CASE("no signature, and two of them, are as none", "[webhook_api]") {
  world w;
  for (const char* headers : {"", "X-Twilio-Signature: a\r\nX-Twilio-Signature: b\r\n"}) {
    w.post(path, form, "application/x-www-form-urlencoded", headers);
    CHECK(w.taker.asked.back().signature.empty());
  }
}

TEST_CASE("neither Host nor X-Forwarded headers are looked at", "[webhook_api]") {
  world w;
  w.post(path, form, "application/x-www-form-urlencoded",
         "X-Forwarded-Host: evil\r\nX-Forwarded-Proto: http\r\nForwarded: host=evil\r\nX-Twilio-Signature: sig\r\n");
  CHECK(w.taker.asked.at(0).target == path);
}

TEST_CASE("the public address's path may be there or be taken off", "[webhook_api]") {
  world w({}, "/sms/in");
  CHECK(is(w.post("/sms/in" + std::string(path)), "204"));
  CHECK(is(w.post(path), "204"));
  REQUIRE(w.taker.asked.size() == 2);
  CHECK(w.taker.asked[0].target == path);
  CHECK(w.taker.asked[1].target == path);
  CHECK(is(w.post("/other" + std::string(path)), "404"));
}

TEST_CASE("other paths are 404 and other methods 405, whoever the environment is", "[webhook_api]") {
  world w;
  for (const char* target : {"/", "/webhooks/twilio", "/webhooks/other/env_live?ref=abc", "/livez", "/metrics"}) {
    CAPTURE(target);
    CHECK(is(w.post(target), "404"));
  }
  raw_client client(w.server->port());
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const auto answer = client.ask(std::string(method) + " " + path + " HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(answer.starts_with("HTTP/1.1 405 "));
    CHECK(answer.find("Allow: POST\r\n") != std::string::npos);
  }
  CHECK(w.taker.asked.empty());
}

TEST_CASE("a receipt of 16 KiB is taken, and a larger one is too large before anything is looked at", "[webhook_api]") {
  world w;
  const std::string most = "a=" + std::string(16 * 1024 - 2, 'x');
  CHECK(is(w.post(path, most), "204"));
  CHECK(is(w.post(path, most + "x"), "413"));
  CHECK(w.taker.asked.size() == 1);
}

TEST_CASE("receipts come over TLS", "[webhook_api]") {
  const auto ca = make_ca("webhook CA");
  const auto identity = issue(ca, "DNS:localhost");
  const temporary_file ca_file(certificate_pem(ca));
  const temporary_file certificate(certificate_pem(identity));
  const temporary_file key(key_pem(identity));
  http_server::server_options options;
  options.tls = {certificate.path(), key.path(), ""};
  world w(std::move(options));

  boost::asio::io_context context;
  http_client::beast_https_client client(context);
  const ports::origin to{true, "localhost", w.server->port(), ca_file.path()};
  for (const unsigned expected : {204U, 503U}) {
    w.taker.answer = expected == 204 ? receipt_answer::done : receipt_answer::later;
    ports::https_request asked;
    asked.method = "POST";
    asked.to = &to;
    asked.target = path;
    asked.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"X-Twilio-Signature", "sig"}};
    asked.body = form;
    const auto got = run(context, client.exchange(asked, std::chrono::steady_clock::now() + 5s));
    REQUIRE(got);
    CHECK(got->status == expected);
    CHECK(got->body.empty());
  }
  client.close();
  CHECK(w.taker.asked.size() == 2);
}
