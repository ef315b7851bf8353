#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "worker/domain/digit_automaton.hpp"
#include "worker/domain/libphonenumber.hpp"

namespace sendcode::domain {

// One calling code's numbers by libphonenumber's own metadata, with its patterns compiled: what GetRegionCodeForNumber
// and GetNumberType answer, in a hundredth of their time. They match up to a dozen regular expressions for each region
// of the code, and this for every question again.
class numbering_plan {
 public:
  using number_type = i18n::phonenumbers::PhoneNumberUtil::PhoneNumberType;

  struct place {
    std::string_view region;  // as GetRegionCodeForNumber tells it: ZZ for none, 001 for a code of no country
    number_type type = number_type::UNKNOWN;
  };

  // Made at the first question for the code, and kept; any thread. Null for a code that nobody has, and where the
  // metadata holds something that cannot be compiled: ask libphonenumber itself then.
  static const numbering_plan* of_calling_code(int calling_code);

  // `national` is what follows the calling code in E.164.
  place find(std::string_view national) const;

  // Whether the number may begin with what is dialled before it at home only, which parsing takes away.
  bool may_have_prefix(std::string_view national) const noexcept;

  // What it keeps in memory, its tables alone.
  std::size_t size_bytes() const noexcept;

 private:
  friend class plan_builder;

  struct region {
    std::string id;
    std::optional<digit_automaton> leading;  // these alone decide that a number is the region's
    digit_automaton patterns;
    bool one_pattern_for_fixed_and_mobile = false;

    number_type type_of(std::string_view national) const;
  };

  std::vector<region> regions_;
  bool has_prefix_ = false;
  std::optional<digit_automaton> prefix_;  // of three codes it cannot be compiled: it asks where a number ends
};

}  // namespace sendcode::domain
