#include "common/crypto.hpp"

#include "common/redaction.hpp"
#include "common/secret.hpp"
#include "tests/catch.hpp"

using namespace sendcode;

TEST_CASE("SHA-256, HMAC and HKDF give the vectors of their standards") {
  CHECK(to_hex(as_text(sha256("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(as_text(sha256(""))) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, cases 2 and 6 (a key longer than a block).
  CHECK(to_hex(as_text(hmac_sha256("Jefe", "what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(
            as_text(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  // RFC 2202, case 2.
  // A key of exactly a block is none that is hashed first, one byte more is.
  CHECK(to_hex(as_text(hmac_sha256(std::string(64, 'k'), ""))) ==
        "83026a325aaee70e36cfe607536aa1054104ad1077c36134810d4ccded1ccd3b");
  CHECK(to_hex(as_text(hmac_sha256(std::string(65, 'k'), ""))) ==
        "41f1c4cc3107cd5b8d92460f61032902bfdb06484eef17e861b83a5012d3b7f3");
  CHECK(to_hex(as_text(hmac_sha1("Jefe", "what do ya want for nothing?"))) ==
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  // RFC 5869, case 3: no salt, no label; the first 32 bytes.
  CHECK(to_hex(as_text(hkdf_sha256(std::string(22, '\x0b'), ""))) ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

TEST_CASE("fields with their lengths cannot be moved from one to the next") {
  CHECK(length_prefixed().add("ab").add("c").bytes() == std::string("\0\0\0\2ab\0\0\0\1c", 11));
  CHECK(length_prefixed().add("ab").add("c").bytes() != length_prefixed().add("a").add("bc").bytes());
  CHECK(length_prefixed().add("").add("a").bytes() != length_prefixed().add("a").add("").bytes());
}

TEST_CASE("texts are compared whole") {
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "ab"));
  CHECK_FALSE(equal_in_constant_time("abc", ""));
}

TEST_CASE("a secret moves, and is gone where it was") {
  secret first(std::string("shh"));
  secret second(std::move(first));
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is what is tested
  CHECK(second.expose() == "shh");
  first = std::move(second);
  CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
  CHECK(first.expose() == "shh");
  std::string text = "abc";
  {
    const wiped_at_end wiped(text);
  }
  CHECK(text.empty());
}

TEST_CASE("values from outside are shown escaped and cut at 128 bytes") {
  CHECK(shown("plain é") == "plain é");
  CHECK(shown("a\nb\x1b[31m\x7f\\") == "a\\x0ab\\x1b[31m\\x7f\\x5c");
  CHECK(shown("a\xffz") == "a\\xffz");
  CHECK(shown(std::string(128, 'x')) == std::string(128, 'x'));
  CHECK(shown(std::string(129, 'x')) == std::string(128, 'x') + "…");
  CHECK(shown(std::string(127, 'x') + "éé") == std::string(127, 'x') + "…");  // not in the middle of a character
  CHECK(shown(std::string(126, 'x') + "漢") == std::string(126, 'x') + "…");
}
