#include "worker/app/commands/doctor_secrets.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace sendcode::app {
namespace {

using state = finding::state;

constexpr mode_t none = 0;

mode_t mode_of(const std::filesystem::path& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 ? found.st_mode : none;
}

// Nobody else comes to a file below a folder that is shut to others.
bool reached_by_all(const std::filesystem::path& file) {
  for (auto folder = file.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if ((mode_of(folder) & S_IXOTH) == 0) return false;
    if (folder == folder.parent_path()) break;
  }
  return true;
}

std::vector<std::string> names_of(const config::worker_config& config) {
  std::vector<std::string> out = {config.keys.codes.name, config.keys.subjects.name};
  if (config.keys.refs) out.push_back(config.keys.refs->name);
  out.insert(out.end(), config.kafka.secrets.begin(), config.kafka.secrets.end());
  if (config.redis.password) out.push_back(config.redis.password->name);
  if (config.kinde) out.push_back(config.kinde->client_secret.name);
  if (config.internal_http.tokens) out.push_back(config.internal_http.tokens->name);
  return out;
}

std::vector<std::string> names_of(const domain::environment_settings& environment) {
  std::vector<std::string> out;
  if (const auto& twilio = environment.sms.twilio) {
    for (const auto& token : twilio->auth_tokens) out.push_back(token.name);
    if (!twilio->api_key_sid.empty()) out.push_back(twilio->api_key_secret.name);
  }
  for (const auto& number : environment.sms.test_numbers) out.push_back(number.code.name);
  return out;
}

finding unreadable(const secret_state& secret) {
  return {.is = state::wrong,
          .about = "secret " + secret.name,
          .detail = std::string(config::to_text(*secret.error)),
          .advice = *secret.error == config::file_error::missing ? "put it into " + secret.file.string()
                                                                 : "see to " + secret.file.string()};
}

finding too_open(const secret_state& secret) {
  return {.is = secret.written_by_all ? state::wrong : state::warning,
          .about = "secret " + secret.name,
          .detail = fmt::format("every user of this machine may {} it", secret.written_by_all ? "change" : "read"),
          .advice = fmt::format("chmod o= {} (of a mounted Secret: defaultMode 0440)", secret.file.string())};
}

}  // namespace

secret_state look_at_secret(const config::secrets_directory& directory, const std::string& name) {
  secret_state out{.name = name, .file = directory.root() / name, .error = {}};
  if (const auto read = directory.read(name); !read) {
    out.error = read.error();
    return out;
  }
  std::error_code error;
  const auto real = std::filesystem::canonical(out.file, error);
  if (error || !reached_by_all(real)) return out;
  const auto mode = mode_of(real);
  out.read_by_all = (mode & S_IROTH) != 0;
  out.written_by_all = (mode & S_IWOTH) != 0;
  return out;
}

std::vector<finding> judge_secrets(const std::string& owner, const std::vector<secret_state>& secrets) {
  std::vector<finding> out;
  std::vector<std::string> readable;
  for (const auto& each : secrets) {
    if (each.error) {
      out.push_back(unreadable(each));
      continue;
    }
    readable.push_back(each.name);
    if (each.read_by_all || each.written_by_all) out.push_back(too_open(each));
  }
  if (!readable.empty()) {
    out.insert(out.begin(), finding{.about = "secrets of " + owner,
                                    .detail = fmt::format("readable: {}", fmt::join(readable, ", "))});
  }
  return out;
}

void examine_secrets(const config::worker_config& config, const domain::settings_snapshot* settings,
                     const teller& tell) {
  const config::secrets_directory directory(config.secrets_directory);
  const auto examine = [&](const std::string& owner, const std::vector<std::string>& names) {
    std::vector<secret_state> states;
    states.reserve(names.size());
    for (const auto& name : names) states.push_back(look_at_secret(directory, name));
    for (auto& found : judge_secrets(owner, states)) tell(std::move(found));
  };
  examine("the worker", names_of(config));
  if (settings == nullptr) return;
  for (const auto& [name, environment] : settings->environments) examine(name, names_of(*environment));
}

}  // namespace sendcode::app
