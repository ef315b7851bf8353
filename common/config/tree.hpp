#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// A document as it was written, before anything is made of it: what settings, worker.yaml and key rings are read from,
// be they YAML or JSON.
namespace sendcode::config {

constexpr std::size_t document_bytes_max = std::size_t{64} * 1024;
constexpr std::size_t document_depth_max = 16;  // maps and lists in one another
constexpr std::size_t map_members_max = 1'000;

enum class node_kind : std::uint8_t { null, scalar, list, map };

// What a scalar may be read as. YAML is 1.2 for us and typed by the reader: `off`, `no` and `+61…` are texts, a boolean
// is `true` or `false` alone.
enum class scalar_form : std::uint8_t {
  plain,    // YAML without quotes: text, number or boolean
  quoted,   // text alone
  literal,  // a JSON number or boolean: never text
};

struct member;

struct node {
  node_kind kind = node_kind::null;
  scalar_form form = scalar_form::plain;
  std::string text;             // of a scalar
  std::vector<node> items;      // of a list
  std::vector<member> members;  // of a map: in the order written, no key twice
  int line = 0;                 // from 1; 0: not from a file
  int column = 0;
  std::string variable;  // the environment variable that brought it; empty: the document itself

  const node* find(std::string_view key) const noexcept;
  node* find(std::string_view key) noexcept;
};

struct member {
  std::string key;
  int line = 0;
  int column = 0;
  node value;
};

// Overwrites every text in the tree: for documents that hold keys.
void wipe_tree(node& tree) noexcept;

}  // namespace sendcode::config
