#include <fmt/format.h>

#include <algorithm>

#include "worker/app/commands/completion_tree.hpp"

namespace sendcode::app {
namespace {

using kind = completed_value::kind;

// Within single quotes, `\` before what _arguments and _describe would read as their own.
std::string zsh_quoted(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string function_of(std::string_view program, const std::string& path) {
  std::string out = "_" + std::string(program);
  if (!path.empty()) out += "_" + path;
  std::ranges::replace(out, ' ', '_');
  std::ranges::replace(out, '-', '_');
  return out;
}

std::string action(const completed_value& value) {
  switch (value.of) {
    case kind::words:
      return fmt::format("({})", fmt::join(value.words, " "));
    case kind::file:
      return "_files";
    case kind::directory:
      return "_files -/";
    case kind::none:
    case kind::other:
      break;
  }
  return " ";
}

// One line of _arguments, such as '--config=[worker.yaml]:config:_files'.
std::string specification(const completed_option& option) {
  const bool takes_value = option.value.of != kind::none;
  std::string behind = "[" + zsh_quoted(option.help, "\\[]:") + "]";
  if (takes_value) {
    behind += option.value_may_be_left_out ? "::" : ":";
    behind += option.names.back().substr(option.names.back().find_first_not_of('-')) + ":" + action(option.value);
  }
  const std::string_view equals = takes_value ? "=" : "";
  const std::string before = option.ends ? "(- *)" : "";
  if (option.may_repeat || option.names.size() == 1) {
    std::string out;
    for (const auto& name : option.names) {
      if (!out.empty()) out += ' ';
      out += fmt::format("'{}{}{}{}{}'", before, option.may_repeat ? "*" : "", name, equals, behind);
    }
    return out;
  }
  // Each keeps the others away.
  std::vector<std::string> names = option.names;
  for (auto& name : names) name += equals;
  return fmt::format("'{}'{{{}}}'{}'", option.ends ? before : fmt::format("({})", fmt::join(option.names, " ")),
                     fmt::join(names, ","), behind);
}

void append_command(std::string& out, const completed_command& command, std::string_view program) {
  const auto function = function_of(program, command.path);
  out += fmt::format("{}() {{\n", function);
  if (!command.commands.empty()) out += "  local curcontext=$curcontext state line\n  typeset -A opt_args\n";
  out += command.commands.empty() ? "  _arguments : \\\n" : "  _arguments -C : \\\n";
  for (const auto& option : command.options) out += "    " + specification(option) + " \\\n";
  for (const auto& place : command.places) {
    out += fmt::format("    '{}:{}:{}' \\\n", place.may_repeat ? "*" : "", zsh_quoted(place.name, ":"),
                       action(place.value));
  }
  if (command.commands.empty()) {
    out += "    && return\n}\n\n";
    return;
  }
  out += fmt::format("    '1:command:{}_commands' \\\n    '*::argument:->next' && return\n", function);
  out += "  [[ $state == next ]] || return\n  case $words[1] in\n";
  for (const auto& [name, help] : command.commands) {
    out += fmt::format("    {}) {} ;;\n", name,
                       function_of(program, command.path.empty() ? name : command.path + " " + name));
  }
  out += fmt::format("  esac\n}}\n\n{}_commands() {{\n  local -a commands\n  commands=(\n", function);
  for (const auto& [name, help] : command.commands) out += fmt::format("    '{}:{}'\n", name, zsh_quoted(help, "\\:"));
  out += "  )\n  _describe -t commands command commands\n}\n\n";
}

}  // namespace

std::string zsh_completion(const std::vector<completed_command>& tree, std::string_view program) {
  std::string out =
      fmt::format("#compdef {0}\n# Completion of {0} for zsh, made by `{0} completion zsh`.\n\n", program);
  for (const auto& command : tree) append_command(out, command, program);
  // From fpath this file is the function itself; read by `source` it has to say whom it completes.
  out += fmt::format("if [[ $funcstack[1] == _{0} ]]; then\n  _{0} \"$@\"\nelse\n  compdef _{0} {0}\nfi\n", program);
  return out;
}

}  // namespace sendcode::app
