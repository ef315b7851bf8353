#include "worker/adapters/redis/protocol.hpp"
#include "common/crypto.hpp"
#include "tests/catch.hpp"
#include "worker/adapters/redis/keys.hpp"
#include "worker/adapters/redis/period.hpp"
#include "worker/adapters/redis/record.hpp"
#include "worker/adapters/redis/redis_options.hpp"

// What needs no server: addresses, bytes in and out, hashes.
namespace sendcode::redis {

TEST_CASE("addresses as logs and a cluster write them") {
  CHECK(to_text(redis_address{"::1", 6380, false}) == "[::1]:6380");
  CHECK(to_text(redis_address{"redis.example.com", 6379, true}) == "redis.example.com:6379");
  CHECK(read_announced("10.0.0.1:6380", true) == redis_address{"10.0.0.1", 6380, true});
  CHECK(read_announced("::1:6380", false) == redis_address{"::1", 6380, false});
  CHECK(read_announced(":6380", false) == redis_address{"", 6380, false});
  for (const char* bad : {"", "h", "h:", "h:0", "h:65536", "h:1x"}) CHECK_FALSE(read_announced(bad, false).has_value());
}

TEST_CASE("commands are encoded with any bytes in them") {
  redis_command command;
  command.add("SET").add(std::string_view("a\0\r\n", 4)).add(-7).begin().append("x").append(12).end();
  command.replace(2, 42);
  std::string out = "before";
  command.encode_onto(out);
  using namespace std::string_view_literals;
  CHECK(out == "before*4\r\n$3\r\nSET\r\n$4\r\na\0\r\n\r\n$2\r\n42\r\n$3\r\nx12\r\n"sv);
}

TEST_CASE("replies are read whole, however they are cut") {
  const std::string bytes =
      "+OK\r\n-ERR no\r\n:42\r\n$-1\r\n$3\r\na\r\n\r\n*3\r\n$1\r\nx\r\n*2\r\n:1\r\n+y\r\n$-1\r\n*0\r\n*-1\r\n";
  for (std::size_t step = 1; step < 20; ++step) {
    reply_reader reader;
    std::vector<redis_reply> replies;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      REQUIRE(reader.feed(std::string_view(bytes).substr(at, step)));
      while (auto reply = reader.next().value()) replies.push_back(std::move(*reply));
    }
    REQUIRE(replies.size() == 8);
    using kind = redis_reply::kind;
    CHECK((replies[0].type == kind::status && replies[0].text == "OK"));
    CHECK((replies[1].is_error() && replies[1].text == "ERR no"));
    CHECK((replies[2].type == kind::integer && replies[2].integer == 42));
    CHECK(replies[3].type == kind::nil);
    CHECK(replies[4].text == "a\r\n");
    REQUIRE(replies[5].elements.size() == 3);
    CHECK(replies[5].elements[0].text == "x");
    CHECK(replies[5].elements[1].elements.at(1).text == "y");
    CHECK(replies[5].elements[2].type == kind::nil);
    CHECK((replies[6].type == kind::array && replies[6].elements.empty()));
    CHECK(replies[7].type == kind::nil);
  }
}

TEST_CASE("what is no reply, or too large a one, is refused") {
  reply_reader nonsense;
  REQUIRE(nonsense.feed("HTTP/1.1 400 Bad Request\r\n"));
  CHECK_FALSE(nonsense.next().has_value());
  reply_reader many;
  REQUIRE(many.feed("*1000000\r\n"));
  CHECK_FALSE(many.next().has_value());
  reply_reader large;
  REQUIRE(large.feed("$100000000\r\n"));
  const std::string piece(16 * 1024, 'x');
  std::size_t fed = 0;
  while (large.feed(piece) && fed <= reply_bytes_max) fed += piece.size();
  CHECK(fed <= reply_bytes_max);
}

TEST_CASE("the hash of a subject is the HMAC that docs/redis.md tells") {
  const secret key(std::string(32, 'k'));
  subject_hasher hasher(key);
  const digest derived = hkdf_sha256(key.expose(), "sendcode subjects v1");
  const digest expected =
      hmac_sha256(as_text(derived), length_prefixed().add("phone").add("env_live").add("+61491570006").bytes());
  CHECK(as_text(hasher.hash("phone", "env_live", "+61491570006")) == as_text(expected).substr(0, 16));
  CHECK(as_text(hasher.plain("abc")) == as_text(sha256("abc")).substr(0, 16));
  CHECK(hasher.hash("user", "env_live", "+61491570006") != hasher.hash("phone", "env_live", "+61491570006"));
  CHECK(hasher.hash("phone", "env_test", "+61491570006") != hasher.hash("phone", "env_live", "+61491570006"));
  CHECK(to_key_text(hasher.plain("abc")).size() == 22);
}

TEST_CASE("a record that is cut, longer than it says or of another version is none") {
  std::string record(70, '\0');
  record[0] = 1;
  record[1] = 'S';
  CHECK(unpack_record(record).has_value());
  CHECK_FALSE(unpack_record(record.substr(0, 69)).has_value());
  CHECK_FALSE(unpack_record(record + "x").has_value());
  std::string newer = record;
  newer[0] = 2;
  CHECK_FALSE(unpack_record(newer).has_value());
  std::string wrong_tail = record + "\x05" + "ab";
  wrong_tail[69] = 3;
  CHECK_FALSE(unpack_record(wrong_tail).has_value());
}

TEST_CASE("a message id that does not fit a record is left out whole") {
  domain::outcome outcome;
  outcome.message_id = std::string(message_id_bytes_max, 'x');
  CHECK(pack_tail(outcome).size() == 1 + message_id_bytes_max);
  outcome.message_id += 'x';
  CHECK(pack_tail(outcome).size() == 1);
  outcome.attempts.resize(13);
  CHECK(pack_tail(outcome).size() == 1 + 9 * attempts_kept_max);
}

TEST_CASE("periods of an allowance are UTC months and days") {
  const auto at = from_rfc3339("2026-12-31T23:59:59.999Z").value();
  CHECK(period_of(at, true).number == 202612);
  CHECK(to_rfc3339(period_of(at, true).start) == "2026-12-01T00:00:00.000Z");
  CHECK(to_rfc3339(period_of(at, true).end) == "2027-01-01T00:00:00.000Z");
  CHECK(period_of(at, false).number == 20261231);
  CHECK(to_rfc3339(period_of(at, false).end) == "2027-01-01T00:00:00.000Z");
  CHECK(period_of(at + milliseconds{1}, true).number == 202701);
  CHECK(period_of(at + milliseconds{1}, false).number == 20270101);
}

TEST_CASE("of two periods Redis decides, whichever way a worker's clock is off at the month's turn") {
  const auto turn = from_rfc3339("2027-01-01T00:00:00.000Z").value();
  for (const auto off : {-milliseconds{1}, milliseconds{0}, milliseconds{1}, milliseconds{59 * 60'000}}) {
    const auto [first, second] = periods_around(turn + off, true);
    CHECK(first.number == 202612);
    CHECK(first.end == turn);
    CHECK(second.number == 202701);
    CHECK(second.start == turn);
  }
  CHECK(periods_around(turn + milliseconds{3'600'000}, true)[0].number == 202701);
  CHECK(periods_around(turn, false)[0].number == 20261231);
  CHECK(periods_around(turn, false)[1].number == 20270101);
}

}  // namespace sendcode::redis
