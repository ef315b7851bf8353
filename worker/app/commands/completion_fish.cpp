#include <fmt/format.h>

#include <set>

#include "worker/app/commands/completion_tree.hpp"

namespace sendcode::app {
namespace {

using kind = completed_value::kind;

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// Options of `complete` for a value that must stand there.
std::string fish_proposal(const completed_value& value) {
  switch (value.of) {
    case kind::words:
      return fmt::format(" -x -a '{}'", fmt::join(value.words, " "));
    case kind::file:
      return " -r -F";
    case kind::directory:
      return " -x -a '(__fish_complete_directories)'";
    case kind::other:
      return " -x";
    case kind::none:
      break;
  }
  return {};
}

std::string option_line(const completed_option& option, const std::string& start) {
  std::string out = start;
  for (const auto& name : option.names) {
    out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.value_may_be_left_out) out += fish_proposal(option.value);
  return out + " -d " + fish_quoted(option.help) + "\n";
}

std::string place_line(const completed_place& place, const std::string& start) {
  switch (place.value.of) {
    case kind::words:
      return fmt::format("{} -a '{}'\n", start, fmt::join(place.value.words, " "));
    case kind::file:
      return start + " -F\n";
    case kind::directory:
      return start + " -a '(__fish_complete_directories)'\n";
    case kind::none:
    case kind::other:
      break;
  }
  return {};
}

std::string fish_walk(const std::vector<completed_command>& tree, std::string_view program) {
  std::set<std::string> valued;
  std::string paths;
  for (const auto& command : tree) {
    if (!command.path.empty()) paths += " " + fish_quoted(command.path);
    for (const auto& option : command.options) {
      if (option.value.of != kind::none && !option.value_may_be_left_out) {
        valued.insert(option.names.begin(), option.names.end());
      }
    }
  }
  return fmt::format(R"(# Whether the command that stands before the cursor is this one.
function __{0}_at
    set -l path
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip -eq 1
            set skip 0
            continue
        end
        switch $word
            case {1}
                set skip 1
            case '-*'
            case '*'
                set -l longer (string trim -- "$path $word")
                contains -- $longer{2}
                and set path $longer
        end
    end
    test "$path" = "$argv[1]"
end

)",
                     program, fmt::join(valued, " "), paths);
}

}  // namespace

std::string fish_completion(const std::vector<completed_command>& tree, std::string_view program) {
  std::string out = fmt::format("# Completion of {0} for fish, made by `{0} completion fish`.\n\n", program);
  out += fish_walk(tree, program);
  out += fmt::format("complete -c {} -f\n", program);
  for (const auto& command : tree) {
    const auto start = fmt::format("complete -c {0} -n \"__{0}_at '{1}'\"", program, command.path);
    for (const auto& [name, help] : command.commands)
      out += fmt::format("{} -a {} -d {}\n", start, name, fish_quoted(help));
    for (const auto& option : command.options) out += option_line(option, start);
    for (const auto& place : command.places) out += place_line(place, start);
  }
  return out;
}

}  // namespace sendcode::app
