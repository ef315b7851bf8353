#include "worker/adapters/settings/settings_directory.hpp"

#include <system_error>
#include <utility>

#include "common/config/rules.hpp"
#include "common/logging.hpp"
#include "worker/codec/settings_document.hpp"

namespace sendcode::adapters {
namespace {

void log_problems(const std::vector<config::problem>& problems, std::string_view environment,
                  std::string_view in_force) {
  for (const auto& p : problems) {
    log::error("a settings document is refused", {{"environment", environment},
                                                  {"file", p.file},
                                                  {"line", p.line},
                                                  {"key", p.path},
                                                  {"value", p.value},
                                                  {"allowed", p.allowed},
                                                  {"in_force", in_force}});
  }
}

}  // namespace

domain::settings_ptr settings_directory::poll() {
  const auto found = list_documents();
  if (!found) return nullptr;
  std::erase_if(files_, [&](const auto& known) {
    if (found->contains(known.first)) return false;
    documents_.remove(known.first);
    return true;
  });
  for (const auto& [environment, stamp] : *found) {
    if (files_[environment].stamp != stamp) take(environment, stamp);
  }
  return documents_.poll();
}

std::optional<settings_directory::stamps> settings_directory::list_documents() {
  stamps out;
  std::error_code error;
  bool overflowing = false;
  std::filesystem::directory_iterator at(directory_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    const auto& path = at->path();
    auto environment = path.stem().string();
    // Dot files are a ConfigMap's own folders and what editors leave.
    if (path.extension() != ".yaml" || environment.starts_with('.')) continue;
    if (out.size() == documents_max) {
      overflowing = true;
      break;
    }
    if (const auto stamp = config::stamp_of(path)) {
      out.emplace(std::move(environment), *stamp);
    } else if (const auto known = files_.find(environment); known != files_.end() && known->second.stamp) {
      out.emplace(std::move(environment), *known->second.stamp);  // listed, and not to be read just now: not gone
    }
  }
  if (error) {
    if (!std::exchange(unreadable_, true)) {
      log::error("the settings directory cannot be read; what is in force stays",
                 {{"directory", directory_.string()}, {"error", error.message()}});
    }
    return std::nullopt;
  }
  if (std::exchange(unreadable_, false)) log::info("the settings directory can be read again");
  if (overflowing && !overflowing_) {
    log::error("more settings documents than are taken", {{"directory", directory_.string()}, {"max", documents_max}});
  }
  overflowing_ = overflowing;
  return out;
}

// Reads and validates a document that is not the one read last. One that cannot be read will be tried again.
void settings_directory::take(const std::string& environment, const config::file_stamp& stamp) {
  auto& known = files_[environment];
  const auto file = environment + ".yaml";
  const auto text = config::read_document(directory_ / file);
  std::vector<config::problem> problems;
  if (!text) problems.push_back({file, 0, "", "", std::string(config::to_text(text.error()))});
  if (!text && text.error() == config::file_error::unreadable) {
    known.stamp.reset();
    const auto in_force = documents_.refuse(environment);
    if (!std::exchange(known.unreadable, true)) log_problems(problems, environment, in_force);
    return;
  }
  known.unreadable = false;
  known.stamp = stamp;  // taken before it was read: a write meanwhile shows at the next call
  if (text && !config::identifier.accepts(environment)) {
    problems.push_back({file, 0, "", "", "the file must be called <environment_id>.yaml"});
  } else if (text) {
    auto read = codec::decode_settings_yaml(*text, environment, file);
    if (read) return documents_.accept(environment, std::move(*read));
    problems = std::move(read.error());
  }
  log_problems(problems, environment, documents_.refuse(environment));
}

}  // namespace sendcode::adapters
