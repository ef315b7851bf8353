#include "worker/app/watched_key_ring.hpp"

#include "common/logging.hpp"
#include "worker/codec/key_ring_document.hpp"

namespace sendcode::app {

std::expected<watched_key_ring, std::string> watched_key_ring::open(const config::secrets_directory& secrets,
                                                                    const config::named_secret& named,
                                                                    std::string_view label) {
  watched_key_ring out(secrets, named.name, label);
  // What stands there now, which from here on is watched; the configuration was read a moment ago.
  const auto file = out.file_.poll();
  const secret& text = file && *file ? ***file : *named.value;
  const auto ring = codec::read_key_ring(text.expose(), named.name);
  if (!ring) return std::unexpected(config::to_text(ring.error()));
  out.ring_ = std::make_shared<const domain::key_ring>(ring->derive(label));
  return out;
}

bool watched_key_ring::poll() {
  const auto file = file_.poll();
  if (!file) return false;
  if (!*file) {
    log::error("the key ring cannot be read: the last one stays in force",
               {{"secret", file_.name()}, {"why", to_text(file->error())}});
    return false;
  }
  const auto ring = codec::read_key_ring((**file)->expose(), file_.name());
  if (ring) {
    ring_ = std::make_shared<const domain::key_ring>(ring->derive(label_));
    log::info("the key ring was read again", {{"secret", file_.name()}, {"keys", ring->keys().size()}});
    return true;
  }
  for (const auto& problem : ring.error()) {
    log::error("the key ring is not valid: the last one stays in force", {{"problem", config::to_text(problem)}});
  }
  return false;
}

}  // namespace sendcode::app
