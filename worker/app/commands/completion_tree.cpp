#include "worker/app/commands/completion_tree.hpp"

#include <CLI/CLI.hpp>
#include <utility>

namespace sendcode::app {
namespace {

using kind = completed_value::kind;

std::string first_sentence(const std::string& help) {
  const auto line = help.substr(0, help.find('\n'));
  const auto end = line.find_first_of(".;");
  // Not in the middle of "worker.yaml".
  const bool is_end = end != std::string::npos && (end + 1 == line.size() || line[end + 1] == ' ');
  return is_end ? line.substr(0, end) : line;
}

// CLI11 tells the members of a set only in the name of the type: "TEXT:{sign_in,mfa}".
std::vector<std::string> members_of(const std::string& type) {
  const auto from = type.find('{');
  const auto to = type.find('}');
  if (from == std::string::npos || to == std::string::npos || to < from) return {};
  return CLI::detail::split(type.substr(from + 1, to - from - 1), ',');
}

completed_value value_of(const CLI::Option& option, const std::string& name) {
  if (option.get_items_expected_max() == 0) return {};
  if (auto words = members_of(option.get_type_name()); !words.empty()) return {kind::words, std::move(words)};
  if (name == "config" || name == "files" || name.ends_with("file")) return {kind::file};
  if (name.ends_with("directory")) return {kind::directory};
  return {kind::other};
}

completed_option read_option(const CLI::Option& option) {
  completed_option out{.names = {}, .help = first_sentence(option.get_description()), .value = {}};
  for (const auto& name : option.get_snames()) out.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) out.names.push_back("--" + name);
  const auto& longest = option.get_lnames().empty() ? option.get_snames().front() : option.get_lnames().front();
  out.value = value_of(option, longest);
  out.value_may_be_left_out = out.value.of != kind::none && option.get_items_expected_min() == 0;
  out.may_repeat = option.get_items_expected_max() > 1;
  return out;
}

void read_options(const CLI::App& command, bool as_parent, completed_command& out) {
  for (const auto* option : command.get_options()) {
    const bool ends = option == command.get_help_ptr() || option == command.get_version_ptr();
    if (as_parent && ends) continue;
    if (option->get_positional()) {
      const auto name = option->get_name(true);
      out.places.push_back({name, value_of(*option, name), option->get_items_expected_max() > 1});
    } else if (!option->get_lnames().empty() || !option->get_snames().empty()) {
      out.options.push_back(read_option(*option));
      out.options.back().ends = ends;
    }
  }
}

void read_command(const CLI::App& command, const std::string& path, const std::vector<const CLI::App*>& above,
                  std::vector<completed_command>& tree) {
  const auto every = [](const CLI::App*) { return true; };
  completed_command out{.path = path, .commands = {}, .options = {}, .places = {}};
  read_options(command, false, out);
  for (const auto* parent : above) read_options(*parent, true, out);
  const auto below = command.get_subcommands(every);
  for (const auto* each : below) out.commands.emplace_back(each->get_name(), first_sentence(each->get_description()));
  tree.push_back(std::move(out));
  auto above_next = above;
  above_next.push_back(&command);
  for (const auto* each : below) {
    read_command(*each, path.empty() ? each->get_name() : path + " " + each->get_name(), above_next, tree);
  }
}

}  // namespace

std::vector<completed_command> read_tree(const CLI::App& program) {
  std::vector<completed_command> out;
  read_command(program, "", {}, out);
  return out;
}

}  // namespace sendcode::app
