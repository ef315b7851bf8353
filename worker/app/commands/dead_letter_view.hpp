#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "worker/app/commands/dead_letter.hpp"

// One dead letter, whole enough to act on, with phone numbers masked.
namespace sendcode::app {

std::string to_page(const dead_letter& letter, letter_style style);
nlohmann::ordered_json to_page_json(const dead_letter& letter, bool replayed);

}  // namespace sendcode::app
