#include "worker/app/commands/completion_tree.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <sstream>

#include "tests/catch.hpp"
#include "worker/app/commands/command.hpp"

using namespace sendcode;
using kind = app::completed_value::kind;

namespace {

std::map<std::string, app::completed_command> the_tree() {
  std::ostringstream nowhere;
  app::context with{.out = nowhere, .err = nowhere};
  CLI::App program{"sendcode"};
  program.name("sendcode");
  program.fallthrough();
  program.set_version_flag("--version", "1");
  program.add_flag("--json", with.json, "Output for programs: JSON, one object a line");
  app::add_settings_commands(program, with);
  app::add_dead_letters_commands(program, with);
  app::add_tokens_commands(program, with);
  app::add_completion_command(program, with);
  std::map<std::string, app::completed_command> out;
  for (auto& each : app::read_tree(program)) out.emplace(each.path, std::move(each));
  return out;
}

const app::completed_option* find(const app::completed_command& in, const std::string& name) {
  const auto found = std::ranges::find_if(
      in.options, [&](const auto& each) { return std::ranges::find(each.names, name) != each.names.end(); });
  return found == in.options.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("every command is in the tree, with what may stand behind it") {
  const auto tree = the_tree();
  REQUIRE(tree.contains(""));
  REQUIRE(tree.contains("dead-letters replay"));
  const auto& letters = tree.at("dead-letters").commands;
  REQUIRE(letters.size() == 3);
  CHECK(letters[0].first == "list");
  CHECK(letters[0].second == "List the dead letters: where, when, why, and where they came from");
}

TEST_CASE("an option knows its names, whether it takes a value, and which") {
  const auto tree = the_tree();
  const auto& replay = tree.at("dead-letters replay");
  const auto* error = find(replay, "--error");
  REQUIRE(error != nullptr);
  CHECK(error->value.of == kind::words);
  CHECK(error->value.words == std::vector<std::string>{"not_cloudevent", "invalid_json", "invalid_event", "too_large",
                                                       "id_reused", "poison"});
  CHECK(find(replay, "--config")->value.of == kind::file);
  CHECK(find(replay, "--since")->value.of == kind::other);
  CHECK(find(replay, "--all")->value.of == kind::none);
  CHECK(find(replay, "--execute") == find(replay, "--yes"));
  CHECK(find(replay, "--offset")->may_repeat);
  CHECK_FALSE(find(replay, "--config")->may_repeat);
  CHECK(find(tree.at("tokens new"), "--scopes")->value.words ==
        std::vector<std::string>{"check", "status", "cancel", "unlock"});
}

TEST_CASE("what holds for the whole program holds for each command, but for its help and version") {
  const auto tree = the_tree();
  const auto& list = tree.at("dead-letters list");
  CHECK(find(list, "--json") != nullptr);
  CHECK(find(list, "--version") == nullptr);
  CHECK(find(tree.at(""), "--version")->ends);
  const auto helps = std::ranges::count_if(list.options, [](const auto& each) { return each.ends; });
  CHECK(helps == 1);
}

TEST_CASE("words without a name are places, with what they may be") {
  const auto tree = the_tree();
  REQUIRE(tree.at("completion").places.size() == 1);
  CHECK(tree.at("completion").places[0].value.words == std::vector<std::string>{"bash", "zsh", "fish"});
  CHECK(tree.at("settings validate").places[0].value.of == kind::directory);
}
