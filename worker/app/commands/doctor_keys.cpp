#include "worker/app/commands/doctor_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/config/files.hpp"
#include "worker/codec/key_ring_document.hpp"

namespace sendcode::app {
namespace {

using domain::key_ring;
using domain::ring_key;
using state = finding::state;

constexpr std::chrono::days soon{14};
constexpr std::chrono::minutes lead_least{5};  // until every worker has read a changed file
constexpr std::chrono::days ref_life{7};

timestamp begin_of(const ring_key& key) {
  return key.not_before.value_or(timestamp::min());
}

// The key that takes over from this one: of those that begin later, the first.
const ring_key* successor_of(const key_ring& ring, const ring_key& key) {
  const ring_key* out = nullptr;
  for (const auto& each : ring.keys()) {
    if (begin_of(each) <= begin_of(key)) continue;
    if (out == nullptr || begin_of(each) < begin_of(*out)) out = &each;
  }
  return out;
}

timestamp now() {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

std::string name_of(const ring_key& key) {
  return "key " + key.id;
}

std::optional<finding> judge_end(const key_ring& ring, const ring_use& use, const ring_key& signing, timestamp now) {
  if (!signing.not_after) return std::nullopt;
  const auto* next = successor_of(ring, signing);
  if (next != nullptr && begin_of(*next) <= *signing.not_after) return std::nullopt;
  const auto ends = to_rfc3339(*signing.not_after);
  if (next != nullptr) {
    return finding{.is = state::wrong,
                   .about = "key ring " + use.name,
                   .detail = fmt::format("no key signs between {} and {}", ends, to_rfc3339(begin_of(*next))),
                   .advice = "let one end after the next begins: " + use.without};
  }
  if (*signing.not_after - now > soon) return std::nullopt;
  return finding{.is = state::warning,
                 .about = "key ring " + use.name,
                 .detail = fmt::format("{} signs until {}, and no other follows", name_of(signing), ends),
                 .advice = "add one by `sendcode keys add`: " + use.without + " then"};
}

// A key must check what it signed, to the end of that.
std::optional<finding> judge_overlap(const key_ring& ring, const ring_use& use, const ring_key& key, timestamp now) {
  const auto* next = successor_of(ring, key);
  if (next == nullptr || !key.not_after || !next->not_before) return std::nullopt;
  const auto needed = *next->not_before + use.life;
  if (*key.not_after >= needed || now >= needed) return std::nullopt;
  return finding{
      .is = state::warning,
      .about = "key ring " + use.name,
      .detail = fmt::format("{} ends {}, before all that it signed has", name_of(key), to_rfc3339(*key.not_after)),
      .advice = "set its not_after to " + to_rfc3339(needed) + " or later"};
}

std::optional<finding> judge_lead(const ring_use& use, const ring_key& key, std::size_t keys, timestamp now) {
  if (keys < 2 || !use.changed || !key.not_before) return std::nullopt;
  const auto lead = *key.not_before - *use.changed;
  if (lead < milliseconds{0} || lead >= lead_least || now >= *key.not_before + lead_least) return std::nullopt;
  return finding{.is = state::warning,
                 .about = "key ring " + use.name,
                 .detail = fmt::format("{} begins {}, less than 5 minutes after its file changed ({})", name_of(key),
                                       to_rfc3339(*key.not_before), to_rfc3339(*use.changed)),
                 .advice = "set its not_before later: a worker that has not read it yet finds its codes wrong"};
}

void examine_ring(const config::secrets_directory& secrets, const config::named_secret& named, ring_use use,
                  const teller& tell) {
  const auto ring = codec::read_key_ring(named.value->expose(), named.name);
  if (!ring) {
    tell({.is = state::wrong,
          .about = "key ring " + named.name,
          .detail = "not valid: " + config::to_text(ring.error().front()),
          .advice = "make it by `sendcode keys new`, or by `sendcode keys add` from the one before"});
    return;
  }
  use.name = named.name;
  if (const auto stamp = secrets.stamp(named.name)) use.changed = from_unix_ms(stamp->modified_ns / 1'000'000);
  for (auto& found : judge_key_ring(*ring, use, now())) tell(std::move(found));
}

}  // namespace

std::vector<finding> judge_key_ring(const key_ring& ring, const ring_use& use, timestamp now) {
  const auto* signing = ring.signing_key(now);
  if (signing == nullptr) {
    return {{.is = state::wrong,
             .about = "key ring " + use.name,
             .detail = "no key signs now",
             .advice = "add one by `sendcode keys add`: until then " + use.without}};
  }
  std::vector<finding> out;
  const auto add = [&](std::optional<finding> found) {
    if (found) out.push_back(std::move(*found));
  };
  add(judge_end(ring, use, *signing, now));
  for (const auto& key : ring.keys()) {
    add(judge_overlap(ring, use, key, now));
    add(judge_lead(use, key, ring.keys().size(), now));
  }
  if (!out.empty()) return out;
  return {{.about = "key ring " + use.name,
           .detail =
               fmt::format("{} signs{}, {} in all", name_of(*signing),
                           signing->not_after ? " until " + to_rfc3339(*signing->not_after) : "", ring.keys().size())}};
}

std::vector<finding> judge_tokens(const std::vector<http_server::api_token>& tokens, timestamp now) {
  std::vector<finding> out;
  for (const auto& token : tokens) {
    if (!token.not_after || *token.not_after - now > soon) continue;
    const bool is_over = *token.not_after <= now;
    out.push_back({.is = state::warning,
                   .about = "API token " + token.id,
                   .detail = (is_over ? "ended " : "ends ") + to_rfc3339(*token.not_after),
                   .advice = is_over ? "whoever bears it gets 401: take its entry out, or give them another"
                                     : "give whoever bears it another in time: `sendcode tokens new`"});
  }
  if (out.empty()) {
    out.push_back(
        {.about = "API tokens", .detail = fmt::format("{}, none of which ends within 14 days", tokens.size())});
  }
  return out;
}

void examine_keys(const config::worker_config& config, seconds code_life, const teller& tell) {
  const config::secrets_directory secrets(config.secrets_directory);
  examine_ring(secrets, config.keys.codes, {.name = {}, .life = code_life, .without = "no code can be made"}, tell);
  if (config.keys.refs) {
    examine_ring(secrets, *config.keys.refs,
                 {.name = {}, .life = ref_life, .without = "texts are sent without asking for receipts"}, tell);
  }
  if (!config.internal_http.tokens) return;
  const auto& named = *config.internal_http.tokens;
  const auto tokens = http_server::api_tokens::parse(named.value->expose(), named.name);
  if (!tokens) {
    tell({.is = state::wrong,
          .about = "API tokens",
          .detail = "not valid: " + config::to_text(tokens.error().front()),
          .advice = "correct the list: `sendcode tokens new` prints an entry"});
    return;
  }
  for (auto& found : judge_tokens(tokens->entries(), now())) tell(std::move(found));
}

}  // namespace sendcode::app
