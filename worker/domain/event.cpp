#include "worker/domain/event.hpp"

#include <algorithm>

#include "common/crypto.hpp"

namespace sendcode::domain {

std::string_view to_text(purpose value) noexcept {
  return value == purpose::mfa ? "mfa" : "sign_in";
}

request_id make_request_id(std::string_view environment_id, std::string_view source, std::string_view id) {
  const digest full = sha256(length_prefixed().add(environment_id).add(source).add(id).bytes());
  request_id out;
  std::copy_n(full.begin(), out.size(), out.begin());
  return out;
}

bool is_challenge_id(std::string_view text) noexcept {
  return text.size() >= 22 && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
         });
}

bool is_country(std::string_view text) noexcept {
  return text.size() == 2 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string_view to_text(dead_letter_error value) noexcept {
  switch (value) {
    case dead_letter_error::not_cloudevent:
      return "not_cloudevent";
    case dead_letter_error::invalid_json:
      return "invalid_json";
    case dead_letter_error::invalid_event:
      return "invalid_event";
    case dead_letter_error::too_large:
      return "too_large";
    case dead_letter_error::id_reused:
      return "id_reused";
    case dead_letter_error::poison:
      return "poison";
  }
  return "";
}

}  // namespace sendcode::domain
