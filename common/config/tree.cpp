#include "common/config/tree.hpp"

#include <utility>

#include "common/secret.hpp"

namespace sendcode::config {

const node* node::find(std::string_view key) const noexcept {
  for (const auto& entry : members) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

node* node::find(std::string_view key) noexcept {
  return const_cast<node*>(std::as_const(*this).find(key));
}

void wipe_tree(node& tree) noexcept {
  wipe(tree.text);
  for (auto& item : tree.items) wipe_tree(item);
  for (auto& entry : tree.members) wipe_tree(entry.value);
}

}  // namespace sendcode::config
