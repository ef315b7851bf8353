#pragma once

#include <expected>
#include <string_view>

#include "common/config/problem.hpp"
#include "common/config/tree.hpp"

namespace sendcode::config {

// One YAML document as a tree. Refused: more than document_bytes_max, deeper than document_depth_max, wrong UTF-8,
// control characters, anchors, aliases, tags, a key twice, a key that is no text, more than one document, none. `file`
// is only named in the problem.
std::expected<node, problem> parse_yaml(std::string_view text, std::string_view file);

// The same for JSON (RFC 8259), with the same bounds. Problems name the file, never what stands in it; lines are not
// counted.
std::expected<node, problem> parse_json(std::string_view text, std::string_view file);

}  // namespace sendcode::config
