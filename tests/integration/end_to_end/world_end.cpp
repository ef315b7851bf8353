// What every test case ends with.
#include <algorithm>

#include "tests/integration/end_to_end/traces.hpp"
#include "tests/integration/end_to_end/world.hpp"

namespace sendcode::e2e {
namespace {

std::string text_of(const std::vector<logged_record>& records) {
  std::string out;
  for (const auto& record : records) {
    for (const auto& [name, value] : record.headers) out += name + '=' + value + '\n';
    out += record.value.value_or("") + '\n';
  }
  return out;
}

std::string text_of(redis_tests::raw_client& redis) {
  std::string out;
  for (const auto& key : redis.keys()) {
    const bool has_window = key.find("}:b:") != key.npos;  // in ms, at the end: digits that are no code
    out += (has_window ? key.substr(0, key.rfind(':')) : key) + '\n' + redis.dump(key) + '\n';
  }
  return out;
}

}  // namespace

void world::check_end() {
  std::string shown;
  for (auto& each : workers_) {
    if (!each.running()) continue;
    shown += metrics(each);
    const int exit_code = each.stop().value_or(-1'000);  // -1000: it did not end
    INFO("the worker said:\n" << each.log());
    CHECK(exit_code == 0);
  }
  for (const auto& each : workers_) {
    const auto log = each.log();
    const auto report = std::min(log.find("Sanitizer"), log.find("runtime error:"));
    INFO(log.substr(std::min(report, log.size()), 4000));
    CHECK(report == std::string::npos);
  }
  check_privacy(shown);
}

void world::check_privacy(const std::string& shown) {
  redis_tests::raw_client raw(redis.port());
  if (!chosen_.redis_password.empty()) raw.command({"AUTH", chosen_.redis_password});
  std::vector<std::pair<std::string, std::string>> places{{"Redis", text_of(raw)}, {"the metrics", shown}};
  if (statuses) places.emplace_back("the statuses", text_of(statuses->records()));
  for (const auto& each : workers_) places.emplace_back("a worker's log", each.log());
  const auto letters = dead_letters ? text_of(dead_letters->records()) : "";  // hold phones as they came

  std::set<std::string> codes;
  for (const auto& message : senders.messages()) {
    phones_.insert(message["to"].get<std::string>());
    codes.insert(code_in(message["body"].get<std::string>()));
  }
  const auto codes_within = [&](std::string_view text) {
    std::size_t count = 0;
    const auto words = six_digit_words(text);
    for (const auto& code : codes) count += words.contains(code) ? 1U : 0U;
    return count;
  };
  for (const auto& [place, text] : places) {
    INFO(place << " holds codes");
    CHECK(codes_within(text) == 0);
    for (const auto& phone : phones_in(text, phones_)) FAIL_CHECK(place << " holds a phone number: " << phone);
  }
  CHECK(codes_within(letters) == 0);
}

}  // namespace sendcode::e2e
