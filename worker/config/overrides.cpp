#include "worker/config/overrides.hpp"

#include <algorithm>
#include <string_view>

#include "common/config/document.hpp"

namespace sendcode::config {
namespace {

constexpr std::string_view variable_prefix = "SENDCODE_";
constexpr std::string_view level_separator = "__";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The levels of a variable's name; empty: not one of ours.
std::vector<std::string> path_of(std::string_view name) {
  if (!name.starts_with(variable_prefix)) return {};
  name.remove_prefix(variable_prefix.size());
  if (name.find(level_separator) == std::string_view::npos) return {};
  std::vector<std::string> out;
  while (true) {
    const auto end = name.find(level_separator);
    out.push_back(lower(name.substr(0, end)));
    if (end == std::string_view::npos) break;
    name.remove_prefix(end + level_separator.size());
  }
  const bool property = out.size() > 2 && out[0] == "kafka" && out[1] == "properties";
  if (property) std::ranges::replace(out[2], '_', '.');
  return out;
}

void mark(node& tree, const std::string& variable) {
  tree.variable = variable;
  tree.line = 0;
  for (auto& item : tree.items) mark(item, variable);
  for (auto& entry : tree.members) mark(entry.value, variable);
}

node value_of(const std::string& variable, const std::string& text) {
  node out;
  // "[::1]:9464" begins like a list and is none.
  if (text.starts_with('[') || text.starts_with('{')) {
    if (auto parsed = parse_json(text, variable)) out = std::move(*parsed);
  }
  if (out.kind == node_kind::null) {
    out.kind = node_kind::scalar;
    out.text = text;
  }
  mark(out, variable);
  return out;
}

node& child_of(node& parent, const std::string& key, const std::string& variable) {
  if (parent.kind != node_kind::map) {
    parent = node{};
    parent.kind = node_kind::map;
    parent.variable = variable;
  }
  if (node* found = parent.find(key)) return *found;
  return parent.members.emplace_back(member{key, 0, 0, {}}).value;
}

}  // namespace

void apply_overrides(node& document, const std::vector<std::pair<std::string, std::string>>& variables, report& into) {
  auto sorted = variables;  // SENDCODE_A__B before SENDCODE_A__B__C, which is the narrower one
  std::ranges::sort(sorted);
  for (const auto& [variable, text] : sorted) {
    const auto path = path_of(variable);
    if (path.empty()) continue;
    if (path.size() > document_depth_max || std::ranges::find(path, "") != path.end()) {
      into.problems.push_back({variable, 0, "", "", "SENDCODE_ and the path of a key, __ between levels"});
      continue;
    }
    node* at = &document;
    for (const auto& key : path) at = &child_of(*at, key, variable);
    *at = value_of(variable, text);
  }
}

}  // namespace sendcode::config
