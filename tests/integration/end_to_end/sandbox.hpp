#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/integration/end_to_end/process.hpp"
#include "tests/integration/redis/redis_server.hpp"

namespace sendcode::e2e {

// The real sendcode-sandbox (tests/sandbox/README.md): Twilio and Kinde over HTTPS, and the judge of what was texted.
class sandbox {
 public:
  // More options of the program's, such as --account.
  explicit sandbox(const std::vector<std::string>& options = {});

  const std::string& base_url() const { return base_url_; }
  const std::string& kinde_base_url() const { return kinde_base_url_; }
  const std::string& ca_file() const { return ca_file_; }

  nlohmann::json messages(const std::string& to = "") const;  // oldest first
  std::map<std::string, int> texts_by_phone() const;
  nlohmann::json counts() const;
  int texts() const { return counts()["texts"].get<int>(); }
  void fault(const nlohmann::json& wanted) const;
  void clear_faults() const;
  // A credential of an account's, as a message's `credential` names it, lets nobody in any more.
  void revoke(const std::string& account, const std::string& credential) const;
  // Twilio's signed receipt goes to the text's StatusCallback; its answer's status, 502: nobody answered.
  int receipt(const std::string& sid, const std::string& status, int error_code = 0) const;

 private:
  nlohmann::json get(const std::string& target) const;

  redis_tests::temporary_folder folder_;
  std::unique_ptr<process> process_;
  std::uint16_t control_ = 0;
  std::string base_url_, kinde_base_url_, ca_file_;
};

// The six digits in a text.
std::string code_in(const std::string& body);

}  // namespace sendcode::e2e
