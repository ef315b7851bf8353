#include "worker/adapters/http_server/guess_request.hpp"

#include <array>
#include <set>

#include "common/bytes.hpp"
#include "common/json_cursor.hpp"

namespace sendcode::http_server {
namespace {

constexpr std::size_t members_max = 64;
constexpr std::size_t code_size = 6;
constexpr std::size_t phone_bytes_max = 64;
constexpr std::size_t user_bytes_max = 128;

bool is_identifier(std::string_view text, std::size_t least, std::size_t most) noexcept {
  return text.size() >= least && text.size() <= most &&
         text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
             std::string_view::npos;
}

bool is_printable(std::string_view text, std::size_t most) noexcept {
  if (text.empty() || text.size() > most) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

// The body's fields as they came; a field of another type than text leaves `wrong_type` behind.
struct fields {
  std::string environment_id;
  std::string application_id;
  std::string purpose;
  std::string phone_number;
  std::string user_id;
  std::string code;
  std::string_view wrong_type;

  ~fields() { wipe(code); }

  std::string* find(std::string_view name) {
    if (name == "environment_id") return &environment_id;
    if (name == "application_id") return &application_id;
    if (name == "purpose") return &purpose;
    if (name == "phone_number") return &phone_number;
    if (name == "user_id") return &user_id;
    return name == "code" ? &code : nullptr;
  }
};

std::string_view known_name(std::string_view name) {
  constexpr std::array<std::string_view, 6> names = {"environment_id", "application_id", "purpose",
                                                     "phone_number",   "user_id",        "code"};
  for (const auto each : names) {
    if (each == name) return each;
  }
  return {};
}

bool read_fields(std::string_view body, fields& into) {
  std::set<std::string, std::less<>> seen;
  json_cursor in(body);
  const bool whole = in.object([&](std::string_view name) {
    if (seen.size() >= members_max || !seen.emplace(name).second) return false;
    std::string* field = into.find(name);
    if (field != nullptr && in.at_text()) return in.text(*field);
    if (field != nullptr) into.wrong_type = known_name(name);
    return in.skip();
  });
  return whole && in.at_end();
}

}  // namespace

bool is_challenge_id(std::string_view text) noexcept {
  return is_identifier(text, 22, 128);
}

std::expected<ports::guess, std::string> read_guess(std::string_view body) {
  fields read;
  if (!is_valid_utf8(body) || !read_fields(body, read)) {
    return std::unexpected("the body must be one JSON object, in UTF-8, without a key twice");
  }
  if (!read.wrong_type.empty()) return std::unexpected(std::string(read.wrong_type) + " must be a string");
  if (!is_identifier(read.environment_id, 1, 64)) {
    return std::unexpected("environment_id must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  if (!is_identifier(read.application_id, 1, 64)) {
    return std::unexpected("application_id must be 1 to 64 of A-Z, a-z, 0-9, _ and -");
  }
  const bool mfa = read.purpose == "mfa";
  if (!mfa && read.purpose != "sign_in") return std::unexpected("purpose must be sign_in or mfa");
  if (!is_printable(read.phone_number, phone_bytes_max)) {
    return std::unexpected("phone_number must be 1 to 64 bytes without control characters");
  }
  if (read.user_id.empty() ? mfa : !is_printable(read.user_id, user_bytes_max)) {
    return std::unexpected("user_id must be 1 to 128 bytes without control characters; mfa needs it");
  }
  if (read.code.size() != code_size || read.code.find_first_not_of("0123456789") != std::string::npos) {
    return std::unexpected("code must be six digits");
  }
  ports::guess out;
  out.environment_id = std::move(read.environment_id);
  out.application_id = std::move(read.application_id);
  out.purpose = mfa ? domain::purpose::mfa : domain::purpose::sign_in;
  out.phone_number = std::move(read.phone_number);
  out.user_id = std::move(read.user_id);
  out.code = secret(read.code);
  return out;
}

}  // namespace sendcode::http_server
