#pragma once

#include <string>
#include <string_view>

// Text of a record for a person to read: what looks like a phone number in it is masked, and it is fit for a terminal.
namespace sendcode::app {

// Every run of 7 to 17 digits (of any script that phone numbers are typed in), with what people put between them, loses
// its digits but for what a masked phone number shows. Dates and times stay.
std::string masked(std::string_view text);

// An identifier: as masked() if it is a number as a whole, and as it is otherwise.
std::string masked_id(std::string_view text);

// Control characters and bytes that are no UTF-8 become \xNN. No more than `bytes_max` of it, then "…".
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace sendcode::app
