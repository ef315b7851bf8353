#include <fmt/format.h>

#include "worker/app/commands/completion_tree.hpp"

namespace sendcode::app {
namespace {

using kind = completed_value::kind;

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// What _words and _kind are set to for a value; empty: there is nothing to propose.
std::string bash_proposal(const completed_value& value) {
  switch (value.of) {
    case kind::words:
      return fmt::format("words='{}'", joined(value.words));
    case kind::file:
      return "kind=file";
    case kind::directory:
      return "kind=directory";
    case kind::none:
    case kind::other:
      break;
  }
  return {};
}

std::string of_commands(const std::vector<completed_command>& tree) {
  std::string out;
  for (const auto& command : tree) {
    std::vector<std::string> names;
    std::vector<std::string> options;
    std::vector<std::string> valued;
    for (const auto& [name, help] : command.commands) names.push_back(name);
    for (const auto& option : command.options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
      if (option.value.of == kind::none || option.value_may_be_left_out) continue;
      valued.insert(valued.end(), option.names.begin(), option.names.end());
    }
    out += fmt::format("    '{}') commands='{}' options='{}' valued='{}' ;;\n", command.path, joined(names),
                       joined(options), joined(valued));
  }
  return out;
}

std::string of_values(const std::vector<completed_command>& tree) {
  std::string out;
  for (const auto& command : tree) {
    for (const auto& option : command.options) {
      const auto told = bash_proposal(option.value);
      if (told.empty()) continue;
      for (const auto& name : option.names) out += fmt::format("    '{} {}') {} ;;\n", command.path, name, told);
    }
    for (std::size_t i = 0; i < command.places.size(); ++i) {
      const auto told = bash_proposal(command.places[i].value);
      if (told.empty()) continue;
      const auto at = command.places[i].may_repeat ? std::string("[0-9]*") : std::to_string(i);
      out += fmt::format("    '{} '{}) {} ;;\n", command.path, at, told);
    }
  }
  return out;
}

constexpr std::string_view bash_walk = R"(
_%() {
  local current=${COMP_WORDS[COMP_CWORD]} path='' option='' words='' kind='' places=0 word i
  local commands options valued
  COMPREPLY=()
  _%_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      # bash gives --option=value as three words.
      if [[ $word != '=' ]]; then option=''; fi
    elif [[ $word == -* ]]; then
      if [[ " $valued " == *" $word "* ]]; then option=$word; fi
    elif [[ " $commands " == *" $word "* ]]; then
      path=${path:+$path }$word
      _%_command "$path"
    else
      places=$((places + 1))
    fi
  done
  if [[ -n $option ]]; then
    if [[ $current == '=' ]]; then current=''; fi
    _%_value "$path $option"
  elif [[ $current == -* ]]; then
    words=$options
  elif [[ -n $commands ]]; then
    words=$commands
  else
    _%_value "$path $places"
    if [[ -z $words$kind ]]; then words=$options; fi
  fi
  case $kind in
    file) _%_reply -f ;;
    directory) _%_reply -d ;;
    *) _%_reply -W "$words" ;;
  esac
}

_%_reply() {
  local found
  if [[ $1 != -W ]]; then compopt -o filenames 2>/dev/null; fi
  while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen "$@" -- "$current")
}

complete -F _% %
)";

std::string named(std::string_view text, std::string_view program) {
  std::string out;
  for (const char c : text) {
    if (c == '%') {
      out += program;
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string bash_completion(const std::vector<completed_command>& tree, std::string_view program) {
  return fmt::format(
      "# Completion of {0} for bash, made by `{0} completion bash`.\n\n"
      "# What may stand behind a command, its options, and those of them that take a value.\n"
      "_{0}_command() {{\n  commands='' options='' valued=''\n  case $1 in\n{1}  esac\n}}\n\n"
      "# What a command's option, or its n-th word without one, may be.\n"
      "_{0}_value() {{\n  case $1 in\n{2}  esac\n}}\n{3}",
      program, of_commands(tree), of_values(tree), named(bash_walk, program));
}

}  // namespace sendcode::app
