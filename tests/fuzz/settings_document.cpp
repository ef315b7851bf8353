// Settings documents, as YAML and as JSON.
#include "worker/codec/settings_document.hpp"

#include "tests/fuzz/require.hpp"

using namespace sendcode;

namespace {

void check(const codec::settings_result& read) {
  if (!read) {
    SENDCODE_FUZZ_REQUIRE(!read.error().empty());
    SENDCODE_FUZZ_REQUIRE(!config::to_text(read.error()).empty());
    return;
  }
  const auto& sms = read->sms;
  SENDCODE_FUZZ_REQUIRE(!read->environment_id.empty() && read->environment_id.size() <= 64);
  SENDCODE_FUZZ_REQUIRE(read->environment_id.find_first_of("/.{}") == std::string::npos);
  SENDCODE_FUZZ_REQUIRE(sms.default_country.size() == 2);
  SENDCODE_FUZZ_REQUIRE(sms.code_ttl >= seconds{60} && sms.code_ttl <= seconds{7200});
  SENDCODE_FUZZ_REQUIRE(sms.code_ttl <= seconds{600} || sms.allow_long_ttl);
  SENDCODE_FUZZ_REQUIRE(!sms.limits.empty() && sms.test_numbers.size() <= 10);
  // A secret is named below its own environment's folder.
  const auto own = [&](const domain::secret_ref& ref) {
    SENDCODE_FUZZ_REQUIRE(ref.name.starts_with(read->environment_id + '/') && ref.name.find("..") == std::string::npos);
  };
  if (sms.twilio) {
    for (const auto& token : sms.twilio->auth_tokens) own(token);
  }
  for (const auto& number : sms.test_numbers) own(number.code);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  check(codec::decode_settings_yaml(input, "", "fuzz.yaml"));
  check(codec::decode_settings_json(input, "", "fuzz.json"));
  return 0;
}
