#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/files.hpp"
#include "common/config/problem.hpp"
#include "common/config/rules.hpp"
#include "common/logging.hpp"
#include "common/secret.hpp"
#include "common/timestamp.hpp"
#include "common/url.hpp"

// worker.yaml (design §8) as validated structs. Paths are absolute or relative to the working directory; those in the
// file are relative to its folder.
namespace sendcode::config {

// A secret of the worker's own: its name below secrets.directory, to read it again, and its value at the start, which
// is always there.
struct named_secret {
  std::string name;
  secret_ptr value;
};

// PEM files; empty: not given.
struct tls_files {
  std::filesystem::path ca_file;  // of the peer; empty: the system's
  std::filesystem::path certificate;
  std::filesystem::path key;
};

struct kafka_config {
  std::vector<std::pair<std::string, secret_ptr>>
      properties;                    // of librdkafka, as written; all as secrets, for any may hold one
  std::vector<std::string> secrets;  // names of those that are {secret: …}
  std::string group = "sendcode";
  std::string send_code_topic = "sms.send-code";
  std::string delivery_status_topic = "sms.delivery-status";
  std::string dead_letter_topic = "sms.send-code.dead-letter";
  std::string settings_topic = "sms.settings";
};

enum class redis_mode : std::uint8_t { standalone, sentinel, cluster };

struct redis_config {
  redis_mode mode = redis_mode::standalone;
  std::vector<host_port> hosts;  // one; of sentinels or a cluster's first nodes several
  std::string master_name;       // of sentinels
  bool use_tls = false;
  tls_files tls;
  std::string username;  // empty: the default user
  std::optional<named_secret> password;
  milliseconds timeout{100};
  std::uint32_t replicas_min = 0;
  seconds dedupe_ttl{3'600};
};

struct settings_config {
  std::filesystem::path directory;  // empty: from the compacted topic
};

struct keys_config {
  named_secret codes;
  named_secret subjects;
  std::optional<named_secret> refs;  // there with a status callback
};

struct twilio_config {
  url base_url{true, "api.twilio.com", 443, ""};
  std::optional<url> status_callback_url;  // the public address of the webhooks, without their path
  std::filesystem::path ca_file;
};

struct kinde_config {
  url base_url;
  url token_url;
  std::string audience;
  std::string client_id;
  named_secret client_secret;
  std::filesystem::path ca_file;
};

struct server_tls {
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path client_ca;  // empty: clients need no certificate
};

struct internal_http_config {
  host_port listen{"127.0.0.1", 9464};  // port 0: any free one
  std::optional<named_secret> tokens;   // none: no calls under /v1 are served
  std::optional<server_tls> tls;
};

struct webhooks_http_config {
  host_port listen{"0.0.0.0", 8443};
  std::optional<server_tls> tls;  // none: plain, behind an ingress
};

constexpr std::uint32_t shards_max = 64;

struct worker_config {
  kafka_config kafka;
  redis_config redis;
  settings_config settings;
  std::filesystem::path secrets_directory;
  keys_config keys;
  twilio_config twilio;
  std::optional<kinde_config> kinde;        // none: no Kinde sender
  std::uint32_t kinde_daily_limit = 1'000;  // of an environment with Twilio
  internal_http_config internal_http;
  std::optional<webhooks_http_config> webhooks_http;  // none: not served
  std::uint32_t shards = 0;                           // 0: one for each core that the process may use
  std::uint32_t max_in_flight = 1'000;
  seconds drain_timeout{25};
  log::level log_level = log::level::info;
  log::format log_format = log::format::automatic;
};

using worker_config_result = std::expected<worker_config, std::vector<problem>>;

// SENDCODE_… variables of this process, by name. Its environment is read nowhere else.
std::vector<std::pair<std::string, std::string>> read_environment();

// Reads, overrides, validates, and then resolves the secrets: the errors of a stage are all told, the next stage needs
// the one before. `overrides` as read_environment gives them.
worker_config_result load_worker_config(const std::filesystem::path& file,
                                        const std::vector<std::pair<std::string, std::string>>& overrides);

}  // namespace sendcode::config
