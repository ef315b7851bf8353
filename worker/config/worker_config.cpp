#include "worker/config/worker_config.hpp"

#include "common/config/document.hpp"
#include "worker/config/config_reader.hpp"
#include "worker/config/overrides.hpp"

namespace sendcode::config {
namespace {

constexpr std::string_view keys_path = "keys.";

void resolve(const secrets_directory& directory, const std::vector<wanted_secret>& wanted, report& into) {
  for (const auto& one : wanted) {
    auto read = directory.read(one.name);
    if (read) {
      *one.target = std::make_shared<const secret>(std::move(*read));
      continue;
    }
    problem p{into.file, 0, one.place.path(), '"' + one.name + '"', std::string(to_text(read.error()))};
    if (const auto* at = one.place.raw(); at != nullptr && at->variable.empty()) {
      p.line = at->line;
    } else if (at != nullptr) {
      p.file = at->variable;
    }
    p.allowed += "; the secret belongs into " + (directory.root() / one.name).string();
    if (p.path.starts_with(keys_path)) {
      p.allowed += ", and `sendcode keys new " + p.path.substr(keys_path.size()) + "` makes one";
    }
    into.problems.push_back(std::move(p));
  }
}

}  // namespace

worker_config_result load_worker_config(const std::filesystem::path& file,
                                        const std::vector<std::pair<std::string, std::string>>& overrides) {
  report found{file.string(), {}};
  const auto text = read_document(file);
  if (!text) return std::unexpected(std::vector{problem{file.string(), 0, "", "", std::string(to_text(text.error()))}});
  auto tree = parse_yaml(*text, file.string());
  if (!tree) return std::unexpected(std::vector{std::move(tree.error())});
  apply_overrides(*tree, overrides, found);

  worker_config out;
  std::vector<wanted_secret> wanted;
  config_reader(file.parent_path(), out, wanted).read(cursor(*tree, found));
  if (found.problems.empty()) resolve(secrets_directory(out.secrets_directory), wanted, found);
  if (!found.problems.empty()) return std::unexpected(std::move(found.problems));
  return out;
}

}  // namespace sendcode::config
