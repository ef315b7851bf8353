#include "worker/domain/receipt_ref.hpp"

#include <set>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using domain::key_ring;
using domain::open_ref;
using domain::receipt_ref;
using domain::ref_error;
using domain::ring_key;
using domain::seal_ref;

namespace {

const timestamp noon = *from_rfc3339("2026-11-23T12:00:00Z");
constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

ring_key key(std::string id, std::optional<timestamp> not_before = {}, std::optional<timestamp> not_after = {}) {
  auto bytes = std::string(31, 'k') + id;
  return {std::move(id), std::make_shared<const secret>(std::move(bytes)), not_before, not_after};
}

key_ring ring(std::vector<ring_key> keys) {
  return key_ring::make(std::move(keys))->derive(domain::ref_key_label);
}

receipt_ref a_ref() {
  receipt_ref out;
  out.request_id = domain::make_request_id("env_live", "/sign-in", "an event");
  out.challenge_id = "k3Jw9sQ2vT7yB4nH1cXzLg";
  out.application_id = "app_web";
  out.purpose = domain::purpose::mfa;
  out.birth = noon;
  return out;
}

constexpr domain::receipt_ref_salt salt = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};

std::string seal(const key_ring& keys, const receipt_ref& ref = a_ref(), std::string_view environment = "env_live") {
  const auto* signing = keys.signing_key(noon);
  REQUIRE(signing != nullptr);
  return seal_ref(*signing, environment, ref, salt);
}

}  // namespace

TEST_CASE("a ref gives back what was sealed, and is fit for a URL") {
  const auto keys = ring({key("a")});
  for (const auto purpose : {domain::purpose::sign_in, domain::purpose::mfa}) {
    auto ref = a_ref();
    ref.purpose = purpose;
    const auto text = seal(keys, ref);
    CHECK(text.find_first_not_of(base64url) == std::string::npos);
    CHECK(open_ref(keys, "env_live", text, noon) == ref);
  }
}

TEST_CASE("the longest ref is of the size that is named, and a longer text is not looked at") {
  const auto keys = ring({key(std::string(64, 'i'))});
  auto ref = a_ref();
  ref.challenge_id = std::string(128, 'c');
  ref.application_id = std::string(64, 'a');
  const auto text = seal(keys, ref, std::string(64, 'e'));
  CHECK(text.size() == domain::receipt_ref_size_max);
  CHECK(open_ref(keys, std::string(64, 'e'), text, noon) == ref);
  CHECK(open_ref(keys, std::string(64, 'e'), text + "AAAA", noon).error() == ref_error::not_ours);
}

TEST_CASE("a ref shows nothing but its key's id") {
  const auto keys = ring({key("a")});
  const auto bytes = *from_base64url(seal(keys));
  CHECK(bytes.substr(0, 3) == std::string("\1\1a", 3));
  CHECK(bytes.find("app_web") == std::string::npos);
  CHECK(bytes.find("k3Jw9s") == std::string::npos);
  domain::receipt_ref_salt other = salt;
  for (auto& byte : other) {
    const auto whole = byte;
    byte = 0xEE;
    CHECK(seal_ref(keys.keys()[0], "env_live", a_ref(), other) != seal(keys));
    byte = whole;
  }
}

TEST_CASE("a ref that was changed at any byte, cut or made longer is not ours") {
  const auto keys = ring({key("a"), key("b")});
  const auto text = seal(keys);
  const auto bytes = *from_base64url(text);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int bit : {1, 128}) {
      auto changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ bit);
      CHECK(open_ref(keys, "env_live", to_base64url(changed), noon).error() == ref_error::not_ours);
    }
    CHECK(open_ref(keys, "env_live", to_base64url(bytes.substr(0, i)), noon).error() == ref_error::not_ours);
  }
  // The other key of the ring, named in its place.
  auto renamed = bytes;
  renamed[2] = renamed[2] == 'a' ? 'b' : 'a';
  for (const std::string& other : {to_base64url(renamed), to_base64url(bytes + '\0'), text + "=", text + "&",
                                   "." + text, std::string("AQ"), std::string("AQH_"), std::string("AQFh")}) {
    CHECK(open_ref(keys, "env_live", other, noon).error() == ref_error::not_ours);
  }
}

TEST_CASE("a ref is good in its own environment alone") {
  const auto keys = ring({key("a")});
  const auto text = seal(keys);
  for (const char* environment : {"env_other", "env_liv", "env_live2", "", "ENV_LIVE"}) {
    CHECK(open_ref(keys, environment, text, noon).error() == ref_error::not_ours);
  }
}

TEST_CASE("a ref is refused once its event is 7 days old") {
  const auto keys = ring({key("a")});
  const auto text = seal(keys);
  CHECK(open_ref(keys, "env_live", text, noon + 168h - 1ms));
  CHECK(open_ref(keys, "env_live", text, noon + 168h).error() == ref_error::too_old);
  CHECK(open_ref(keys, "env_live", text, noon - 1h));  // another worker's clock ran ahead
}

TEST_CASE("older keys open what they sealed until they end, and a ring without the key opens nothing") {
  const auto old = ring({key("a", {}, noon + 1h)});
  const auto text = seal(old);
  const auto rotated = ring({key("a", {}, noon + 1h), key("b", noon)});
  CHECK(from_base64url(seal(rotated))->substr(0, 3) == std::string("\1\1b", 3));
  CHECK(open_ref(rotated, "env_live", text, noon + 1h - 1ms));
  CHECK(open_ref(rotated, "env_live", text, noon + 1h).error() == ref_error::not_ours);
  CHECK(open_ref(ring({key("b")}), "env_live", text, noon).error() == ref_error::not_ours);
  // A key that has not begun here may have begun elsewhere.
  CHECK(open_ref(ring({key("c"), key("b", noon + 24h)}), "env_live", seal(rotated), noon));
  // The same id with other bytes.
  auto twin = key("a");
  twin.key = key("z").key;
  CHECK(open_ref(ring({twin}), "env_live", text, noon).error() == ref_error::not_ours);
}

TEST_CASE("the ring's keys serve refs under a label of their own") {
  const auto keys = key_ring::make({key("a")});
  REQUIRE(keys);
  const auto text = seal(keys->derive(domain::ref_key_label));
  CHECK(open_ref(keys->derive("sendcode codes v1"), "env_live", text, noon).error() == ref_error::not_ours);
  CHECK(open_ref(*keys, "env_live", text, noon).error() == ref_error::not_ours);
}
