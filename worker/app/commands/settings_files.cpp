#include "worker/app/commands/settings_files.hpp"

#include "common/config/document.hpp"
#include "common/config/files.hpp"
#include "common/config/rules.hpp"
#include "worker/codec/settings_document.hpp"

namespace sendcode::app {

std::expected<settings_file, std::vector<config::problem>> read_settings_file(const std::filesystem::path& file) {
  const auto told = file.string();
  const auto refuse = [&](std::string_view why) {
    return std::unexpected(std::vector{config::problem{told, 0, "", "", std::string(why)}});
  };
  settings_file out{.environment = file.stem().string(), .document = {}};
  if (file.extension() != ".yaml" || !config::identifier.accepts(out.environment)) {
    return refuse("the worker leaves it out: a document's file is called <environment_id>.yaml");
  }
  const auto text = config::read_document(file);
  if (!text) return refuse(config::to_text(text.error()));
  auto tree = config::parse_yaml(*text, told);
  if (!tree) return std::unexpected(std::vector{std::move(tree.error())});
  auto read = codec::decode_settings(*tree, out.environment, told);
  if (!read) return std::unexpected(read.error());
  out.settings = std::move(*read);
  out.document = std::move(*tree);
  return out;
}

}  // namespace sendcode::app
