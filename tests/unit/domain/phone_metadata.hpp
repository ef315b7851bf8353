#pragma once

#include <set>
#include <string>

#include "worker/domain/libphonenumber.hpp"

// What the tests ask libphonenumber itself.
namespace sendcode::tests {

inline const i18n::phonenumbers::PhoneNumberUtil& library() {
  return *i18n::phonenumbers::PhoneNumberUtil::GetInstance();
}

inline std::set<std::string> regions() {
  std::set<std::string> out;
  library().GetSupportedRegions(&out);
  return out;
}

}  // namespace sendcode::tests
