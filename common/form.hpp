#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// application/x-www-form-urlencoded, as bodies and queries bear it.
namespace sendcode {

using form_fields = std::vector<std::pair<std::string, std::string>>;  // decoded, in the order written

enum class form_error : std::uint8_t { too_many_fields, bad_encoding };

// What stands between two ampersands is no field where it is empty; without an equals sign its value is.
std::expected<form_fields, form_error> parse_form(std::string_view text, std::size_t fields_max);

// The field's value; nothing if it is absent, or there more than once. It views into `fields`.
std::optional<std::string_view> only_field(const form_fields& fields, std::string_view name) noexcept;

}  // namespace sendcode
