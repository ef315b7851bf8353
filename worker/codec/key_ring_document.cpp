#include "worker/codec/key_ring_document.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "common/bytes.hpp"
#include "common/config/cursor.hpp"
#include "common/config/document.hpp"
#include "common/config/rules.hpp"

namespace sendcode::codec {
namespace {

using config::cursor;
using config::problem;

constexpr std::string_view key_allowed = "at least 32 bytes in base64; `sendcode keys new` makes one";

constexpr config::text_rule time_rule{[](std::string_view t) { return from_rfc3339(t).has_value(); },
                                      "a time such as \"2026-11-23T08:15:30Z\""};

class wiped_tree {
 public:
  explicit wiped_tree(config::node tree) : tree_(std::move(tree)) {}
  wiped_tree(const wiped_tree&) = delete;
  wiped_tree& operator=(const wiped_tree&) = delete;
  ~wiped_tree() { config::wipe_tree(tree_); }
  const config::node& get() const noexcept { return tree_; }

 private:
  config::node tree_;
};

secret_ptr decode_key(std::string_view base64) {
  auto bytes = from_base64(base64);
  if (!bytes) return nullptr;
  if (bytes->size() < domain::ring_key_bytes_min) {
    wipe(*bytes);
    return nullptr;
  }
  return std::make_shared<const secret>(std::move(*bytes));
}

// Not by cursor::text, whose problems tell what stands there.
secret_ptr read_key(const cursor& in) {
  const auto* at = in.raw();
  auto key = at == nullptr || at->kind != config::node_kind::scalar ? nullptr : decode_key(at->text);
  if (key == nullptr) in.complain_secretly(key_allowed);
  return key;
}

// Not by cursor::expect_map, which tells the keys that it doesn't know.
bool has_known_keys_alone(const config::node& map) {
  return std::ranges::all_of(map.members, [](const config::member& entry) {
    return entry.key == "id" || entry.key == "key" || entry.key == "not_before" || entry.key == "not_after";
  });
}

std::optional<timestamp> read_time(const cursor& in) {
  const auto text = in.text(time_rule);
  return text ? from_rfc3339(*text) : std::nullopt;
}

}  // namespace

std::expected<domain::key_ring, std::vector<problem>> read_key_ring(std::string_view text, std::string_view file) {
  // A YAML reader takes JSON too, but for an escape or two, which ids, base64 and times have no use for.
  auto parsed = config::parse_yaml(text, file);
  if (!parsed) {
    // The parser's own words may hold a piece of the text.
    return std::unexpected(
        std::vector{problem{std::string(file), parsed.error().line, "", "", "not valid YAML or JSON"}});
  }
  const wiped_tree tree(std::move(*parsed));
  config::report found{std::string(file), {}};
  std::vector<domain::ring_key> keys;
  for (const auto& place : cursor(tree.get(), found).list(1, domain::ring_keys_max, "keys")) {
    if (!place.expect_map()) continue;
    if (!has_known_keys_alone(*place.raw())) place.complain_plainly("the keys id, key, not_before and not_after alone");
    domain::ring_key made;
    made.id = place.need("id").text(config::identifier).value_or("");
    made.key = read_key(place.need("key"));
    made.not_before = read_time(place["not_before"]);
    made.not_after = read_time(place["not_after"]);
    keys.push_back(std::move(made));
  }
  if (!found.problems.empty()) return std::unexpected(std::move(found.problems));
  auto ring = domain::key_ring::make(std::move(keys));
  if (ring) return std::move(*ring);
  return std::unexpected(std::vector{problem{std::string(file), 0, "", "", std::string(to_text(ring.error()))}});
}

std::expected<secret_ptr, problem> read_single_key(std::string_view text, std::string_view file) {
  if (auto key = decode_key(text)) return key;
  return std::unexpected(problem{std::string(file), 0, "", "(not shown)", std::string(key_allowed)});
}

}  // namespace sendcode::codec
