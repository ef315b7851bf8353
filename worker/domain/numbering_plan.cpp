#include "worker/domain/numbering_plan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <list>
#include <memory>
#include <mutex>
#include <utility>

namespace i18n::phonenumbers {
// libphonenumber's metadata, serialised. Its header is not installed; where a build of the library hides these two, or
// has them no more, they are null, and the library is asked itself.
[[gnu::weak]] int metadata_size();
[[gnu::weak]] const void* metadata_get();
}  // namespace i18n::phonenumbers

namespace sendcode::domain {
namespace {

using i18n::phonenumbers::PhoneMetadata;
using i18n::phonenumbers::PhoneMetadataCollection;
using i18n::phonenumbers::PhoneNumberDesc;
using i18n::phonenumbers::PhoneNumberUtil;

constexpr int calling_code_max = 999;

// The patterns of a region, in the order of their bits.
enum class pattern : std::uint8_t {
  any,
  premium_rate,
  toll_free,
  shared_cost,
  voip,
  personal_number,
  pager,
  uan,
  voicemail,
  fixed_line,
  mobile,
};
constexpr std::size_t pattern_count = 11;

std::array<const PhoneNumberDesc*, pattern_count> patterns_of(const PhoneMetadata& metadata) {
  return {&metadata.general_desc(), &metadata.premium_rate(),    &metadata.toll_free(), &metadata.shared_cost(),
          &metadata.voip(),         &metadata.personal_number(), &metadata.pager(),     &metadata.uan(),
          &metadata.voicemail(),    &metadata.fixed_line(),      &metadata.mobile()};
}

struct typed_pattern {
  pattern which;
  PhoneNumberUtil::PhoneNumberType type;
};
// In the order in which libphonenumber asks for them, before fixed lines and mobiles.
constexpr std::array<typed_pattern, 8> special_types = {{{pattern::premium_rate, PhoneNumberUtil::PREMIUM_RATE},
                                                         {pattern::toll_free, PhoneNumberUtil::TOLL_FREE},
                                                         {pattern::shared_cost, PhoneNumberUtil::SHARED_COST},
                                                         {pattern::voip, PhoneNumberUtil::VOIP},
                                                         {pattern::personal_number, PhoneNumberUtil::PERSONAL_NUMBER},
                                                         {pattern::pager, PhoneNumberUtil::PAGER},
                                                         {pattern::uan, PhoneNumberUtil::UAN},
                                                         {pattern::voicemail, PhoneNumberUtil::VOICEMAIL}}};

const PhoneMetadataCollection* metadata() {
  static const auto parsed = []() -> std::unique_ptr<const PhoneMetadataCollection> {
    if (i18n::phonenumbers::metadata_get == nullptr || i18n::phonenumbers::metadata_size == nullptr) return nullptr;
    auto out = std::make_unique<PhoneMetadataCollection>();
    const bool is_read = out->ParseFromArray(i18n::phonenumbers::metadata_get(), i18n::phonenumbers::metadata_size());
    return is_read ? std::move(out) : nullptr;
  }();
  return parsed.get();
}

const PhoneMetadata* metadata_of(std::string_view region, int calling_code) {
  const auto& all = metadata()->metadata();
  const auto found = std::ranges::find_if(
      all, [&](const PhoneMetadata& each) { return each.id() == region && each.country_code() == calling_code; });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

class plan_builder {
 public:
  static std::unique_ptr<const numbering_plan> build(int calling_code) {
    std::list<std::string> regions;  // as libphonenumber wants it; the main one is the first
    PhoneNumberUtil::GetInstance()->GetRegionCodesForCountryCallingCode(calling_code, &regions);
    if (metadata() == nullptr || regions.empty()) return nullptr;
    auto out = std::make_unique<numbering_plan>();
    for (const auto& id : regions) {
      const auto* const found = metadata_of(id, calling_code);
      auto made = found == nullptr ? std::nullopt : region_of(*found);
      if (!made) return nullptr;
      out->regions_.push_back(std::move(*made));
    }
    const auto& prefix = metadata_of(regions.front(), calling_code)->national_prefix_for_parsing();
    out->has_prefix_ = !prefix.empty();
    if (out->has_prefix_) out->prefix_ = compiled(prefix);
    return out;
  }

 private:
  static std::optional<digit_automaton> compiled(std::string_view text) { return digit_automaton::compile({&text, 1}); }

  static std::optional<numbering_plan::region> region_of(const PhoneMetadata& from) {
    // The lengths that the metadata tells beside a pattern are left out: no type's pattern matches any other length.
    std::array<std::string_view, pattern_count> texts;
    std::ranges::transform(patterns_of(from), texts.begin(),
                           [](const auto* desc) -> std::string_view { return desc->national_number_pattern(); });
    auto patterns = digit_automaton::compile(texts);
    auto leading = from.has_leading_digits() ? compiled(from.leading_digits()) : std::nullopt;
    if (!patterns || leading.has_value() != from.has_leading_digits()) return std::nullopt;
    return numbering_plan::region{.id = from.id(),
                                  .leading = std::move(leading),
                                  .patterns = std::move(*patterns),
                                  .one_pattern_for_fixed_and_mobile = from.same_mobile_and_fixed_line_pattern()};
  }
};

const numbering_plan* numbering_plan::of_calling_code(int calling_code) {
  struct slot {
    std::once_flag made;
    std::unique_ptr<const numbering_plan> plan;
  };
  static std::array<slot, calling_code_max + 1> slots;
  if (calling_code < 1 || calling_code > calling_code_max) return nullptr;
  auto& here = slots[static_cast<std::size_t>(calling_code)];
  std::call_once(here.made, [&] { here.plan = plan_builder::build(calling_code); });
  return here.plan.get();
}

numbering_plan::number_type numbering_plan::region::type_of(std::string_view national) const {
  const auto found = patterns.match_whole(national);
  const auto matches = [&](pattern which) { return (found >> std::to_underlying(which) & 1U) != 0; };
  if (!matches(pattern::any)) return PhoneNumberUtil::UNKNOWN;
  for (const auto& [which, type] : special_types) {
    if (matches(which)) return type;
  }
  if (matches(pattern::fixed_line)) {
    const bool either = one_pattern_for_fixed_and_mobile || matches(pattern::mobile);
    return either ? PhoneNumberUtil::FIXED_LINE_OR_MOBILE : PhoneNumberUtil::FIXED_LINE;
  }
  const bool is_mobile = !one_pattern_for_fixed_and_mobile && matches(pattern::mobile);
  return is_mobile ? PhoneNumberUtil::MOBILE : PhoneNumberUtil::UNKNOWN;
}

numbering_plan::place numbering_plan::find(std::string_view national) const {
  // The only region of a code has all of its numbers, valid or not.
  if (regions_.size() == 1) return {regions_.front().id, regions_.front().type_of(national)};
  for (const auto& each : regions_) {
    if (each.leading && each.leading->match_beginning(national) == 0) continue;
    const auto type = each.type_of(national);
    if (each.leading || type != PhoneNumberUtil::UNKNOWN) return {each.id, type};
  }
  return {"ZZ", PhoneNumberUtil::UNKNOWN};
}

bool numbering_plan::may_have_prefix(std::string_view national) const noexcept {
  return has_prefix_ && (!prefix_ || prefix_->match_beginning(national) != 0);
}

std::size_t numbering_plan::size_bytes() const noexcept {
  std::size_t out = prefix_ ? prefix_->size_bytes() : 0;
  for (const auto& each : regions_) {
    out += each.patterns.size_bytes() + (each.leading ? each.leading->size_bytes() : 0);
  }
  return out;
}

}  // namespace sendcode::domain
