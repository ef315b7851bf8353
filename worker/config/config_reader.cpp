#include "worker/config/config_reader.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

namespace sendcode::config {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

bool is_kafka_name(std::string_view text) {
  return !text.empty() && text.size() <= 249 && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

constexpr text_rule kafka_name{is_kafka_name, "1 to 249 letters, digits, . _ or -"};
constexpr text_rule path_text{[](std::string_view t) { return !t.empty() && any_text.accepts(t); }, "a path"};
constexpr text_rule some_text{[](std::string_view t) { return !t.empty() && any_text.accepts(t); },
                              "text of 1 to 1024 bytes without control characters"};
constexpr text_rule auto_word{[](std::string_view t) { return t == "auto"; }, "auto, or a whole number from 1 to 64"};

bool is_readable_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), R_OK) == 0;
}

}  // namespace

void config_reader::read(const cursor& root) {
  if (!root.expect_map({"kafka", "redis", "settings", "secrets", "keys", "senders", "http", "worker", "log"})) return;
  read_kafka(root.need("kafka"));
  read_redis(root.need("redis"));
  read_settings(root.need("settings"));
  if (const auto in = root.need("secrets"); in.expect_map({"directory"})) {
    out_->secrets_directory = folder(in.need("directory"));
  }
  read_senders(root["senders"]);
  read_http(root["http"]);
  read_keys(root["keys"]);
  read_worker(root["worker"]);
  read_log(root["log"]);
}

void config_reader::read_kafka(const cursor& in) {
  if (!in.expect_map({"properties", "group", "topics"})) return;
  read_kafka_properties(in.need("properties"));
  auto& out = out_->kafka;
  out.group = in["group"].text(kafka_name).value_or(out.group);
  const auto topics = in["topics"];
  if (!topics || !topics.expect_map({"send_code", "delivery_status", "dead_letter", "settings"})) return;
  std::vector<std::string> used;
  for (const auto& [key, topic] :
       std::initializer_list<std::pair<std::string_view, std::string*>>{{"send_code", &out.send_code_topic},
                                                                        {"delivery_status", &out.delivery_status_topic},
                                                                        {"dead_letter", &out.dead_letter_topic},
                                                                        {"settings", &out.settings_topic}}) {
    *topic = topics[key].text(kafka_name).value_or(*topic);
    if (std::ranges::find(used, *topic) != used.end()) topics[key].complain("a topic of its own");
    used.push_back(*topic);
  }
}

// Their form alone: which ones there are, and which the worker sets itself, the Kafka adapter knows (check_properties).
void config_reader::read_kafka_properties(const cursor& in) {
  if (!in.expect_map()) return;
  const auto& members = in.raw()->members;
  auto& out = out_->kafka.properties;
  out.reserve(members.size());  // `wanted_` points into it
  for (const auto& [name, line, column, value] : members) {
    const auto place = in[name];
    if (value.kind == node_kind::map) {
      auto& made = out.emplace_back(name, nullptr);
      if (auto secret = place.secret_name(secret_file_name)) {
        out_->kafka.secrets.push_back(*secret);
        wanted_->push_back({std::move(*secret), &made.second, place});
      }
    } else if (value.kind == node_kind::scalar && any_text.accepts(value.text)) {
      out.emplace_back(name, std::make_shared<const secret>(value.text));
    } else {
      place.complain_secretly("a text of librdkafka's, or {secret: NAME}");
    }
  }
}

void config_reader::read_settings(const cursor& in) {
  if (!in.expect_map({"directory", "topic"})) return;
  const bool topic = in["topic"].boolean().value_or(false);
  if (topic == static_cast<bool>(in["directory"])) {
    in.complain_plainly("either directory: PATH or topic: true");
  } else if (!topic) {
    out_->settings.directory = folder(in["directory"]);
  }
}

// After senders and http, which say whether receipts are wanted.
void config_reader::read_keys(const cursor& in) {
  if (in && !in.expect_map({"codes", "refs", "subjects"})) return;
  const auto ring = [&](std::string_view key, named_secret& out) {
    const auto place = in[key];
    if (place) return want(place, out);
    out.name = "keys/" + std::string(key);
    wanted_->push_back({out.name, &out.value, place});
  };
  ring("codes", out_->keys.codes);
  ring("subjects", out_->keys.subjects);
  if (in["refs"] || out_->twilio.status_callback_url) ring("refs", out_->keys.refs.emplace());
}

void config_reader::read_senders(const cursor& in) {
  if (!in || !in.expect_map({"twilio", "kinde"})) return;
  if (const auto twilio = in["twilio"]; twilio && twilio.expect_map({"base_url", "status_callback_url", "ca_file"})) {
    auto& out = out_->twilio;
    if (const auto text = twilio["base_url"].text(https_url)) out.base_url = *parse_url(*text);
    if (const auto text = twilio["status_callback_url"].text(https_url)) out.status_callback_url = *parse_url(*text);
    out.ca_file = readable_file(twilio["ca_file"]);
  }
  if (const auto kinde = in["kinde"]) read_kinde(kinde);
}

void config_reader::read_kinde(const cursor& in) {
  if (!in.expect_map({"base_url", "token_url", "audience", "client_id", "client_secret", "daily_limit", "ca_file"})) {
    return;
  }
  auto& out = out_->kinde.emplace();
  if (const auto text = in.need("base_url").text(https_url)) out.base_url = *parse_url(*text);
  if (const auto text = in.need("token_url").text(https_url)) out.token_url = *parse_url(*text);
  out.audience = in["audience"].text(any_text).value_or("");
  out.client_id = in.need("client_id").text(some_text).value_or("");
  want(in.need("client_secret"), out.client_secret);
  out_->kinde_daily_limit = static_cast<std::uint32_t>(in["daily_limit"].integer(0, 1'000'000).value_or(1'000));
  out.ca_file = readable_file(in["ca_file"]);
}

void config_reader::read_http(const cursor& in) {
  if (!in || !in.expect_map({"internal", "webhooks"})) return;
  if (const auto internal = in["internal"];
      internal && internal.expect_map({"listen", "tokens", "tls", "allow_plaintext"})) {
    auto& out = out_->internal_http;
    read_listen(internal["listen"], out.listen);
    if (const auto tokens = internal["tokens"]) want(tokens, out.tokens.emplace());
    out.tls = read_server_tls(internal["tls"], true);
    const bool plain = internal["allow_plaintext"].boolean().value_or(false);
    // Codes and phone numbers come this way.
    if (!internal["tls"] && !plain && !is_loopback(out.listen.host)) {
      internal["listen"].complain("a loopback address, for there is no tls (or set allow_plaintext: true)");
    }
  }
  if (const auto webhooks = in["webhooks"]; webhooks && webhooks.expect_map({"listen", "tls"})) {
    auto& out = out_->webhooks_http.emplace();
    read_listen(webhooks["listen"], out.listen);
    out.tls = read_server_tls(webhooks["tls"], false);
    if (!out_->twilio.status_callback_url) {
      webhooks.complain_plainly(
          "without senders.twilio.status_callback_url, the public address that signatures are checked by, "
          "no receipt can come");
    }
  }
}

void config_reader::read_worker(const cursor& in) {
  if (!in || !in.expect_map({"shards", "max_in_flight", "drain_timeout"})) return;
  constexpr std::int64_t in_flight_max = 10'000;
  if (const auto shards = in["shards"]; shards && shards.raw()->text != "auto") {
    out_->shards = static_cast<std::uint32_t>(shards.integer(1, shards_max).value_or(0));
  } else {
    shards.text(auto_word);
  }
  out_->max_in_flight = static_cast<std::uint32_t>(in["max_in_flight"].integer(1, in_flight_max).value_or(1'000));
  const auto drain = in["drain_timeout"].duration({seconds{1}, minutes{10}, "25s"});
  if (drain) out_->drain_timeout = std::chrono::duration_cast<seconds>(*drain);
}

void config_reader::read_log(const cursor& in) {
  if (!in || !in.expect_map({"level", "format"})) return;
  using log::format;
  using log::level;
  out_->log_level = in["level"]
                        .choice<level>({{"trace", level::trace},
                                        {"debug", level::debug},
                                        {"info", level::info},
                                        {"warn", level::warn},
                                        {"error", level::error}})
                        .value_or(level::info);
  out_->log_format = in["format"]
                         .choice<format>({{"auto", format::automatic}, {"text", format::text}, {"json", format::json}})
                         .value_or(format::automatic);
}

std::optional<server_tls> config_reader::read_server_tls(const cursor& in, bool with_client_ca) {
  if (!in) return std::nullopt;
  const bool map =
      with_client_ca ? in.expect_map({"certificate", "key", "client_ca"}) : in.expect_map({"certificate", "key"});
  if (!map) return std::nullopt;
  return server_tls{readable_file(in.need("certificate")), readable_file(in.need("key")),
                    readable_file(in["client_ca"])};
}

void config_reader::read_listen(const cursor& in, host_port& out) {
  static constexpr text_rule address{[](std::string_view text) {
                                       const auto parsed = parse_host_port(text, std::nullopt);
                                       if (!parsed) return false;
                                       in6_addr bytes{};
                                       const char* host = parsed->host.c_str();
                                       return parsed->host == "localhost" || ::inet_pton(AF_INET, host, &bytes) == 1 ||
                                              ::inet_pton(AF_INET6, host, &bytes) == 1;
                                     },
                                     "an address and a port, such as 127.0.0.1:9464 or [::]:9464"};
  const auto text = in.text(address);
  if (!text) return;
  out = *parse_host_port(*text, std::nullopt);
  if (out.host == "localhost") out.host = "127.0.0.1";
}

void config_reader::want(const cursor& place, named_secret& out) {
  auto name = place.secret_name(secret_file_name);
  if (!name) return;
  out.name = *name;
  wanted_->push_back({std::move(*name), &out.value, place});
}

std::filesystem::path config_reader::readable_file(const cursor& place) {
  const auto text = place.text(any_text);
  if (!text || text->empty()) return {};  // "" is how an example shows what may be given
  auto path = beside(*text);
  if (!is_readable_file(path)) place.complain("a file that can be read");
  return path;
}

std::filesystem::path config_reader::folder(const cursor& place) {
  const auto text = place.text(path_text);
  if (!text) return {};
  auto path = beside(*text);
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) place.complain("a directory that is there");
  return path;
}

std::filesystem::path config_reader::beside(const std::string& path) const {
  return (folder_ / path).lexically_normal();  // an absolute path stays as it is
}

}  // namespace sendcode::config
