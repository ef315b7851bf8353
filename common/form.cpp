#include "common/form.hpp"

#include <algorithm>

#include "common/bytes.hpp"

namespace sendcode {

std::expected<form_fields, form_error> parse_form(std::string_view text, std::size_t fields_max) {
  form_fields out;
  while (!text.empty()) {
    const auto field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), field.size() + 1));
    if (field.empty()) continue;
    if (out.size() == fields_max) return std::unexpected(form_error::too_many_fields);
    const auto equals = std::min(field.find('='), field.size());
    auto name = from_form_encoded(field.substr(0, equals));
    auto value = from_form_encoded(field.substr(std::min(equals + 1, field.size())));
    if (!name || !value) return std::unexpected(form_error::bad_encoding);
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::optional<std::string_view> only_field(const form_fields& fields, std::string_view name) noexcept {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : fields) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

}  // namespace sendcode
