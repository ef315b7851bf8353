#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "common/config/tree.hpp"

// Where each value of a view (settings_view.hpp) comes from.
namespace sendcode::app {

struct origin {
  enum class kind : std::uint8_t { written, standard, derived } from = kind::standard;
  int line = 0;  // of what is written; 0: the document has no lines
};
// By place: "sms.code_ttl", "sms.limits[2]". Lists of texts are one value.
using origins = std::map<std::string, origin, std::less<>>;

// `document`: what the view's settings were read from.
origins origins_of(const nlohmann::ordered_json& view, const config::node& document);

// "env_live.yaml:12", the document's name alone where there is no line, "default", "derived".
std::string to_text(const origin& of, std::string_view document);

// Of the place, or of the nearest one around it that the document has; 0: none.
int line_of(const config::node& document, std::string_view place);

}  // namespace sendcode::app
