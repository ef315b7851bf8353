#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sendcode::sandbox {

struct account {
  std::string sid;  // AC...
  std::string token;
};

struct api_key {
  std::string account;  // AC...
  std::string sid;      // SK...
  std::string secret;
};

struct oauth_client {
  std::string id;
  std::string secret;
};

// Whom the sandbox lets in. These are made-up credentials of tests: nothing here is kept from a core file.
class account_book {
 public:
  account_book(std::vector<account> accounts, std::vector<api_key> keys);

  // May the bearer of this Authorization header act for the account? With no account configured: any non-empty user and
  // password.
  bool admits(std::string_view authorization, std::string_view account_sid) {
    return !admitted_by(authorization, account_sid).empty();
  }
  // What let the bearer in: an API key's SID, or `auth_token N`, N counting those of the account; with no account
  // configured the user. Empty: nothing did.
  std::string admitted_by(std::string_view authorization, std::string_view account_sid);
  // From now on it lets nobody in. False: there is none of that name.
  bool revoke(std::string_view account_sid, std::string_view credential);

  // The account's token, which signs its receipts: the configured one, or else the one last seen. Empty: never seen.
  std::string_view token_of(std::string_view account_sid) const;

 private:
  struct credentials {
    std::string user;
    std::string password;
  };
  const credentials& decoded(std::string_view authorization);

  std::vector<account> accounts_;  // a revoked one has no token, so that the others keep their numbers
  std::vector<api_key> keys_;
  std::unordered_map<std::string, credentials> decoded_;  // by header: a sender shows the same one each time
  std::unordered_map<std::string, std::string> seen_tokens_;
};

}  // namespace sendcode::sandbox
