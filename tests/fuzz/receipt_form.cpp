// Twilio's receipts: the form, its signed order, and what is understood of it.
#include <algorithm>
#include <array>
#include <string_view>

#include "common/bytes.hpp"
#include "tests/fuzz/require.hpp"
#include "worker/domain/key_ring.hpp"
#include "worker/domain/receipt_ref.hpp"
#include "worker/domain/twilio_receipt.hpp"
#include "worker/domain/twilio_signature.hpp"

using namespace sendcode;

namespace {

constexpr std::size_t fields_max = 64;

std::string encode(const form_fields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    append_form_encoded(out, name);
    append_form_encoded(out += '=', value);
  }
  return out;
}

void check_form(std::string_view input) {
  const auto fields = parse_form(input, fields_max);
  if (!fields) return;
  SENDCODE_FUZZ_REQUIRE(fields->size() <= fields_max);
  SENDCODE_FUZZ_REQUIRE(parse_form(encode(*fields), fields_max) == *fields);

  const std::array<std::string, 1> urls{"https://hooks.example.com/"};
  const std::array<std::string_view, 1> tokens{"12345"};
  const auto signature = domain::make_twilio_signature(tokens[0], urls[0], *fields);
  auto shuffled = *fields;
  std::ranges::reverse(shuffled);
  if (!fields->empty()) shuffled.push_back(fields->front());
  SENDCODE_FUZZ_REQUIRE(domain::is_signed_by_twilio(signature, urls, shuffled, tokens));

  if (const auto receipt = domain::read_twilio_receipt(*fields)) {
    SENDCODE_FUZZ_REQUIRE(receipt->message_id.size() == 34);
    SENDCODE_FUZZ_REQUIRE(std::ranges::count(domain::receipt_statuses, receipt->status) == 1);
  }
}

// Nothing that we did not seal is a ref, whatever its bytes.
void check_ref(std::string_view input) {
  static const auto ring =
      domain::key_ring::make({{"a", std::make_shared<const secret>(std::string(32, 'k')), {}, {}}});
  const auto now = from_unix_ms(1'795'421'730'000);
  SENDCODE_FUZZ_REQUIRE(!domain::open_ref(*ring, "env_live", input, now));
  SENDCODE_FUZZ_REQUIRE(!domain::open_ref(*ring, "env_live", to_base64url("\1\1a" + std::string(input)), now));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  check_form(input);
  check_ref(input);
  return 0;
}
