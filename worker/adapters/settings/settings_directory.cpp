#include "worker/adapters/settings/settings_directory.hpp"

#include <algorithm>
#include <system_error>

#include "common/config/rules.hpp"
#include "common/logging.hpp"
#include "worker/codec/settings_document.hpp"

namespace sendcode::adapters {
namespace {

constexpr std::size_t documents_max = 10'000;

bool is_six_digits(std::string_view text) {
  return text.size() == 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Every secret that the settings name; `codes` are those of test numbers.
template <class Visit>
void for_each_secret(domain::environment_settings& settings, Visit visit) {
  if (auto& twilio = settings.sms.twilio) {
    for (auto& token : twilio->auth_tokens) visit(token, false);
    if (!twilio->api_key_sid.empty()) visit(twilio->api_key_secret, false);
  }
  for (auto& number : settings.sms.test_numbers) visit(number.code, true);
}

void log_problems(const std::vector<config::problem>& problems, std::string_view environment, bool has_good_one) {
  for (const auto& p : problems) {
    log::error("a settings document is refused",
               {{"environment", environment},
                {"file", p.file},
                {"line", p.line},
                {"key", p.path},
                {"value", p.value},
                {"allowed", p.allowed},
                {"in_force", has_good_one ? "the last good one" : "none: events are held"}});
  }
}

}  // namespace

domain::settings_ptr settings_directory::poll() {
  const auto found = list_documents();
  if (!found) return nullptr;
  bool changed = std::exchange(first_, false);
  for (auto at = documents_.begin(); at != documents_.end();) {
    if (found->contains(at->first)) {
      ++at;
      continue;
    }
    log::info("an environment's settings are gone", {{"environment", at->first}});
    at = documents_.erase(at);
    changed = true;
  }
  for (const auto& [environment, stamp] : *found) changed = refresh(environment, stamp) || changed;
  if (!changed) return nullptr;

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
    } else if (const auto known = documents_.find(environment); known != documents_.end() && known->second.stamp) {
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

bool settings_directory::refresh(const std::string& environment, const config::file_stamp& stamp) {
  const auto [at, fresh] = documents_.try_emplace(environment);
  auto& document = at->second;
  const bool taken = document.stamp != stamp && take(environment, stamp, document);
  if (!taken && !secrets_changed(document)) return fresh;
  resolve(document);
  return true;
}

// Reads and validates a document that is not the one read last. False: it could not be read, and will be tried again.
bool settings_directory::take(const std::string& environment, const config::file_stamp& stamp,
                              known_document& into) const {
  const auto file = environment + ".yaml";
  const auto text = config::read_document(directory_ / file);
  std::vector<config::problem> problems;
  if (!text) problems.push_back({file, 0, "", "", std::string(config::to_text(text.error()))});
  if (!text && text.error() == config::file_error::unreadable) {
    if (!std::exchange(into.unreadable, true)) log_problems(problems, environment, into.valid.has_value());
    into.stamp.reset();
    return false;
  }
  into.unreadable = false;
  into.stamp = stamp;  // taken before it was read: a write meanwhile shows at the next call
  if (text && !config::identifier.accepts(environment)) {
    problems.push_back({file, 0, "", "", "the file must be called <environment_id>.yaml"});
  } else if (text) {
    if (auto read = codec::decode_settings_yaml(*text, environment, file)) {
      into.valid = std::move(*read);
      log::info("settings are in force", {{"environment", environment}});
    } else {
      problems = std::move(read.error());
    }
  }
  log_problems(problems, environment, into.valid.has_value());
  return true;
}

bool settings_directory::secrets_changed(const known_document& of) const {
  return std::ranges::any_of(of.secrets, [&](const auto& file) { return secrets_->stamp(file.name) != file.stamp; });
}

void settings_directory::resolve(known_document& of) const {
  of.secrets.clear();
  if (!of.valid) return;
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
