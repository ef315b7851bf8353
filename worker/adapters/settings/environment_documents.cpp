#include "worker/adapters/settings/environment_documents.hpp"

#include <algorithm>
#include <utility>

#include "common/logging.hpp"

namespace sendcode::adapters {
namespace {

bool is_six_digits(std::string_view text) {
  return text.size() == 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Every secret that the settings name; `is_code` for those of test numbers.
template <class Visit>
void for_each_secret(domain::environment_settings& settings, Visit visit) {
  if (auto& twilio = settings.sms.twilio) {
    for (auto& token : twilio->auth_tokens) visit(token, false);
    if (!twilio->api_key_sid.empty()) visit(twilio->api_key_secret, false);
  }
  for (auto& number : settings.sms.test_numbers) visit(number.code, true);
}

}  // namespace

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
  for_each_secret(*settings, [&](domain::secret_ref& ref, bool is_code) {
    of.secrets.push_back({ref.name, secrets_->stamp(ref.name)});
    std::string_view why;
    if (auto read = secrets_->read(ref.name); !read) {
      why = config::to_text(read.error());
      if (read.error() == config::file_error::unreadable) of.secrets.back().stamp.reset();  // so it is tried again
    } else if (is_code && !is_six_digits(read->expose())) {
      why = "a test number's code must be six digits";
    } else {
      ref.value = std::make_shared<const secret>(std::move(*read));
      return;
    }
    missing.push_back(ref.name + ": " + std::string(why));
    if (std::ranges::find(of.missing, missing.back()) != of.missing.end()) return;
    log::error("a secret is missing: the events that need it are held",
               {{"environment", settings->environment_id}, {"secret", ref.name}, {"error", why}});
  });
  of.missing = std::move(missing);
  of.in_force = std::move(settings);
}

}  // namespace sendcode::adapters
