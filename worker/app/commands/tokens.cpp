#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/config/rules.hpp"
#include "common/crypto.hpp"
#include "common/timestamp.hpp"
#include "worker/app/commands/command.hpp"

namespace sendcode::app {
namespace {

struct token_options {
  std::string id;
  std::vector<std::string> environments;
  std::vector<std::string> applications;
  std::vector<std::string> scopes;
  std::string not_after;
};

bool is_token_id(std::string_view text) {
  return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

// Ids, none twice; or "*" alone.
bool is_id_list(const std::vector<std::string>& names) {
  if (names == std::vector<std::string>{"*"}) return true;
  auto sorted = names;
  std::ranges::sort(sorted);
  return !names.empty() && std::ranges::adjacent_find(sorted) == sorted.end() &&
         std::ranges::all_of(names, [](const auto& name) { return config::identifier.accepts(name); });
}

// What is wrong with the options; empty: nothing.
std::string wrong_option(const token_options& chosen) {
  if (!is_token_id(chosen.id)) return "--id: 1 to 32 letters and digits";
  if (!is_id_list(chosen.environments)) return "--environments: ids separated by commas, or '*' for all";
  if (!is_id_list(chosen.applications)) return "--applications: ids separated by commas, or '*' for all";
  auto scopes = chosen.scopes;
  std::ranges::sort(scopes);
  if (std::ranges::adjacent_find(scopes) != scopes.end()) return "--scopes: each only once";
  if (chosen.not_after.empty()) return "";
  const auto ends = from_rfc3339(chosen.not_after);
  if (!ends || *ends <= std::chrono::system_clock::now()) {
    return "--not-after: a time to come, such as 2027-11-23T08:15:30Z";
  }
  return "";
}

void print_entry(const nlohmann::ordered_json& entry, std::ostream& out) {
  std::string_view lead = "- ";
  for (const auto& [name, value] : entry.items())
    out << std::exchange(lead, "  ") << name << ": " << value.dump() << '\n';
}

void make_token(const token_options& chosen, context& with) {
  if (const auto wrong = wrong_option(chosen); !wrong.empty()) {
    with.err << "sendcode tokens new: " << wrong << '\n';
    with.result = exit_code::wrong_use;
    return;
  }
  byte_array<32> bytes{};
  fill_random(bytes);
  const auto token = "sct_" + chosen.id + "_" + to_base64url(as_text(bytes));
  wipe(bytes.data(), bytes.size());
  const auto hash = sha256(token);
  nlohmann::ordered_json entry = {{"id", chosen.id},
                                  {"sha256", to_hex(as_text(hash))},
                                  {"environments", chosen.environments},
                                  {"applications", chosen.applications},
                                  {"scopes", chosen.scopes}};
  if (!chosen.not_after.empty()) entry["not_after"] = to_rfc3339(*from_rfc3339(chosen.not_after));
  if (with.json) {
    with.out << nlohmann::ordered_json{{"token", token}, {"entry", entry}}.dump() << '\n';
    return;
  }
  with.out << "# The token, for the caller. It is not kept anywhere and not shown again:\n"
           << token << "\n\n# Its entry, for the list in the secret api_tokens:\n";
  print_entry(entry, with.out);
}

}  // namespace

void add_tokens_commands(CLI::App& program, context& with) {
  auto* tokens = program.add_subcommand("tokens", "Make API tokens");
  tokens->require_subcommand(1);
  tokens->footer(
      "Example:\n"
      "  sendcode tokens new --id signin --environments env_live --applications app_web --scopes check,status");

  auto chosen = std::make_shared<token_options>();
  auto* fresh = tokens->add_subcommand("new", "Print a new API token and its entry for the secret api_tokens");
  fresh->add_option("--id", chosen->id, "Name of the token: letters and digits")->required();
  fresh->add_option("--environments", chosen->environments, "Environment ids, or '*'")->required()->delimiter(',');
  fresh->add_option("--applications", chosen->applications, "Application ids, or '*'")->required()->delimiter(',');
  fresh->add_option("--scopes", chosen->scopes, "Of check, status, cancel, unlock")
      ->required()
      ->delimiter(',')
      ->check(CLI::IsMember({"check", "status", "cancel", "unlock"}));
  fresh->add_option("--not-after", chosen->not_after, "When it ends (RFC 3339; default: never)");
  fresh->footer(
      "Only the hash stands in the entry; append it to the file and the worker takes it up by itself.\n\n"
      "Examples:\n"
      "  sendcode tokens new --id signin --environments env_live --applications app_web --scopes check,status\n"
      "  sendcode tokens new --id ops --environments '*' --applications '*' --scopes unlock \\\n"
      "    --not-after 2027-01-01T00:00:00Z --json");
  fresh->callback([chosen, &with] { make_token(*chosen, with); });
}

}  // namespace sendcode::app
