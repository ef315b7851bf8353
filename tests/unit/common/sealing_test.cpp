#include "common/sealing.hpp"

#include "tests/catch.hpp"

using namespace sendcode;

namespace {

std::string bytes(std::string_view hex) {
  return *from_hex(hex);
}

const std::string key = bytes("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
constexpr sealing_nonce nonce = {0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88};
const std::string text = bytes(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba"
    "637b39");
const std::string bound = bytes("feedfacedeadbeeffeedfacedeadbeefabaddad2");

}  // namespace

TEST_CASE("AES-256-GCM gives the vectors of its authors") {
  // McGrew and Viega, test cases 13 and 16.
  CHECK(to_hex(seal(std::string(32, '\0'), {}, "", "")) == "530f8afbc74536b9a963b4f1c4cb738b");
  const auto sealed = seal(key, nonce, text, bound);
  CHECK(to_hex(sealed) ==
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a"
        "0abc"
        "c9f66276fc6ece0f4e1768cddf8853bb2d551b");
  CHECK(unseal(key, nonce, sealed, bound) == text);
}

TEST_CASE("what was changed anywhere cannot be opened") {
  const auto sealed = seal(key, nonce, text, bound);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(unseal(key, nonce, changed, bound));
  }
  CHECK_FALSE(unseal(key, nonce, sealed.substr(1), bound));
  CHECK_FALSE(unseal(key, nonce, sealed.substr(0, sealed.size() - 1), bound));
  CHECK_FALSE(unseal(key, nonce, sealed.substr(0, 15), bound));
  CHECK_FALSE(unseal(key, nonce, "", bound));
  CHECK_FALSE(unseal(key, nonce, sealed, bound + "x"));
  CHECK_FALSE(unseal(key, nonce, sealed, ""));
  CHECK_FALSE(unseal(key, {}, sealed, bound));
  CHECK_FALSE(unseal(std::string(32, 'k'), nonce, sealed, bound));
}
