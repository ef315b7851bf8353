// Telephone numbers: two letters of a country, then the text.
#include "worker/domain/phone_number.hpp"

#include "tests/fuzz/require.hpp"

using namespace sendcode;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size < 2) return -1;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const auto number = domain::parse_phone_number(input.substr(2), input.substr(0, 2));
  if (!number) return 0;
  SENDCODE_FUZZ_REQUIRE(number->e164.starts_with('+') && number->e164.size() <= 21);
  SENDCODE_FUZZ_REQUIRE(number->e164.find_first_not_of("0123456789", 1) == std::string::npos);
  SENDCODE_FUZZ_REQUIRE(number->country.empty() || number->country.size() == 2);
  SENDCODE_FUZZ_REQUIRE(number->e164.starts_with(number->prefix()));
  SENDCODE_FUZZ_REQUIRE(domain::mask(*number).size() == number->e164.size());
  if (number->valid) {  // what we text is read again as itself
    const auto again = domain::parse_phone_number(number->e164, "");
    SENDCODE_FUZZ_REQUIRE(again && again->e164 == number->e164 && again->country == number->country && again->valid);
  }
  return 0;
}
