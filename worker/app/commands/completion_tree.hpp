#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

// The commands of a program as the completions of shells need them.
namespace sendcode::app {

struct completed_value {
  enum class kind : std::uint8_t { none, words, file, directory, other };
  kind of = kind::none;              // none: a flag
  std::vector<std::string> words{};  // all that are allowed
};

struct completed_option {
  std::vector<std::string> names;  // "-h", "--help"
  std::string help;                // its first sentence
  completed_value value;
  bool value_may_be_left_out = false;
  bool may_repeat = false;
  bool ends = false;  // nothing else matters beside it: help, version
};

struct completed_place {
  std::string name;
  completed_value value;
  bool may_repeat = false;
};

struct completed_command {
  std::string path;                                           // "dead-letters list"; empty: the program itself
  std::vector<std::pair<std::string, std::string>> commands;  // name and help of those below it
  std::vector<completed_option> options;  // those of the commands above it too, where they hold here
  std::vector<completed_place> places;    // its words without a name
};

// The program first, then each command before those below it.
std::vector<completed_command> read_tree(const CLI::App& program);

// The whole script. What it completes is called `program`.
std::string bash_completion(const std::vector<completed_command>& tree, std::string_view program);
std::string zsh_completion(const std::vector<completed_command>& tree, std::string_view program);
std::string fish_completion(const std::vector<completed_command>& tree, std::string_view program);

}  // namespace sendcode::app
