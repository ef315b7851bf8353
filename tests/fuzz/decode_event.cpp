// Records of sms.send-code. An input is a value, read in both modes; up to an empty line it may begin with headers of
// its own, "name=value" a line.
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.hpp"
#include "tests/fuzz/require.hpp"
#include "worker/codec/event_decoder.hpp"

using namespace sendcode;

namespace {

const std::vector<domain::record_header> binary = {{"ce_specversion", "1.0"},
                                                   {"ce_type", "io.sendcode.send-code.v1"},
                                                   {"ce_source", "/sign-in"},
                                                   {"ce_id", "an event"}};
const std::vector<domain::record_header> structured = {{"content-type", "application/cloudevents+json"}};

std::vector<domain::record_header> read_headers(std::string_view lines) {
  std::vector<domain::record_header> out;
  while (!lines.empty()) {
    const auto line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const auto equals = line.find('=');
    out.push_back({line.substr(0, equals), equals == line.npos ? std::string_view() : line.substr(equals + 1)});
  }
  return out;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// The whole event is the value: its data stands in a member, beside attributes of any name.
bool is_structured(const std::vector<domain::record_header>& headers) {
  return std::ranges::any_of(headers, [](const auto& each) {
    return lower(each.name) == "content-type" && lower(each.value).find("cloudevents") != std::string::npos;
  });
}

// What was taken is what an ordinary parser reads there.
void check(const std::vector<domain::record_header>& headers, std::string_view value) {
  const auto event = codec::decode_event(headers, value);
  if (!event) {
    SENDCODE_FUZZ_REQUIRE(!event.error().detail.empty() && event.error().detail.size() < 100);
    return;
  }
  auto data = nlohmann::json::parse(value);
  if (is_structured(headers)) data = data["data"];
  const auto same = [&](const char* name, const std::string& field) {
    SENDCODE_FUZZ_REQUIRE(data.value(name, std::string()) == field);
    SENDCODE_FUZZ_REQUIRE(is_valid_utf8(field));
  };
  same("environment_id", event->environment_id);
  same("application_id", event->application_id);
  same("challenge_id", event->challenge_id);
  same("phone_number", event->phone_number);
  same("user_id", event->user_id);
  same("device_token", event->device_token);
  SENDCODE_FUZZ_REQUIRE(event->environment_id.size() <= 64 && event->challenge_id.size() >= 22);
  SENDCODE_FUZZ_REQUIRE(!event->source.empty() && event->source.size() <= 256 && is_valid_utf8(event->source));
  SENDCODE_FUZZ_REQUIRE(!event->id.empty() && event->id.size() <= 256 && is_valid_utf8(event->id));
  SENDCODE_FUZZ_REQUIRE(event->traceparent.empty() || event->traceparent.size() == 55);
  SENDCODE_FUZZ_REQUIRE(codec::decode_event(headers, value)->data_digest == event->data_digest);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  check(binary, input);
  check(structured, input);
  if (const auto gap = input.find("\n\n"); gap != input.npos) {
    check(read_headers(input.substr(0, gap)), input.substr(gap + 2));
  }
  return 0;
}
