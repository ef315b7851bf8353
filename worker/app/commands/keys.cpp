#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/config/files.hpp"
#include "common/crypto.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/codec/key_ring_document.hpp"

namespace sendcode::app {
namespace {

using domain::key_ring;
using domain::ring_key;

constexpr std::chrono::minutes lead_time_min{5};  // until every worker has read the new file
constexpr std::chrono::minutes lead_time_default{10};
constexpr std::chrono::days overlap{8};  // codes live 2 hours at most, receipts' refs 7 days

timestamp now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

secret_ptr make_key() {
  byte_array<32> bytes{};
  fill_random(bytes);
  auto out = std::make_shared<const secret>(std::string(as_text(bytes)));
  wipe(bytes.data(), bytes.size());
  return out;
}

std::string make_id() {
  byte_array<4> bytes{};
  fill_random(bytes);
  return "k" + to_hex(as_text(bytes));
}

// A ring as the file that holds it: YAML, or JSON, which the worker takes as well.
void print(const std::vector<ring_key>& keys, const context& with) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& key : keys) {
    auto entry = nlohmann::ordered_json{{"id", key.id}, {"key", to_base64(key.key->expose())}};
    if (key.not_before) entry["not_before"] = to_rfc3339(*key.not_before);
    if (key.not_after) entry["not_after"] = to_rfc3339(*key.not_after);
    list.push_back(std::move(entry));
  }
  if (with.json) {
    with.out << list.dump() << '\n';
    return;
  }
  for (const auto& entry : list) {
    std::string_view lead = "- ";
    for (const auto& [name, value] : entry.items()) {
      with.out << std::exchange(lead, "  ") << name << ": " << value.dump() << '\n';
    }
  }
}

void make_file(const std::string& kind, context& with) {
  if (kind != "subjects") return print({{make_id(), make_key(), now(), std::nullopt}}, with);
  const auto key = to_base64(make_key()->expose());
  if (with.json) {
    with.out << nlohmann::json{{"key", key}}.dump() << '\n';
  } else {
    with.out << key << '\n';
  }
}

std::optional<key_ring> read_file(const std::string& file, context& with) {
  auto text = config::read_document(file);
  if (!text) {
    with.err << "sendcode keys add: " << file << ": " << config::to_text(text.error()) << '\n';
    return std::nullopt;
  }
  auto ring = codec::read_key_ring(*text, file);
  wipe(*text);
  if (ring) return std::move(*ring);
  with.err << config::to_text(ring.error()) << "sendcode keys add: the file is no key ring\n";
  return std::nullopt;
}

void add_key(const std::string& file, const std::string& not_before, context& with) {
  with.result = exit_code::wrong_use;
  const auto begins = not_before.empty() ? now() + lead_time_default : from_rfc3339(not_before);
  if (!begins || *begins < now() + lead_time_min) {
    with.err << "sendcode keys add: --not-before: a time at least 5 minutes ahead, such as 2026-11-23T08:15:30Z: every "
                "worker must know the key before one of them signs with it\n";
    return;
  }
  const auto ring = read_file(file, with);
  if (!ring) return;
  std::vector<ring_key> keys;
  for (auto key : ring->keys()) {
    if (key.not_after && *key.not_after <= now()) continue;  // checks nothing any more
    if (!key.not_after) key.not_after = *begins + overlap;
    keys.push_back(std::move(key));
  }
  keys.push_back({make_id(), make_key(), begins, std::nullopt});
  if (const auto made = key_ring::make(keys); !made) {
    with.err << "sendcode keys add: " << file << ": " << to_text(made.error()) << '\n';
    return;
  }
  print(keys, with);
  with.result = exit_code::done;
}

}  // namespace

void add_keys_commands(CLI::App& program, context& with) {
  auto* keys = program.add_subcommand("keys", "Make the key files that the secrets directory holds");
  keys->require_subcommand(1);
  keys->footer(
      "Examples:\n"
      "  sendcode keys new codes > secrets/keys/codes\n"
      "  sendcode keys add secrets/keys/codes > codes.new && mv codes.new secrets/keys/codes");

  auto kind = std::make_shared<std::string>();
  auto* fresh = keys->add_subcommand("new", "Print a new key file whole");
  fresh->add_option("kind", *kind, "codes (what codes are derived from), refs (receipts), subjects (Redis keys)")
      ->required()
      ->check(CLI::IsMember({"codes", "refs", "subjects"}));
  fresh->footer(
      "codes and refs rotate by `sendcode keys add`. subjects never changes: with another key every limit and "
      "lock-out\n"
      "would begin anew.\n\n"
      "Examples:\n"
      "  sendcode keys new codes > secrets/keys/codes\n"
      "  sendcode keys new refs > secrets/keys/refs\n"
      "  sendcode keys new subjects > secrets/keys/subjects");
  fresh->callback([kind, &with] { make_file(*kind, with); });

  auto file = std::make_shared<std::string>();
  auto not_before = std::make_shared<std::string>();
  auto* more = keys->add_subcommand("add", "Print a key file (codes or refs) with a further key");
  more->add_option("file", *file, "The file as it is")->required();
  more->add_option("--not-before", *not_before, "When the new key begins to sign (default: in 10 minutes)");
  more->footer(
      "Older keys go on checking: one without an end gets not_after, 8 days after the new key begins. Keys that have\n"
      "ended are left out. Put the new file before every worker within the 10 minutes.\n\n"
      "Example:\n"
      "  sendcode keys add secrets/keys/codes > codes.new && mv codes.new secrets/keys/codes");
  more->callback([file, not_before, &with] { add_key(*file, *not_before, with); });
}

}  // namespace sendcode::app
