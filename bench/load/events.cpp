#include "bench/load/events.hpp"

#include <fmt/format.h>

#include <vector>

#include "common/timestamp.hpp"
#include "worker/domain/settings.hpp"

namespace sendcode::bench {
namespace {

constexpr std::uint64_t phones = 40'000'000;  // +61 400 000 000 to +61 439 999 999
constexpr std::uint64_t stride = 7'919;       // shares no factor with `phones`: neighbours have different prefixes
constexpr std::uint64_t events_an_address = 40;

const std::string& connection_of(std::uint64_t number) {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> out;
    for (std::uint64_t i = 0; i < environments; ++i) out.push_back(domain::derive_connection_id(environment_of(i)));
    return out;
  }();
  return all[number % environments];
}

std::string address_of(std::uint64_t number) {
  const auto host = number / events_an_address;
  return fmt::format("20.{}.{}.{}", host >> 16 & 255U, host >> 8 & 255U, host & 255U);
}

}  // namespace

std::string phone_of(std::uint64_t number) {
  return fmt::format("+61{}", 400'000'000 + number % phones * stride % phones);
}

std::string environment_of(std::uint64_t number) {
  return fmt::format("env_{:02}", number % environments);
}

event make_event(const std::string& run, std::uint64_t number) {
  event out;
  out.phone = phone_of(number);
  out.value = fmt::format(
      R"({{"environment_id":"{}","application_id":"{}","challenge_id":"{}-{:022}","purpose":"sign_in",)"
      R"("phone_number":"{}","connection_id":"{}","locale":"en-AU","client_ip":"{}","user_id":"kp_{:032x}"}})",
      environment_of(number), application, run, number, out.phone, connection_of(number), address_of(number), number);
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  out.headers = {{{"ce_specversion", "1.0"},
                  {"ce_type", "io.sendcode.send-code.v1"},
                  {"ce_source", "/bench"},
                  {"ce_id", fmt::format("{}-{:032x}", run, number)},
                  {"ce_time", to_rfc3339(now)},
                  {"ce_traceparent", fmt::format("00-{:032x}-{:016x}-01", number + 1, number + 1)},
                  {"content-type", "application/json"}}};
  return out;
}

}  // namespace sendcode::bench
