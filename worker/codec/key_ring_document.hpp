#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "common/config/problem.hpp"
#include "common/secret.hpp"
#include "worker/domain/key_ring.hpp"

// The secrets keys/codes, keys/refs and keys/subjects (design §13.2). Problems never hold a key; `file` is only named.
namespace sendcode::codec {

// A YAML or JSON list of {id, key: base64, not_before, not_after}; both times are RFC 3339 and may be left out.
std::expected<domain::key_ring, std::vector<config::problem>> read_key_ring(std::string_view text,
                                                                            std::string_view file);

// One base64 key of at least 32 bytes.
std::expected<secret_ptr, config::problem> read_single_key(std::string_view text, std::string_view file);

}  // namespace sendcode::codec
