#include "common/config/problem.hpp"

namespace sendcode::config {

std::string to_text(const problem& p) {
  std::string out = p.file;
  if (p.line > 0) out += ':' + std::to_string(p.line);
  for (const auto* part : {&p.path, &p.value, &p.allowed}) {
    if (part->empty()) continue;
    if (!out.empty()) out += ": ";
    out += *part;
  }
  return out;
}

std::string to_text(const std::vector<problem>& all) {
  std::string out;
  for (const auto& p : all) out += to_text(p) + '\n';
  return out;
}

}  // namespace sendcode::config
