#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "worker/domain/event.hpp"

// The named texts that a request bears, as JSON body or as query, and the rules that several requests share. Errors are
// sentences for whoever wrote the client; nothing of the request stands in them.
namespace sendcode::http_server {

// Where a field's text goes; what is absent stays as it was.
struct text_field {
  std::string_view name;
  std::string* value;
  bool* is_there = nullptr;  // set where the field came, be it empty
};

using fields_result = std::expected<void, std::string>;

// One JSON object in UTF-8 without a key twice. Unknown members are skipped.
fields_result read_json_fields(std::string_view body, std::span<const text_field> fields);
// application/x-www-form-urlencoded, no name twice. Unknown names are skipped.
fields_result read_query_fields(std::string_view query, std::span<const text_field> fields);

// Each says nothing if the text is what it should be.
std::optional<std::string> challenge_id_problem(std::string_view text);
std::optional<std::string> identifier_problem(std::string_view name, std::string_view text);
std::optional<std::string> purpose_problem(std::string_view text);
std::optional<std::string> country_problem(std::string_view text);
std::optional<std::string> phone_number_problem(std::string_view text);

domain::purpose to_purpose(std::string_view checked);
// 1 to `most` characters. What else a user_id or phone_number holds is left to whoever makes them up, as in an event:
// what was texted can be checked.
bool is_of_length(std::string_view utf8, std::size_t most) noexcept;

}  // namespace sendcode::http_server
