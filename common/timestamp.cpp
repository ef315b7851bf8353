#include "common/timestamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace sendcode {
namespace {

using namespace std::chrono;

// What four digits of a year can say.
constexpr timestamp earliest{sys_days{year{0} / January / 1}};
constexpr timestamp latest{sys_days{year{10'000} / January / 1} - milliseconds{1}};

// Reads fixed-width numbers and literal characters off the front of a text.
class reader {
 public:
  explicit reader(std::string_view text) : text_(text) {}

  std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(count);
    return value;
  }
  bool literal(std::string_view expected) {
    if (!text_.starts_with(expected)) return false;
    text_.remove_prefix(expected.size());
    return true;
  }
  bool one_of(char a, char b) { return literal({&a, 1}) || literal({&b, 1}); }
  char peek() const { return text_.empty() ? '\0' : text_.front(); }
  bool done() const { return text_.empty(); }
  void skip_digits() {
    while (!text_.empty() && text_[0] >= '0' && text_[0] <= '9') text_.remove_prefix(1);
  }
  std::string_view word(std::size_t count) {
    const auto out = text_.substr(0, count);
    text_.remove_prefix(out.size());
    return out;
  }

 private:
  std::string_view text_;
};

std::optional<timestamp> assemble(int y, int mo, int d, int h, int mi, int s, int ms, minutes offset) {
  const auto date = year{y} / month{static_cast<unsigned>(mo)} / day{static_cast<unsigned>(d)};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
  if (s == 60) s = 59;  // a leap second
  return timestamp{sys_days{date}.time_since_epoch() + hours{h} + minutes{mi} + seconds{s} + milliseconds{ms} - offset};
}

std::optional<minutes> read_offset(reader& in, bool colon) {
  const char sign = in.peek();
  if (sign != '+' && sign != '-') return std::nullopt;
  in.literal({&sign, 1});
  const auto h = in.digits(2);
  if (colon && !in.literal(":")) return std::nullopt;
  const auto m = in.digits(2);
  if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
  const minutes offset = hours{*h} + minutes{*m};
  return sign == '-' ? -offset : offset;
}

}  // namespace

std::string to_rfc3339(timestamp at) {
  at = std::clamp<timestamp>(at, earliest, latest);
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&out](std::size_t from, std::size_t width, std::int64_t value) {
    for (; width > 0; value /= 10) out[from + --width] = static_cast<char>('0' + value % 10);
  };
  put(0, 4, int{date.year()});
  put(5, 2, unsigned{date.month()});
  put(8, 2, unsigned{date.day()});
  put(11, 2, time.hours().count());
  put(14, 2, time.minutes().count());
  put(17, 2, time.seconds().count());
  put(20, 3, time.subseconds().count());
  return out;
}

std::optional<timestamp> from_rfc3339(std::string_view text) {
  reader in(text);
  const auto y = in.digits(4);
  if (!y || !in.literal("-")) return std::nullopt;
  const auto mo = in.digits(2);
  if (!mo || !in.literal("-")) return std::nullopt;
  const auto d = in.digits(2);
  if (!d || !in.one_of('T', 't')) return std::nullopt;
  const auto h = in.digits(2);
  if (!h || !in.literal(":")) return std::nullopt;
  const auto mi = in.digits(2);
  if (!mi || !in.literal(":")) return std::nullopt;
  const auto s = in.digits(2);
  if (!s) return std::nullopt;
  int ms = 0;
  if (in.literal(".")) {
    int scale = 100;
    int read = 0;
    while (const auto digit = in.digits(1)) {
      ms += *digit * scale;
      scale /= 10;
      ++read;
    }
    if (read == 0) return std::nullopt;
  }
  minutes offset{0};
  if (!in.one_of('Z', 'z')) {
    const auto read = read_offset(in, true);
    if (!read) return std::nullopt;
    offset = *read;
  }
  if (!in.done()) return std::nullopt;
  return assemble(*y, *mo, *d, *h, *mi, *s, ms, offset);
}

std::optional<timestamp> from_rfc2822(std::string_view text) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  reader in(text);
  in.word(3);  // the weekday says nothing new
  if (!in.literal(", ")) return std::nullopt;
  const auto d = in.digits(2);
  if (!d || !in.literal(" ")) return std::nullopt;
  const auto name = in.word(3);
  int mo = 0;
  for (std::size_t i = 0; i < months.size(); ++i) {
    if (months[i] == name) mo = static_cast<int>(i) + 1;
  }
  if (mo == 0 || !in.literal(" ")) return std::nullopt;
  const auto y = in.digits(4);
  if (!y || !in.literal(" ")) return std::nullopt;
  const auto h = in.digits(2);
  if (!h || !in.literal(":")) return std::nullopt;
  const auto mi = in.digits(2);
  if (!mi || !in.literal(":")) return std::nullopt;
  const auto s = in.digits(2);
  if (!s || !in.literal(" ")) return std::nullopt;
  const auto offset = read_offset(in, false);
  if (!offset || !in.done()) return std::nullopt;
  return assemble(*y, mo, *d, *h, *mi, *s, 0, *offset);
}

}  // namespace sendcode
