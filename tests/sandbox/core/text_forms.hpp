#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/timestamp.hpp"

namespace sendcode::sandbox {

// Appends `text` (UTF-8) as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view text);
void append_json_string_or_null(std::string& out, std::string_view text);  // null: empty

// "Mon, 23 Nov 2026 08:15:30 +0000"
std::string to_rfc2822(timestamp at);

std::size_t characters(std::string_view utf8) noexcept;

// How many messages a text becomes: 160 characters of GSM's alphabet or 70 of UCS-2 in one, 153 or 67 in each of more.
std::size_t segments(std::string_view utf8) noexcept;

bool is_e164(std::string_view number) noexcept;  // '+', then 7 to 15 digits, the first not 0

// A decoded form or query.
class form {
 public:
  static constexpr std::size_t parameters_max = 64;

  // Nothing: too many parameters, a bad escape, or bytes that are no UTF-8.
  static std::optional<form> parse(std::string_view encoded);

  // A parameter that stands twice has its first value here; one that is not there is empty.
  std::string_view get(std::string_view name) const noexcept;
  const std::vector<std::pair<std::string, std::string>>& all() const noexcept { return parameters_; }

 private:
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace sendcode::sandbox
