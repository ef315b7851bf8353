#include "tests/sandbox/core/accounts.hpp"

#include <algorithm>

#include "common/bytes.hpp"

namespace sendcode::sandbox {
namespace {

constexpr std::size_t remembered_max = 1024;

std::string token_name(int number) {
  return "auth_token " + std::to_string(number);
}

}  // namespace

account_book::account_book(std::vector<account> accounts, std::vector<api_key> keys)
    : accounts_(std::move(accounts)), keys_(std::move(keys)) {}

const account_book::credentials& account_book::decoded(std::string_view authorization) {
  std::string header(authorization);
  if (const auto known = decoded_.find(header); known != decoded_.end()) return known->second;
  credentials out;
  if (authorization.starts_with("Basic ")) {
    const auto pair = from_base64(authorization.substr(6)).value_or("");
    if (const auto colon = pair.find(':'); colon != std::string::npos) {
      out = {pair.substr(0, colon), pair.substr(colon + 1)};
    }
  }
  if (decoded_.size() == remembered_max) decoded_.clear();
  return decoded_.emplace(std::move(header), std::move(out)).first->second;
}

std::string account_book::admitted_by(std::string_view authorization, std::string_view account_sid) {
  const auto known = decoded_.size();
  const credentials& given = decoded(authorization);
  if (given.user.empty() || given.password.empty()) return {};
  if (accounts_.empty()) {
    if (decoded_.size() != known && given.user == account_sid) {  // a header not seen before
      if (seen_tokens_.size() == remembered_max) seen_tokens_.clear();
      seen_tokens_[given.user] = given.password;
    }
    return given.user;
  }
  int number = 0;
  for (const account& one : accounts_) {
    if (one.sid != account_sid) continue;
    ++number;
    if (one.sid == given.user && one.token == given.password) return token_name(number);
  }
  const auto key = std::find_if(keys_.begin(), keys_.end(), [&](const api_key& one) {
    return one.account == account_sid && one.sid == given.user && one.secret == given.password;
  });
  return key == keys_.end() ? std::string() : key->sid;
}

bool account_book::revoke(std::string_view account_sid, std::string_view credential) {
  int number = 0;
  for (account& one : accounts_) {
    if (one.sid != account_sid || token_name(++number) != credential) continue;
    one.token.clear();
    return true;
  }
  return std::erase_if(keys_, [&](const api_key& one) { return one.account == account_sid && one.sid == credential; }) >
         0;
}

std::string_view account_book::token_of(std::string_view account_sid) const {
  for (const account& one : accounts_) {
    if (one.sid == account_sid && !one.token.empty()) return one.token;
  }
  const auto seen = seen_tokens_.find(std::string(account_sid));
  return seen == seen_tokens_.end() ? std::string_view() : seen->second;
}

}  // namespace sendcode::sandbox
