#include "tests/integration/end_to_end/sandbox.hpp"

#include <regex>
#include <stdexcept>

#include "common/bytes.hpp"
#include "tests/integration/end_to_end/http_call.hpp"
#include "tests/integration/kafka/cluster.hpp"

namespace sendcode::e2e {

sandbox::sandbox(const std::vector<std::string>& options) {
  const auto ready = folder_.path() / "ready.json";
  std::vector<std::string> words{SENDCODE_SANDBOX_PROGRAM, "--ready-file", ready.string(), "--directory",
                                 folder_.path().string()};
  words.insert(words.end(), options.begin(), options.end());
  process_ = std::make_unique<process>(words, folder_.path() / "log");
  tests::eventually([&] { return !read_file(ready).empty() || !process_->running(); });
  const auto told = nlohmann::json::parse(read_file(ready), nullptr, false);
  if (!told.is_object()) throw std::runtime_error("the sandbox did not start: " + read_file(folder_.path() / "log"));
  base_url_ = told["base_url"].get<std::string>();
  kinde_base_url_ = told["kinde_base_url"].get<std::string>();
  ca_file_ = told["ca_file"].get<std::string>();
  const auto control = told["control_url"].get<std::string>();
  control_ = static_cast<std::uint16_t>(std::stoi(control.substr(control.rfind(':') + 1)));
}

nlohmann::json sandbox::get(const std::string& target) const {
  const auto answer = http_call(control_, "GET", target);
  if (answer.status != 200) throw std::runtime_error("the sandbox: " + target + ": " + std::to_string(answer.status));
  return nlohmann::json::parse(answer.body);
}

nlohmann::json sandbox::messages(const std::string& to) const {
  std::string target = "/sandbox/messages";
  if (!to.empty()) append_form_encoded(target += "?to=", to);
  const auto answer = get(target);
  return answer.is_object() ? answer["messages"] : answer;
}

std::map<std::string, int> sandbox::texts_by_phone() const {
  return get("/sandbox/recipients").get<std::map<std::string, int>>();
}

nlohmann::json sandbox::counts() const {
  return get("/sandbox/counts");
}

void sandbox::fault(const nlohmann::json& wanted) const {
  const auto answer = http_call(control_, "POST", "/sandbox/faults", wanted.dump());
  if (answer.status / 100 != 2) throw std::runtime_error("the sandbox refuses a fault: " + answer.body);
}

void sandbox::clear_faults() const {
  http_call(control_, "DELETE", "/sandbox/faults");
}

void sandbox::revoke(const std::string& account, const std::string& credential) const {
  const nlohmann::json wanted{{"account", account}, {"credential", credential}};
  const auto answer = http_call(control_, "POST", "/sandbox/twilio/revoke", wanted.dump());
  if (answer.status != 200) throw std::runtime_error("the sandbox revokes nothing: " + answer.body);
}

int sandbox::receipt(const std::string& sid, const std::string& status, int error_code) const {
  nlohmann::json wanted{{"sid", sid}, {"status", status}};
  if (error_code != 0) wanted["error_code"] = error_code;
  const auto answer = http_call(control_, "POST", "/sandbox/receipts", wanted.dump());
  if (answer.status == 502) return answer.status;
  if (answer.status != 200) throw std::runtime_error("the sandbox sends no receipt: " + answer.body);
  return nlohmann::json::parse(answer.body)["http_status"].get<int>();
}

std::string code_in(const std::string& body) {
  static const std::regex digits("\\b[0-9]{6}\\b");
  std::smatch found;
  if (!std::regex_search(body, found, digits)) throw std::runtime_error("a text holds no code");
  return found.str();
}

}  // namespace sendcode::e2e
