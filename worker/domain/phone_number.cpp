#include "worker/domain/phone_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "worker/domain/numbering_plan.hpp"

namespace sendcode::domain {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// A plus sign and 6 to 15 digits.
constexpr std::size_t plain_size_min = 7;
constexpr std::size_t plain_size_max = 16;

constexpr std::array<int, 9> codes_of_no_country = {800, 808, 870, 878, 881, 882, 883, 888, 979};

bool is_textable(PhoneNumberUtil::PhoneNumberType type) noexcept {
  return type == PhoneNumberUtil::MOBILE || type == PhoneNumberUtil::FIXED_LINE_OR_MOBILE ||
         type == PhoneNumberUtil::VOIP;
}

struct range {
  std::string_view first;
  std::string_view last;
};

// Numbers that no subscriber will ever have: Ofcom's ranges for drama, ACMA's numbers for fiction.
constexpr std::array<range, 16> fictional_ranges = {{
    {"+441134960000", "+441134960999"},  // Leeds
    {"+441214960000", "+441214960999"},  // Birmingham
    {"+441314960000", "+441314960999"},  // Edinburgh
    {"+441414960000", "+441414960999"},  // Glasgow
    {"+441614960000", "+441614960999"},  // Manchester
    {"+442079460000", "+442079460999"},  // London
    {"+441632960000", "+441632960999"},  // no area
    {"+447700900000", "+447700900999"},  // mobile
    {"+61491570006", "+61491570006"},
    {"+61491570110", "+61491570110"},
    {"+61491570156", "+61491570159"},
    {"+61491570266", "+61491570266"},
    {"+61491570313", "+61491570313"},
    {"+61491570491", "+61491570491"},
    {"+61491570737", "+61491570737"},
    {"+61491570804", "+61491570804"},
}};

// +1, any area code, 555-0100 to 555-0199.
bool is_north_american_fiction(std::string_view e164) noexcept {
  return e164.size() == 12 && e164.starts_with("+1") && e164.substr(5, 5) == "55501";
}

// The calling code of a text that is E.164 already, so that Parse would give back the same digits; 0 for any other one.
// Parse looks for letters, extensions and prefixes, by ten regular expressions.
int calling_code_of_plain(std::string_view text) {
  if (text.size() < plain_size_min || text.size() > plain_size_max || text.front() != '+') return 0;
  const auto digits = text.substr(1);
  if (digits.find_first_not_of("0123456789") != std::string_view::npos || digits.front() == '0') return 0;
  int code = 0;
  for (std::size_t size = 1; size <= 3; ++size) {  // no calling code begins with another one
    code = code * 10 + (digits[size - 1] - '0');
    if (const auto* const plan = numbering_plan::of_calling_code(code); plan != nullptr) {
      return plan->may_have_prefix(digits.substr(size)) ? 0 : code;
    }
  }
  return 0;
}

// What libphonenumber reads, with the country and type by its metadata.
std::optional<phone_number> read(std::string_view text, std::string_view default_country) {
  static const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();  // immutable once made; any thread
  phone_number out;
  PhoneNumber parsed;
  if (const int calling_code = calling_code_of_plain(text); calling_code != 0) {
    out.e164 = text;
    out.calling_code = calling_code;
  } else {
    if (util.Parse(std::string(text), std::string(default_country), &parsed) != PhoneNumberUtil::NO_PARSING_ERROR) {
      return std::nullopt;
    }
    parsed.clear_extension();  // an extension cannot be texted; the number itself can
    util.Format(parsed, PhoneNumberUtil::E164, &out.e164);
    out.calling_code = parsed.country_code();
  }
  util.GetRegionCodeForCountryCode(out.calling_code, &out.main_country);
  for (const int code : codes_of_no_country) out.of_no_country = out.of_no_country || code == out.calling_code;
  auto type = PhoneNumberUtil::UNKNOWN;
  if (const auto* const plan = numbering_plan::of_calling_code(out.calling_code); plan != nullptr) {
    const auto found = plan->find(out.national_digits());
    out.country = found.region;
    type = found.type;
  } else {
    util.GetRegionCodeForNumber(parsed, &out.country);
    type = util.GetNumberType(parsed);
  }
  out.valid = type != PhoneNumberUtil::UNKNOWN;  // that is how libphonenumber defines it
  out.textable_type = is_textable(type);
  if (out.country == "ZZ" || out.country == "001") out.country.clear();
  return out;
}

int rank(const phone_number& number) noexcept {
  return !number.valid ? 0 : number.textable_type ? 2 : 1;
}

// "00 61 …" as "+ 61 …"; empty for what does not begin with 00. Most countries dial 00 before a calling code, and
// people write it so whatever their own country dials.
std::string plus_for_00(std::string_view text) {
  constexpr std::array<std::string_view, 2> zeros = {"0", "０"};
  std::size_t at = std::min(text.find_first_not_of(" \t("), text.size());
  for (int i = 0; i < 2; ++i) {
    const auto rest = text.substr(at);
    const auto zero = std::ranges::find_if(zeros, [&](std::string_view each) { return rest.starts_with(each); });
    if (zero == zeros.end()) return {};
    at += zero->size();
  }
  return "+" + std::string(text.substr(at));
}

}  // namespace

std::string_view phone_number::national_digits() const noexcept {
  std::size_t code_digits = 1;
  for (int rest = calling_code; rest >= 10; rest /= 10) ++code_digits;
  return std::string_view(e164).substr(1 + code_digits);
}

std::string phone_number::prefix() const {
  return fmt::format("+{}{}", calling_code, national_digits().substr(0, 4));
}

std::expected<phone_number, phone_error> parse_phone_number(std::string_view text, std::string_view default_country) {
  auto as_dialled = read(text, default_country);
  if (as_dialled && as_dialled->valid && as_dialled->textable_type) return std::move(*as_dialled);
  const auto with_plus = plus_for_00(text);
  auto international = with_plus.empty() ? std::nullopt : read(with_plus, "ZZ");
  if (!as_dialled && !international) return std::unexpected(phone_error::not_a_number);
  const bool is_better = international && (!as_dialled || rank(*international) > rank(*as_dialled));
  return std::move(is_better ? *international : *as_dialled);
}

std::string mask(const phone_number& number) {
  const auto digits = number.national_digits();
  const bool main_region = number.country == number.main_country;
  const std::size_t shown = digits.size() >= 8 && main_region ? 2 : 0;
  return fmt::format("+{}{}{}", number.calling_code, std::string(digits.size() - shown, '*'),
                     digits.substr(digits.size() - shown));
}

bool is_fictional(std::string_view e164) noexcept {
  if (is_north_american_fiction(e164)) return true;
  for (const auto& [first, last] : fictional_ranges) {
    if (e164.size() == first.size() && e164 >= first && e164 <= last) return true;
  }
  return false;
}

}  // namespace sendcode::domain
