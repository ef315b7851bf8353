#pragma once

#include <string>
#include <vector>

#include "worker/domain/settings.hpp"

// What is valid in a document, and may still not be what its owner wants. A warning changes nothing.
namespace sendcode::domain {

struct settings_warning {
  std::string key;     // where, as problems name it: "sms.twilio.phone_number"
  std::string what;    // what comes of it
  std::string advice;  // what to do, if it isn't wanted

  bool operator==(const settings_warning&) const = default;
};

// Of the document alone, in its order; whether its secrets are there is not asked.
std::vector<settings_warning> warnings_of(const environment_settings& settings);
// Secrets that the document names and that are not there. Only of settings whose secrets were read.
std::vector<settings_warning> missing_secrets_of(const environment_settings& settings);

}  // namespace sendcode::domain
