#include "worker/adapters/settings/environment_documents.hpp"

#include <algorithm>
#include <utility>

#include "common/logging.hpp"

namespace sendcode::adapters {

void environment_documents::accept(const std::string& environment, domain::environment_settings valid) {
  auto& document = documents_[environment];
  document.valid = std::move(valid);
  document.fresh = true;
  log::info("settings are in force", {{"environment", environment}});
}

std::string_view environment_documents::refuse(const std::string& environment) {
  const auto [at, is_new] = documents_.try_emplace(environment);
  changed_ = changed_ || is_new;
  return at->second.valid ? "the last good one" : "none: events are held";
}

void environment_documents::remove(const std::string& environment) {
  if (documents_.erase(environment) == 0) return;
  changed_ = true;
  log::info("an environment's settings are gone", {{"environment", environment}});
}

std::vector<std::string> environment_documents::environments() const {
  std::vector<std::string> out;
  out.reserve(documents_.size());
  for (const auto& [environment, document] : documents_) out.push_back(environment);
  return out;
}

domain::settings_ptr environment_documents::poll() {
  for (auto& [environment, document] : documents_) {
    if (!document.valid || (!document.fresh && !secrets_changed(document))) continue;
    resolve(document);
    changed_ = true;
  }
  if (!std::exchange(changed_, false)) return nullptr;

  auto out = std::make_shared<domain::settings_snapshot>();
  out->current = true;
  for (const auto& [environment, document] : documents_) {
    if (document.in_force != nullptr) {
      out->environments.emplace(environment, document.in_force);
    } else {
      out->broken.push_back(environment);
    }
  }
  return out;
}

bool environment_documents::secrets_changed(const document& of) const {
  return std::ranges::any_of(of.secrets, [&](const auto& file) { return secrets_->stamp(file.name) != file.stamp; });
}

void environment_documents::resolve(document& of) const {
  of.fresh = false;
  of.secrets.clear();
  std::vector<std::string> missing;
  auto settings = std::make_shared<domain::environment_settings>(*of.valid);
  for (auto [used, is_code] : domain::secrets_of(*settings)) {
    auto& ref = *used;
    of.secrets.push_back({ref.name, secrets_->stamp(ref.name)});
    std::string_view why;
    if (auto read = secrets_->read(ref.name); !read) {
      why = config::to_text(read.error());
      if (read.error() == config::file_error::unreadable) of.secrets.back().stamp.reset();  // so it is tried again
    } else if (is_code && !domain::is_test_code(read->expose())) {
      why = "a test number's code must be six digits";
    } else {
      ref.value = std::make_shared<const secret>(std::move(*read));
      continue;
    }
    missing.push_back(ref.name + ": " + std::string(why));
    if (missing_ == missing_secrets::left_to_the_reader) continue;
    if (std::ranges::find(of.missing, missing.back()) != of.missing.end()) continue;
    log::error("a secret is missing: the events that need it are held",
               {{"environment", settings->environment_id}, {"secret", ref.name}, {"error", why}});
  }
  of.missing = std::move(missing);
  of.in_force = std::move(settings);
}

}  // namespace sendcode::adapters
