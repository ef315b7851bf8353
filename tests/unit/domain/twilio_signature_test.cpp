#include "worker/domain/twilio_signature.hpp"

#include <array>

#include "tests/catch.hpp"

using namespace sendcode;
using domain::is_signed_by_twilio;
using domain::make_twilio_signature;

namespace {

const std::string url = "https://mycompany.com/myapp.php?foo=1&bar=2";
const form_fields call = {{"CallSid", "CA1234567890ABCDE"},
                          {"Digits", "1234"},
                          {"From", "+14158675309"},
                          {"To", "+18005551212"},
                          {"Caller", "+14158675309"}};
const std::string call_signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

bool is_signed(std::string_view signature, const form_fields& fields, std::string_view token = "12345",
               const std::string& to = url) {
  const std::array urls{to};
  const std::array tokens{token};
  return is_signed_by_twilio(signature, urls, fields, tokens);
}

}  // namespace

TEST_CASE("signatures are Twilio's published ones, in whatever order the fields stand", "[twilio_signature]") {
  CHECK(make_twilio_signature("12345", url, call) == call_signature);
  CHECK(make_twilio_signature("12345", url, {call.rbegin(), call.rend()}) == call_signature);
  CHECK(is_signed(call_signature, call));
  CHECK(make_twilio_signature(
            "12345", url,
            {{"Sid", "CA123"}, {"SidAccount", "AC123"}, {"Digits", "5678"}, {"Digits", "1234"}, {"Digits", "1234"}}) ==
        "IK+Dwps556ElfBT0I3Rgjkr1wJU=");
}

TEST_CASE("names are sorted by their bytes, capitals first", "[twilio_signature]") {
  CHECK(make_twilio_signature("12345", url, {{"b", "1"}, {"B", "2"}, {"a", "3"}}) ==
        make_twilio_signature("12345", url + "B2a3b1", {}));
  CHECK(make_twilio_signature("12345", url, {{"\xC3\xA9", "1"}, {"z", "2"}}) ==
        make_twilio_signature("12345", url + "z2\xC3\xA9" + "1", {}));
}

TEST_CASE("anything that is another is not signed", "[twilio_signature]") {
  CHECK_FALSE(is_signed("", call));
  CHECK_FALSE(is_signed(call_signature.substr(1), call));
  CHECK_FALSE(is_signed(call_signature + "=", call));
  for (std::size_t i = 0; i < call_signature.size(); ++i) {
    auto changed = call_signature;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(is_signed(changed, call));
  }
  for (std::size_t i = 0; i < call.size(); ++i) {
    auto changed = call;
    changed[i].second += ' ';
    CHECK_FALSE(is_signed(call_signature, changed));
    changed = call;
    changed[i].first[0] = 'c';
    CHECK_FALSE(is_signed(call_signature, changed));
    changed = call;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK_FALSE(is_signed(call_signature, changed));
  }
  CHECK_FALSE(is_signed(call_signature, call, "12346"));
  CHECK_FALSE(is_signed(call_signature, call, "12345", "https://mycompany.com/myapp.php?foo=1"));
}

TEST_CASE("any of the URLs under any of the tokens will do", "[twilio_signature]") {
  const std::array<std::string, 2> urls{"https://mycompany.com:443/myapp.php?foo=1&bar=2", url};
  for (const auto& tokens : {std::array<std::string_view, 2>{"12345", "old"}, {"new", "12345"}}) {
    CHECK(is_signed_by_twilio(call_signature, urls, call, tokens));
    CHECK(is_signed_by_twilio(make_twilio_signature("12345", urls[0], call), urls, call, tokens));
  }
  const std::array<std::string_view, 2> others{"new", "old"};
  CHECK_FALSE(is_signed_by_twilio(call_signature, urls, call, others));
}
