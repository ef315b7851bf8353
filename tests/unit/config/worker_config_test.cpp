#include "worker/config/worker_config.hpp"

#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/common/config/temporary_directory.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using config::load_worker_config;
using config::worker_config;

namespace {

using variables = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view least =
    "kafka:\n"
    "  properties: {bootstrap.servers: \"127.0.0.1:9092\"}\n"
    "redis:\n"
    "  url: redis://127.0.0.1:6379\n"
    "settings: {directory: settings}\n"
    "secrets: {directory: secrets}\n";

// A folder with worker.yaml, settings/ and secrets/, as a user has it.
class set_up {
 public:
  set_up() {
    dir.write("settings/.keep", "");
    for (const char* name :
         {"keys/codes", "keys/refs", "keys/subjects", "api_tokens", "redis_password", "kinde/client_secret"}) {
      dir.write("secrets/" + std::string(name), "value of " + std::string(name) + "\n");
    }
    for (const char* name : {"tls/ca.pem", "tls/cert.pem", "tls/key.pem"}) dir.write(name, "PEM");
  }

  config::worker_config_result load(std::string_view text, const variables& overrides = {}) const {
    dir.write("worker.yaml", text);
    return load_worker_config(dir.path() / "worker.yaml", overrides);
  }
  worker_config accepted(std::string_view text, const variables& overrides = {}) const {
    auto out = load(text, overrides);
    if (!out) FAIL(config::to_text(out.error()));
    return std::move(*out);
  }
  // Problems without the folder's name, one line each.
  std::string refusal(std::string_view text, const variables& overrides = {}) const {
    const auto out = load(text, overrides);
    if (out) return "";
    auto told = config::to_text(out.error());
    const auto folder = dir.path().string() + "/";
    for (auto at = told.find(folder); at != std::string::npos; at = told.find(folder)) told.erase(at, folder.size());
    return told;
  }

  testing::temporary_directory dir;
};

std::string with(std::string_view more) {
  return std::string(least) + std::string(more);
}

bool says(const std::string& told, std::string_view what) {
  return told.find(what) != std::string::npos;
}

}  // namespace

TEST_CASE("the least worker.yaml has the defaults of the design") {
  const set_up here;
  const auto out = here.accepted(least);
  REQUIRE(out.kafka.properties.size() == 1);
  CHECK(out.kafka.properties[0].first == "bootstrap.servers");
  CHECK(out.kafka.properties[0].second->expose() == "127.0.0.1:9092");
  CHECK(out.kafka.group == "sendcode");
  CHECK(out.kafka.send_code_topic == "sms.send-code");
  CHECK(out.kafka.delivery_status_topic == "sms.delivery-status");
  CHECK(out.kafka.dead_letter_topic == "sms.send-code.dead-letter");
  CHECK(out.kafka.settings_topic == "sms.settings");
  CHECK(out.redis.mode == config::redis_mode::standalone);
  CHECK(out.redis.hosts == std::vector<config::host_port>{{"127.0.0.1", 6379}});
  CHECK(out.redis.timeout == 100ms);
  CHECK(out.redis.replicas_min == 0);
  CHECK(out.redis.dedupe_ttl == 3'600s);
  CHECK_FALSE(out.redis.use_tls);
  CHECK(out.settings.directory == here.dir.path() / "settings");
  CHECK(out.secrets_directory == here.dir.path() / "secrets");
  CHECK(out.keys.codes.value->expose() == "value of keys/codes");
  CHECK(out.keys.subjects.name == "keys/subjects");
  CHECK_FALSE(out.keys.refs.has_value());
  CHECK(out.twilio.base_url == url{true, "api.twilio.com", 443, ""});
  CHECK_FALSE(out.kinde.has_value());
  CHECK(out.kinde_daily_limit == 1'000);
  CHECK(out.internal_http.listen == config::host_port{"127.0.0.1", 9464});
  CHECK_FALSE(out.webhooks_http.has_value());
  CHECK(out.shards == 0);
  CHECK(out.max_in_flight == 1'000);
  CHECK(out.drain_timeout == 25s);
  CHECK(out.log_level == log::level::info);
}

TEST_CASE("a whole worker.yaml is read in every field") {
  const set_up here;
  const auto out = here.accepted(
      "kafka:\n"
      "  properties: {bootstrap.servers: \"a:1,b:2\", sasl.password: {secret: redis_password}, ssl.key.password: abc}\n"
      "  group: g1\n"
      "  topics: {send_code: t1, delivery_status: t2, dead_letter: t3, settings: t4}\n"
      "redis:\n"
      "  url: rediss://redis.internal:6380\n"
      "  username: worker\n"
      "  password: {secret: redis_password}\n"
      "  tls: {ca_file: tls/ca.pem, certificate: tls/cert.pem, key: tls/key.pem}\n"
      "  timeout: 250ms\n"
      "  replicas_min: 1\n"
      "  dedupe_ttl: 2h\n"
      "settings: {topic: true}\n"
      "secrets: {directory: secrets}\n"
      "keys: {codes: {secret: keys/codes}, refs: {secret: keys/refs}, subjects: {secret: keys/subjects}}\n"
      "senders:\n"
      "  twilio: {base_url: \"http://127.0.0.1:8081\", status_callback_url: \"https://hooks.example.com\", ca_file: "
      "tls/ca.pem}\n"
      "  kinde: {base_url: \"https://sms.example.com/x/\", token_url: \"https://id.example.com/oauth2/token\",\n"
      "          audience: https://sms.example.com, client_id: c1, client_secret: {secret: kinde/client_secret},\n"
      "          daily_limit: 5, ca_file: \"\"}\n"
      "http:\n"
      "  internal: {listen: \"[::1]:0\", tokens: {secret: api_tokens}, tls: {certificate: tls/cert.pem, key: "
      "tls/key.pem, client_ca: tls/ca.pem}}\n"
      "  webhooks: {listen: \"0.0.0.0:8443\", tls: {certificate: tls/cert.pem, key: tls/key.pem}}\n"
      "worker: {shards: 2, max_in_flight: 10, drain_timeout: 1s}\n"
      "log: {level: debug, format: json}\n");
  REQUIRE(out.kafka.properties.size() == 3);
  CHECK(out.kafka.properties[1].second->expose() == "value of redis_password");
  CHECK(out.kafka.properties[2].second->expose() == "abc");
  CHECK(out.kafka.group == "g1");
  CHECK(out.kafka.settings_topic == "t4");
  CHECK(out.redis.use_tls);
  CHECK(out.redis.hosts == std::vector<config::host_port>{{"redis.internal", 6380}});
  CHECK(out.redis.username == "worker");
  CHECK(out.redis.password->value->expose() == "value of redis_password");
  CHECK(out.redis.tls.ca_file == here.dir.path() / "tls/ca.pem");
  CHECK(out.redis.timeout == 250ms);
  CHECK(out.redis.replicas_min == 1);
  CHECK(out.redis.dedupe_ttl == 7'200s);
  CHECK(out.settings.directory.empty());
  CHECK(out.keys.refs->value->expose() == "value of keys/refs");
  CHECK(out.twilio.base_url == url{false, "127.0.0.1", 8081, ""});
  CHECK(out.twilio.status_callback_url->host == "hooks.example.com");
  CHECK(out.kinde->base_url == url{true, "sms.example.com", 443, "/x"});
  CHECK(out.kinde->client_secret.value->expose() == "value of kinde/client_secret");
  CHECK(out.kinde->ca_file.empty());
  CHECK(out.kinde_daily_limit == 5);
  CHECK(out.internal_http.listen == config::host_port{"::1", 0});
  CHECK(out.internal_http.tokens->value->expose() == "value of api_tokens");
  CHECK(out.internal_http.tls->client_ca == here.dir.path() / "tls/ca.pem");
  CHECK(out.webhooks_http->tls->key == here.dir.path() / "tls/key.pem");
  CHECK(out.shards == 2);
  CHECK(out.drain_timeout == 1s);
  CHECK(out.log_format == log::format::json);
}

TEST_CASE("all problems of worker.yaml are told at once, with line, key, value and what is allowed") {
  const set_up here;
  CHECK(here.refusal("kafka:\n"
                     "  properties: [group.id]\n"
                     "redis:\n"
                     "  url: 127.0.0.1:6379\n"
                     "  timeout: 5 apples\n"
                     "  replcas_min: 1\n"
                     "settings: {directory: nowhere}\n"
                     "worker: {max_in_flight: 0}\n"
                     "secret: {}\n") ==
        "worker.yaml:9: secret: not a key here; did you mean secrets?\n"
        "worker.yaml:2: kafka.properties: a list: a map of keys and values\n"
        "worker.yaml:6: redis.replcas_min: not a key here; did you mean replicas_min?\n"
        "worker.yaml:4: redis.url: \"127.0.0.1:6379\": redis://host:port, rediss://host:port, "
        "redis+sentinel://host,host/master "
        "or "
        "redis+cluster://host,host, without user, password (redis.username, redis.password) or database\n"
        "worker.yaml:5: redis.timeout: \"5 apples\": a duration from 1ms to 10s, such as 100ms\n"
        "worker.yaml:7: settings.directory: \"nowhere\": a directory that is there\n"
        "worker.yaml:1: secrets: missing: a map of keys and values\n"
        "worker.yaml:8: worker.max_in_flight: \"0\": a whole number from 1 to 10000\n");
}

TEST_CASE("missing secrets of the worker are all told, with where they belong") {
  const set_up here;
  here.dir.remove("secrets/keys");
  const auto told = here.refusal(with("http: {internal: {tokens: {secret: other}}}\n"));
  CHECK(says(
      told,
      "worker.yaml: keys.codes: \"keys/codes\": there is no such file; the secret belongs into secrets/keys/codes, "
      "and `sendcode keys new codes` makes one\n"));
  CHECK(says(told, "worker.yaml: keys.subjects: \"keys/subjects\": there is no such file"));
  CHECK(says(told, "worker.yaml:7: http.internal.tokens: \"other\": there is no such file"));
  CHECK_FALSE(says(told, "keys.refs"));
}

TEST_CASE("a file that is missing or broken is one problem") {
  const set_up here;
  CHECK(config::to_text(load_worker_config("/nowhere/worker.yaml", {}).error()) ==
        "/nowhere/worker.yaml: there is no such file\n");
  CHECK(here.refusal("kafka: [") == "worker.yaml:1: not valid YAML: end of sequence flow not found\n");
  CHECK(here.refusal("") == "worker.yaml: the document is empty\n");
  CHECK(says(here.refusal("[]"), "worker.yaml:1: a list: a map of keys and values"));
}

TEST_CASE("the internal port is plain on loopback alone") {
  const set_up here;
  const auto internal = [&](std::string_view text) {
    return here.refusal(with("http: {internal: {" + std::string(text) + "}}\n"));
  };
  CHECK(internal("listen: \"127.0.0.1:1\"").empty());
  CHECK(internal("listen: \"127.9.9.9:1\"").empty());
  CHECK(internal("listen: \"localhost:1\"").empty());
  CHECK(internal("listen: \"[::1]:1\"").empty());
  CHECK(says(internal("listen: \"0.0.0.0:1\""), "allow_plaintext"));
  CHECK(says(internal("listen: \"[::]:1\""), "allow_plaintext"));
  CHECK(says(internal("listen: \"0.0.0.0:1\", allow_plaintext: false"), "allow_plaintext"));
  CHECK(internal("listen: \"0.0.0.0:1\", allow_plaintext: true").empty());
  CHECK(internal("listen: \"0.0.0.0:1\", tls: {certificate: tls/cert.pem, key: tls/key.pem}").empty());
  CHECK(says(internal("tls: {certificate: tls/cert.pem}"), "http.internal.tls.key: missing"));
  CHECK(says(internal("tls: {certificate: tls/none.pem, key: tls/key.pem}"), "a file that can be read"));
  for (const char* bad :
       {"127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", ":80", "[::1", "example.com:80", "127.0.0.1:80x", "1.2.3:80"}) {
    INFO(bad);
    CHECK_FALSE(internal("listen: \"" + std::string(bad) + "\"").empty());
  }
}

TEST_CASE("URLs are https, except to loopback") {
  const set_up here;
  const auto base = [&](std::string_view text) {
    return here.refusal(with("senders: {twilio: {base_url: \"" + std::string(text) + "\"}}\n"));
  };
  for (const char* good :
       {"https://api.twilio.com", "https://h:8443/x", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"}) {
    INFO(good);
    CHECK(base(good).empty());
  }
  for (const char* bad :
       {"http://api.twilio.com", "http://10.0.0.1", "ftp://127.0.0.1", "https://", "https://user@host",
        "https://host/?q", "https://host/#f", "host", "", "http://127.0.0.1.example.com"}) {
    INFO(bad);
    CHECK_FALSE(base(bad).empty());
  }
}

TEST_CASE("redis.url names one server, sentinels or a cluster") {
  const set_up here;
  const auto redis = [&](std::string_view url, std::string_view more = "") {
    return here.load(
        "kafka: {properties: {bootstrap.servers: a}}\nsettings: {directory: settings}\n"
        "secrets: {directory: secrets}\nredis:\n  url: " +
        std::string(url) + "\n" + std::string(more));
  };
  CHECK(redis("redis://h")->redis.hosts == std::vector<config::host_port>{{"h", 6379}});
  CHECK(redis("redis://[::1]:7000/")->redis.hosts == std::vector<config::host_port>{{"::1", 7000}});
  CHECK(redis("rediss://h")->redis.use_tls);
  const auto sentinel = redis("redis+sentinel://h1,h2:5/mymaster");
  CHECK(sentinel->redis.mode == config::redis_mode::sentinel);
  CHECK(sentinel->redis.hosts == std::vector<config::host_port>{{"h1", 26379}, {"h2", 5}});
  CHECK(sentinel->redis.master_name == "mymaster");
  CHECK_FALSE(sentinel->redis.use_tls);
  const auto cluster = redis("redis+cluster://h1,h2", "  tls: {ca_file: tls/ca.pem}\n");
  CHECK(cluster->redis.mode == config::redis_mode::cluster);
  CHECK(cluster->redis.use_tls);
  for (const char* bad : {"redis://", "redis://h1,h2", "redis://h:0", "redis://h:99999", "redis://h/1",
                          "redis+sentinel://h", "redis+sentinel://h/", "redis+cluster://h/x", "redis+cluster://h,",
                          "http://h", "h", "redis:/h", "redis+sentinel://h/a b", "\"\"", "[h]", "~"}) {
    INFO(bad);
    CHECK_FALSE(redis(bad).has_value());
  }
  CHECK_FALSE(redis("redis://h", "  tls: {ca_file: tls/ca.pem}\n").has_value());
  CHECK_FALSE(redis("redis://h", "  username: worker\n").has_value());
  const auto leaking = redis("redis://worker:hunter2@h");
  REQUIRE_FALSE(leaking.has_value());
  CHECK_FALSE(says(config::to_text(leaking.error()), "hunter2"));
}

TEST_CASE("a property of librdkafka's is a text or a secret, and its value is never told") {
  const set_up here;
  const auto told = here.refusal(
      "kafka: {properties: {bootstrap.servers: a, sasl.password: [hunter2], ssl.key.pem: {file: hunter2}}}\n"
      "redis: {url: redis://h}\nsettings: {directory: settings}\nsecrets: {directory: secrets}\n");
  CHECK(says(told, "worker.yaml:1: kafka.properties.sasl.password: a list: a text of librdkafka's, or {secret: NAME}"));
  CHECK(says(told, "worker.yaml:1: kafka.properties.ssl.key.pem.secret: missing"));
  CHECK_FALSE(says(told, "hunter2"));
}

TEST_CASE("environment variables override keys, and make those that are missing") {
  const set_up here;
  const auto out = here.accepted(least, {{"SENDCODE_REDIS__URL", "rediss://other:1"},
                                         {"SENDCODE_REDIS__PASSWORD__SECRET", "redis_password"},
                                         {"SENDCODE_KAFKA__PROPERTIES__BOOTSTRAP_SERVERS", "k:1"},
                                         {"SENDCODE_KAFKA__PROPERTIES__SASL_PASSWORD__SECRET", "redis_password"},
                                         {"SENDCODE_KAFKA__TOPICS", R"({"send_code": "t1"})"},
                                         {"SENDCODE_KAFKA__TOPICS__DEAD_LETTER", "t3"},
                                         {"SENDCODE_HTTP__INTERNAL__LISTEN", "[::1]:9464"},
                                         {"SENDCODE_WORKER__MAX_IN_FLIGHT", "7"},
                                         {"SENDCODE_LOG__LEVEL", "debug"}});
  CHECK(out.redis.hosts == std::vector<config::host_port>{{"other", 1}});
  CHECK(out.redis.password->value->expose() == "value of redis_password");
  REQUIRE(out.kafka.properties.size() == 2);
  CHECK(out.kafka.properties[0].second->expose() == "k:1");
  CHECK(out.kafka.properties[1].first == "sasl.password");
  CHECK(out.kafka.properties[1].second->expose() == "value of redis_password");
  CHECK(out.kafka.secrets == std::vector<std::string>{"redis_password"});
  CHECK(out.kafka.send_code_topic == "t1");
  CHECK(out.kafka.dead_letter_topic == "t3");
  CHECK(out.internal_http.listen == config::host_port{"::1", 9464});
  CHECK(out.max_in_flight == 7);
  CHECK(out.log_level == log::level::debug);
}

TEST_CASE("a wrong override is told by its variable's name") {
  const set_up here;
  CHECK(here.refusal(least, {{"SENDCODE_REDIS__TIMEOUT", "5 apples"}}) ==
        "SENDCODE_REDIS__TIMEOUT: redis.timeout: \"5 apples\": a duration from 1ms to 10s, such as 100ms\n");
  CHECK(here.refusal(least, {{"SENDCODE_REDIS__TIMOUT", "1s"}}) ==
        "SENDCODE_REDIS__TIMOUT: redis.timout: not a key here; did you mean timeout?\n");
  CHECK(says(here.refusal(least, {{"SENDCODE_REDIS____URL", "x"}}),
             "SENDCODE_REDIS____URL: SENDCODE_ and the path of a key"));
  const auto told = here.refusal(least, {{"SENDCODE_REDIS__PASSWORD", "hunter2"}});
  CHECK(says(told, "SENDCODE_REDIS__PASSWORD: redis.password: (not shown): a reference such as {secret: NAME}"));
  CHECK_FALSE(says(told, "hunter2"));
  CHECK(says(here.refusal(least, {{"SENDCODE_REDIS__PASSWORD__SECRET", "none"}}),
             "SENDCODE_REDIS__PASSWORD__SECRET: redis.password: \"none\": there is no such file"));
}

TEST_CASE("variables that only look like ours are left alone") {
  const set_up here;
  CHECK(here.refusal(least, {{"SENDCODE_PORT_9464_TCP_ADDR", "10.0.0.1"},
                             {"SENDCODE_SERVICE_HOST", "10.0.0.1"},
                             {"SENDCODED__X", "1"},
                             {"PATH", "x"}})
            .empty());
}

TEST_CASE("webhooks need the public address, and receipts need keys for refs") {
  const set_up here;
  CHECK(says(here.refusal(with("http: {webhooks: {}}\n")), "senders.twilio.status_callback_url"));
  here.dir.remove("secrets/keys/refs");
  CHECK(says(here.refusal(with("senders: {twilio: {status_callback_url: \"https://h\"}}\n")),
             "keys.refs: \"keys/refs\""));
}

TEST_CASE("settings come from a directory or from the topic") {
  const set_up here;
  const auto settings = [&](std::string_view text) {
    return here.refusal(
        "kafka: {properties: {bootstrap.servers: a}}\nredis: {url: redis://h}\nsecrets: {directory: secrets}\n"
        "settings: " +
        std::string(text) + "\n");
  };
  CHECK(settings("{directory: settings}").empty());
  CHECK(settings("{topic: true}").empty());
  CHECK(settings("{directory: settings, topic: false}").empty());
  CHECK_FALSE(settings("{directory: settings, topic: true}").empty());
  CHECK_FALSE(settings("{topic: false}").empty());
  CHECK_FALSE(settings("{}").empty());
  CHECK_FALSE(settings("settings").empty());
}

TEST_CASE("the process's own SENDCODE variables are read") {
  ::setenv("SENDCODE_TEST__KEY", "a=b", 1);
  const auto all = config::read_environment();
  ::unsetenv("SENDCODE_TEST__KEY");
  CHECK(std::ranges::find(all, std::pair<std::string, std::string>("SENDCODE_TEST__KEY", "a=b")) != all.end());
  for (const auto& variable : all) CHECK(variable.first.starts_with("SENDCODE_"));
}
