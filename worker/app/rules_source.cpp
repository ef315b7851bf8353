#include "worker/app/rules_source.hpp"

#include <algorithm>

#include "common/crypto.hpp"
#include "common/logging.hpp"
#include "worker/adapters/kafka/topic_follower.hpp"
#include "worker/adapters/settings/settings_directory.hpp"
#include "worker/adapters/settings/settings_topic.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/codec/key_ring_document.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"
#include "worker/domain/receipt_ref.hpp"

namespace sendcode::app {
namespace {

constexpr std::size_t warnings_told_max = 50;  // at a time: a start with thousands of documents is no place for more

std::unique_ptr<adapters::settings_source> make_settings_source(const config::worker_config& config,
                                                                const config::secrets_directory& secrets) {
  if (!config.settings.directory.empty()) {
    return std::make_unique<adapters::settings_directory>(config.settings.directory, secrets);
  }
  const auto& topic = config.kafka.settings_topic;
  auto log = std::make_unique<kafka::topic_follower>(to_properties(config.kafka), topic);
  return std::make_unique<adapters::settings_topic>(std::move(log), topic, secrets);
}

}  // namespace

std::expected<secret_ptr, std::string> read_subjects_key(const config::worker_config& config) {
  auto key = codec::read_single_key(config.keys.subjects.value->expose(), config.keys.subjects.name);
  if (!key) return std::unexpected(config::to_text(key.error()) + '\n');
  return std::move(*key);
}

std::expected<rules_source, std::string> rules_source::open(const config::worker_config& config) {
  rules_source out(config);
  auto codes = watched_key_ring::open(*out.secrets_, config.keys.codes, domain::code_key_label);
  const auto subjects = read_subjects_key(config);
  std::string problems;
  if (!codes) problems += codes.error();
  if (!subjects) problems += subjects.error();
  if (config.twilio.status_callback_url) {
    auto refs = watched_key_ring::open(*out.secrets_, *config.keys.refs, domain::ref_key_label);
    if (!refs) {
      problems += refs.error();
    } else {
      out.refs_ = std::move(*refs);
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));

  const digest device_key = hkdf_sha256((*subjects)->expose(), domain::device_token_key_label);
  out.rules_.settings = std::make_shared<const domain::settings_snapshot>();  // nothing is known yet
  out.codes_ = std::move(*codes);
  out.rules_.code_keys = out.codes_->ring();
  if (out.refs_) out.rules_.ref_keys = out.refs_->ring();
  out.rules_.device_token_key = std::make_shared<const secret>(std::string(as_text(device_key)));
  return out;
}

rules_source::rules_source(const config::worker_config& config)
    : secrets_(std::make_unique<config::secrets_directory>(config.secrets_directory)),
      settings_(make_settings_source(config, *secrets_)) {}

std::optional<pipeline::rules> rules_source::poll() {
  bool changed = false;
  if (auto settings = settings_->poll()) {
    rules_.settings = std::move(settings);
    warn_of_settings();
    changed = true;
  }
  if (codes_->poll()) {
    rules_.code_keys = codes_->ring();
    changed = true;
  }
  if (refs_ && refs_->poll()) {
    rules_.ref_keys = refs_->ring();
    changed = true;
  }
  if (refs_) watch_refs();
  return changed ? std::optional(rules_) : std::nullopt;
}

// Each warning once, and again only if the document came to be without it. Missing secrets are said by who reads them.
void rules_source::warn_of_settings() {
  const auto& environments = rules_.settings->environments;
  std::erase_if(warned_, [&](const auto& known) { return !environments.contains(known.first); });
  std::size_t told = 0;
  std::size_t left_out = 0;
  for (const auto& [id, settings] : environments) {
    auto& known = warned_[id];
    if (known.of == settings) continue;
    known.of = settings;
    auto warnings = domain::warnings_of(*settings);
    for (const auto& each : warnings) {
      if (std::ranges::find(known.told, each) != known.told.end()) continue;
      if (told == warnings_told_max) {
        ++left_out;
        continue;
      }
      ++told;
      log::warn("settings are valid, and may not be what is wanted",
                {{"environment", id}, {"key", each.key}, {"what", each.what}, {"advice", each.advice}});
    }
    known.told = std::move(warnings);
  }
  if (left_out > 0) {
    log::warn("more settings may not be what is wanted: `sendcode settings validate` tells all", {{"more", left_out}});
  }
}

// Without such a key texts are sent all the same, which nobody would notice.
void rules_source::watch_refs() {
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  const bool sealable = rules_.ref_keys->signing_key(now) != nullptr;
  if (!sealable && refs_sealable_) {
    log::warn("no key of the ring `refs` is valid now: texts are sent without asking for receipts");
  }
  refs_sealable_ = sealable;
}

}  // namespace sendcode::app
