#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

// Telephone numbers, by libphonenumber's metadata. Pure: no call here waits or reads anything.
namespace sendcode::domain {

struct phone_number {
  std::string e164;
  std::string country;  // ISO 3166-1 of the region the number belongs to; empty for a code of no country
  int calling_code = 0;
  std::string main_country;  // the calling code's main region: US for +1
  bool valid = false;
  bool textable_type = false;  // mobile, fixed-or-mobile, VoIP
  bool of_no_country = false;  // +800, 808, 870, 878, 881 to 883, 888, 979

  std::string_view national_digits() const noexcept;
  // Calling code and the next four digits: "+614915".
  std::string prefix() const;
};

enum class phone_error : std::uint8_t { not_a_number };

// International in any spelling, or national for `default_country` (ISO 3166-1). 00 means + wherever that gives a
// number of a better type than what is dialled in the country does. An extension is left out: with or without one it is
// the same phone. A number that libphonenumber can read but holds for invalid comes with `valid` false: it may still
// stand in an allowed prefix or be a test number.
std::expected<phone_number, phone_error> parse_phone_number(std::string_view text, std::string_view default_country);

// Calling code, a star a digit, and the last two digits only if the national number has 8 or more and its region is the
// calling code's main one.
std::string mask(const phone_number& number);

// Whether a number (E.164) stands in a range reserved for fiction: +1 ... 555-0100 to 0199, Ofcom's, ACMA's.
bool is_fictional(std::string_view e164) noexcept;

}  // namespace sendcode::domain
