#include "worker/adapters/redis/period.hpp"

namespace sendcode::redis {
namespace {

constexpr std::chrono::hours clocks_differ_max{1};

}  // namespace

period period_of(timestamp at, bool monthly) {
  using namespace std::chrono;
  const sys_days day = floor<days>(at);
  const year_month_day date{day};
  const auto number = std::int64_t{int{date.year()}} * 100 + unsigned{date.month()};
  if (!monthly) return {number * 100 + unsigned{date.day()}, timestamp{day}, timestamp{day + days{1}}};
  const year_month month = date.year() / date.month();
  return {number, timestamp{sys_days{month / 1}}, timestamp{sys_days{(month + months{1}) / 1}}};
}

std::array<period, 2> periods_around(timestamp now, bool monthly) {
  const period first = period_of(now - clocks_differ_max, monthly);
  return {first, period_of(first.end, monthly)};
}

}  // namespace sendcode::redis
