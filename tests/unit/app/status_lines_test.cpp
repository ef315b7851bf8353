#include "worker/app/commands/status_lines.hpp"

#include "tests/catch.hpp"
#include "tests/unit/app/a_status.hpp"

using namespace sendcode;
using testing::a_status;

namespace {

const nlohmann::json sent = {{"kind", "outcome"},
                             {"status", "sent"},
                             {"phone_number", "+61*******06"},
                             {"sender", "twilio"},
                             {"environment_id", "env_live"},
                             {"challenge_id", "k3Jw9sQ2vT7yB4nH1cXzLg"},
                             {"message_id", "SM1"},
                             {"failed_over", false},
                             {"possible_duplicate", true}};

}  // namespace

TEST_CASE("a status is a line in columns, and what else there is stands behind them by name") {
  CHECK(app::status_line(a_status(sent).record(), {}) ==
        "2026-11-23T08:15:30.123Z  outcome  sent         +61*******06      twilio  env_live      "
        "k3Jw9sQ2vT7yB4nH1cXzLg  message_id=SM1  possible_duplicate");
  const nlohmann::json rejected = {
      {"kind", "outcome"}, {"status", "rejected"}, {"reason", "rate_limited.phone"}, {"retry_after_s", 17}};
  CHECK(
      app::status_line(a_status(rejected).record(), {}) ==
      "2026-11-23T08:15:30.123Z  outcome  rejected     -                 -       -             -                       "
      "reason=rate_limited.phone  retry_after_s=17");
}

TEST_CASE("the status alone is painted, and never for programs") {
  const a_status one(sent);
  const auto coloured = app::status_line(one.record(), {.colours = true});
  CHECK(coloured.find("outcome  \x1b[32msent       \x1b[0m  +61") != std::string::npos);
  const auto line = app::status_line(one.record(), {.json = true, .colours = true});
  CHECK(line.find('\x1b') == std::string::npos);
  const auto json = nlohmann::json::parse(line);
  CHECK(json["ce_id"] == "i");
  CHECK(json["time"] == "2026-11-23T08:15:30.123Z");
  CHECK(json["status"] == "sent");
}

TEST_CASE("an outcome's line has the words of what was wrong with its attempts, each once") {
  const nlohmann::json refused = {
      {"sender", "twilio"}, {"outcome", "busy"}, {"error_code", 20429}, {"error_text", "Too many requests"}};
  auto data = sent;
  data["attempts"] = {refused, refused, {{"sender", "kinde"}, {"outcome", "accepted"}}, 7};
  const auto line = app::status_line(a_status(data).record(), {});
  CHECK(line.ends_with("  possible_duplicate  twilio=\"Too many requests\""));
  data["attempts"] = "none";
  CHECK(app::status_line(a_status(data).record(), {}).ends_with("  possible_duplicate"));
  CHECK(app::status_line(a_status(data).record(), {.json = true}).find("twilio=") == std::string::npos);
}

TEST_CASE("what a status bears cannot move the cursor") {
  auto data = sent;
  data["environment_id"] = "\x1b[2J";
  CHECK(app::status_line(a_status(data).record(), {.colours = true}).find("\x1b[2J") == std::string::npos);
}
