// What Twilio and the Kinde sender answer, read in place.
#include "tests/fuzz/require.hpp"
#include "worker/adapters/senders/answers.hpp"

using namespace sendcode;

namespace {

bool is_sid(std::string_view sid) {
  return sid.size() == 34 && (sid.starts_with("SM") || sid.starts_with("MM")) &&
         sid.find_first_not_of("0123456789abcdef", 2) == std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  if (const auto answer = senders::read_twilio_answer(input)) {
    SENDCODE_FUZZ_REQUIRE(answer->sid.empty() || is_sid(answer->sid));
  }
  if (const auto list = senders::read_twilio_list(input)) {
    for (const auto& message : *list) SENDCODE_FUZZ_REQUIRE(is_sid(message.sid));
  }
  if (const auto id = senders::read_kinde_answer(input)) SENDCODE_FUZZ_REQUIRE(id->size() <= 64);
  if (const auto token = senders::read_token_answer(input)) {
    SENDCODE_FUZZ_REQUIRE(token->access_token.empty() ||
                          (token->access_token.data() >= input.data() &&
                           token->access_token.data() + token->access_token.size() <= input.data() + input.size()));
  }
  if (const auto wait = senders::read_retry_after(input, from_unix_ms(1'795'421'730'000))) {
    SENDCODE_FUZZ_REQUIRE(*wait >= milliseconds{0} && *wait <= milliseconds{3'600'000});
  }
  return 0;
}
