#include "common/url.hpp"

#include <vector>

#include "tests/catch.hpp"

using sendcode::parse_url;
using sendcode::url;

TEST_CASE("an https URL is taken apart", "[url]") {
  CHECK(parse_url("https://api.twilio.com") == url{true, "api.twilio.com", 443, ""});
  CHECK(parse_url("https://API.Twilio.com/") == url{true, "api.twilio.com", 443, ""});
  CHECK(parse_url("https://example.com:8443/a/b/") == url{true, "example.com", 8443, "/a/b"});
  CHECK(parse_url("https://[2001:db8::1]:8443/x") == url{true, "2001:db8::1", 8443, "/x"});
}

TEST_CASE("plain http is for loopback alone", "[url]") {
  CHECK(parse_url("http://127.0.0.1:9000/v1") == url{false, "127.0.0.1", 9000, "/v1"});
  CHECK(parse_url("http://localhost") == url{false, "localhost", 80, ""});
  CHECK(parse_url("http://[::1]:81") == url{false, "::1", 81, ""});
  for (const char* text : {"http://example.com", "http://127.0.0.1.example.com", "http://10.0.0.1", "http://[::2]"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_url(text));
  }
}

TEST_CASE("a URL that holds more or less than an address is refused", "[url]") {
  const std::vector<const char*> refused = {"",
                                            "example.com",
                                            "ftp://example.com",
                                            "https://",
                                            "https://:443",
                                            "https://user@example.com",
                                            "https://user:pw@example.com/",
                                            "https://example.com:0",
                                            "https://example.com:65536",
                                            "https://example.com:",
                                            "https://example.com:44x",
                                            "https://example.com/?a=b",
                                            "https://example.com/#top",
                                            "https://example.com/a b",
                                            "https://exa mple.com",
                                            "https://[::1",
                                            "https://[::1]x",
                                            "https://example.com\r\nHost: evil"};
  for (const char* text : refused) {
    CAPTURE(text);
    CHECK_FALSE(parse_url(text));
  }
}

TEST_CASE("a URL is written as it was read, with its port where that is needed or asked for", "[url]") {
  using sendcode::to_text;
  using sendcode::url_port;
  for (const char* text : {"https://example.com", "https://example.com:8443/a/b", "http://127.0.0.1:9000/v1",
                           "https://[2001:db8::1]:8443/x", "http://[::1]"}) {
    CHECK(to_text(*parse_url(text)) == text);
  }
  const auto own = *parse_url("https://example.com:443/a");
  CHECK(to_text(own) == "https://example.com/a");
  CHECK(to_text(own, url_port::always) == "https://example.com:443/a");
  CHECK(to_text(own, url_port::never) == "https://example.com/a");
  const auto other = *parse_url("http://localhost:8443");
  CHECK(to_text(other, url_port::always) == "http://localhost:8443");
  CHECK(to_text(other, url_port::never) == "http://localhost");
}
