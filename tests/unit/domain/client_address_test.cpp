#include "worker/domain/client_address.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::parse_client_address;

TEST_CASE("an IPv4 address is counted as itself") {
  const auto address = parse_client_address("203.0.113.7");
  REQUIRE(address);
  CHECK(address->subject == "4:cb007107");
  CHECK(address->wide_network.empty());
  CHECK(parse_client_address("203.0.113.8")->subject != address->subject);
}

TEST_CASE("an IPv6 address is counted as its /64, and as its /48 beside it") {
  const auto address = parse_client_address("2001:db8:1:2:3:4:5:6");
  REQUIRE(address);
  CHECK(address->subject == "6:20010db800010002");
  CHECK(address->wide_network == "6:20010db80001");
  CHECK(parse_client_address("2001:DB8:1:2::9")->subject == address->subject);
  CHECK(parse_client_address("2001:db8:1:3::9")->subject != address->subject);
  CHECK(parse_client_address("2001:db8:1:3::9")->wide_network == address->wide_network);
}

TEST_CASE("IPv4 inside IPv6 is counted as IPv4") {
  CHECK(parse_client_address("::ffff:203.0.113.7")->subject == "4:cb007107");
  CHECK_FALSE(parse_client_address("::ffff:10.0.0.1"));
}

TEST_CASE("addresses of no single client are not counted, up to the edges of their ranges") {
  for (const char* text : {"0.0.0.0",     "0.255.255.255",   "10.0.0.0",   "10.255.255.255",
                           "100.64.0.0",  "100.127.255.255", "127.0.0.1",  "127.255.255.255",
                           "169.254.0.0", "169.254.255.255", "172.16.0.0", "172.31.255.255",
                           "192.168.0.0", "192.168.255.255", "::",         "::1",
                           "fc00::1",     "fdff:ffff::1",    "fe80::1",    "febf::1"}) {
    INFO(text);
    CHECK_FALSE(parse_client_address(text));
  }
  for (const char* text : {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
                           "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
                           "192.167.255.255", "192.169.0.0", "fbff::1", "fec0::1", "2001:db8::"}) {
    INFO(text);
    CHECK(parse_client_address(text));
  }
}

TEST_CASE("what is no address is not counted") {
  using namespace std::string_view_literals;
  for (const auto text :
       {""sv, "localhost"sv, "203.0.113"sv, "203.0.113.256"sv, "203.0.113.7 "sv, "203.0.113.7:443"sv, "[2001:db8::1]"sv,
        "2001:db8::1%eth0"sv, "2001:db8::1/64"sv, "203.0.113.7\0"sv, "203.0.113.7\0.1"sv, "0x7f.1.1.1"sv}) {
    INFO(text);
    CHECK_FALSE(parse_client_address(text));
  }
}
