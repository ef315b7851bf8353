#include "worker/adapters/http_server/request_fields.hpp"

#include <algorithm>
#include <set>

#include "common/bytes.hpp"
#include "common/json_cursor.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::size_t members_max = 64;
constexpr std::size_t phone_characters_max = 64;
constexpr std::size_t identifier_bytes_max = 64;

bool is_identifier(std::string_view text) noexcept {
  return !text.empty() && text.size() <= identifier_bytes_max &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string_view::npos;
}

const text_field* find_field(std::span<const text_field> fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &text_field::name);
  return found == fields.end() ? nullptr : &*found;
}

}  // namespace

fields_result read_json_fields(std::string_view body, std::span<const text_field> fields) {
  std::set<std::string, std::less<>> seen;
  std::string_view wrong_type;
  json_cursor in(body);
  const auto member = [&](std::string_view name) {
    if (seen.size() >= members_max || !seen.emplace(name).second) return false;
    const auto* field = find_field(fields, name);
    if (field != nullptr && field->is_there != nullptr) *field->is_there = true;
    if (field != nullptr && in.at_text()) return in.text(*field->value);
    if (field != nullptr) wrong_type = field->name;
    return in.skip();
  };
  if (!is_valid_utf8(body) || !in.object(member) || !in.at_end()) {
    return std::unexpected("the body must be one JSON object, in UTF-8, without a key twice");
  }
  if (!wrong_type.empty()) return std::unexpected(std::string(wrong_type) + " must be a string");
  return {};
}

fields_result read_query_fields(std::string_view query, std::span<const text_field> fields) {
  constexpr std::string_view rule = "the query must be name=value pairs, percent-encoded, without a name twice";
  std::set<std::string, std::less<>> seen;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = from_form_encoded(pair.substr(0, equals));
    const auto value = from_form_encoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || seen.size() >= members_max || !seen.insert(*name).second) {
      return std::unexpected(std::string(rule));
    }
    if (const auto* field = find_field(fields, *name)) *field->value = *value;
  }
  return {};
}

std::optional<std::string> challenge_id_problem(std::string_view text) {
  if (domain::is_challenge_id(text)) return std::nullopt;
  return "challenge_id must be 22 to 128 of A-Z, a-z, 0-9, _ and -";
}

std::optional<std::string> identifier_problem(std::string_view name, std::string_view text) {
  if (is_identifier(text)) return std::nullopt;
  return std::string(name) + " must be 1 to 64 of A-Z, a-z, 0-9, _ and -";
}

std::optional<std::string> purpose_problem(std::string_view text) {
  if (text == "sign_in" || text == "mfa") return std::nullopt;
  return "purpose must be sign_in or mfa";
}

std::optional<std::string> country_problem(std::string_view text) {
  if (domain::is_country(text)) return std::nullopt;
  return "country must be two of A-Z, as ISO 3166-1 has them";
}

std::optional<std::string> phone_number_problem(std::string_view text) {
  if (is_of_length(text, phone_characters_max)) return std::nullopt;
  return "phone_number must be 1 to 64 characters";
}

domain::purpose to_purpose(std::string_view checked) {
  return checked == "mfa" ? domain::purpose::mfa : domain::purpose::sign_in;
}

bool is_of_length(std::string_view utf8, std::size_t most) noexcept {
  const auto characters = characters_of(utf8);
  return characters >= 1 && characters <= most;
}

}  // namespace sendcode::http_server
