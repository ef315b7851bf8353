#pragma once

#include <string>
#include <utility>
#include <vector>

#include "common/config/problem.hpp"
#include "common/config/tree.hpp"

namespace sendcode::config {

// Puts environment variables over a document (design §13.6): SENDCODE_REDIS__URL is redis.url; below kafka.properties a
// `_` means `.`; a value that is a JSON list or map becomes one. A variable without `__` is not ours: in Kubernetes a
// Service called sendcode leaves such ones (SENDCODE_PORT_9464_TCP_ADDR).
void apply_overrides(node& document, const std::vector<std::pair<std::string, std::string>>& variables, report& into);

}  // namespace sendcode::config
