#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace sendcode::codec {

enum class json_type : std::uint8_t { string, other, null };

enum class json_fault : std::uint8_t { not_json, not_an_object, duplicate_key, too_deep };
std::string_view to_text(json_fault fault) noexcept;

// Walks a JSON object without building a tree. `member` gets each scalar member of the object (depth 1) and of the
// object called `inner` inside it (depth 2, may be empty); a list or object elsewhere is told once as `other` and
// skipped. Duplicate keys at any depth, more than `depth_max` levels and wrong UTF-8 are faults.
struct json_member {
  bool inner;  // a member of `inner`
  std::string_view name;
  json_type type;
  std::string_view text;  // of a string
};

std::expected<void, json_fault> walk_json(std::string_view json, std::string_view inner, std::size_t depth_max,
                                          const std::function<void(const json_member&)>& member);

}  // namespace sendcode::codec
