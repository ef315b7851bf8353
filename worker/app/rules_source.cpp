#include "worker/app/rules_source.hpp"

#include "common/crypto.hpp"
#include "common/logging.hpp"
#include "worker/codec/key_ring_document.hpp"
#include "worker/domain/code.hpp"
#include "worker/domain/device_token.hpp"

namespace sendcode::app {
namespace {

std::shared_ptr<const domain::key_ring> for_codes(const domain::key_ring& ring) {
  return std::make_shared<const domain::key_ring>(ring.derive(domain::code_key_label));
}

}  // namespace

std::expected<secret_ptr, std::string> read_subjects_key(const config::worker_config& config) {
  auto key = codec::read_single_key(config.keys.subjects.value->expose(), config.keys.subjects.name);
  if (!key) return std::unexpected(config::to_text(key.error()) + '\n');
  return std::move(*key);
}

std::expected<rules_source, std::string> rules_source::open(const config::worker_config& config) {
  rules_source out(config);
  // What stands there now, which from here on is watched; the configuration was read a moment ago.
  const auto file = out.codes_.poll();
  const secret& codes = file && *file ? ***file : *config.keys.codes.value;
  const auto ring = codec::read_key_ring(codes.expose(), config.keys.codes.name);
  const auto subjects = read_subjects_key(config);
  std::string problems;
  if (!ring) problems += config::to_text(ring.error());
  if (!subjects) problems += subjects.error();
  if (!problems.empty()) return std::unexpected(std::move(problems));

  const digest device_key = hkdf_sha256((*subjects)->expose(), domain::device_token_key_label);
  out.rules_.settings = std::make_shared<const domain::settings_snapshot>();  // nothing is known yet
  out.rules_.code_keys = for_codes(*ring);
  out.rules_.device_token_key = std::make_shared<const secret>(std::string(as_text(device_key)));
  return out;
}

rules_source::rules_source(const config::worker_config& config)
    : secrets_(std::make_unique<config::secrets_directory>(config.secrets_directory)),
      settings_(config.settings.directory, *secrets_),
      codes_(*secrets_, config.keys.codes.name) {}

std::optional<pipeline::rules> rules_source::poll() {
  bool changed = false;
  if (auto settings = settings_.poll()) {
    rules_.settings = std::move(settings);
    changed = true;
  }
  if (const auto file = codes_.poll()) {
    changed = true;
    if (*file) {
      take_codes(**file);
    } else {
      log::error("the key ring cannot be read: the last one stays in force",
                 {{"secret", codes_.name()}, {"why", to_text(file->error())}});
    }
  }
  return changed ? std::optional(rules_) : std::nullopt;
}

void rules_source::take_codes(const secret_ptr& file) {
  const auto ring = codec::read_key_ring(file->expose(), codes_.name());
  if (ring) {
    rules_.code_keys = for_codes(*ring);
    log::info("the key ring was read again", {{"secret", codes_.name()}, {"keys", ring->keys().size()}});
    return;
  }
  for (const auto& problem : ring.error()) {
    log::error("the key ring is not valid: the last one stays in force", {{"problem", config::to_text(problem)}});
  }
}

}  // namespace sendcode::app
