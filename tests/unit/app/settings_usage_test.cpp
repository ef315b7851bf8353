#include "worker/app/commands/settings_usage.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sendcode;
using domain::limit_kind;
using ports::device_class;
using kind = ports::usage_question::kind;

namespace {

constexpr ports::allowance_check monthly{.max = 10, .monthly = true};
const timestamp noon = from_unix_ms(1'795'521'600'000);

domain::environment_settings environment() {
  domain::environment_settings out;
  out.environment_id = "env_live";
  out.applications = {"app_web", "app_admin"};
  out.sms.default_country = "AU";
  out.sms.allowed_countries = {"AU"};
  out.sms.limits = {{limit_kind::phone, 1, seconds{30}},       {limit_kind::user, 10, seconds{3'600}},
                    {limit_kind::application, 5, seconds{60}}, {limit_kind::environment, 100, seconds{600}},
                    {limit_kind::country, 50, seconds{3'600}}, {limit_kind::prefix, 60, seconds{600}}};
  return out;
}

ports::subjects_in_use found() {
  return {.countries = {"AU", "NZ"}, .prefixes = {"+614915"}, .fraud_prefixes = {"+614916"}};
}

// Each question answered by what `answer` says.
template <typename Answer>
app::usage_report asked(const domain::environment_settings& of, const std::optional<domain::phone_number>& phone,
                        Answer answer, const ports::subjects_in_use& subjects = found()) {
  app::usage_survey survey(of, monthly);
  survey.ask_all(subjects, phone);
  ports::usage_reply reply{.store_now = noon, .answers = {}};
  for (const auto& question : survey.questions()) reply.answers.push_back(answer(question));
  survey.take(0, reply);
  return std::move(survey).report();
}

ports::usage_answer nothing(const ports::usage_question&) {
  return {};
}

const app::limit_use& use_of(const app::usage_report& report, limit_kind per, const std::string& subject) {
  for (const auto& each : report.limits) {
    if (each.per == per && each.subject == subject) return each;
  }
  FAIL("there is no such row: " << subject);
  throw std::logic_error("not reached");
}

}  // namespace

TEST_CASE("each limit is asked for each of its subjects, and for the phone that is named") {
  const auto phone = domain::parse_phone_number("+61491570006", "AU");
  const auto report = asked(environment(), *phone, [](const ports::usage_question& question) {
    if (question.about != kind::limit) return ports::usage_answer{};
    if (question.limit.subject == "NZ") return ports::usage_answer{.used = 7};
    if (question.limit.subject == "app_admin") return ports::usage_answer{.used = 3};
    if (question.limit.subject == "+61491570006" && question.device == device_class::known) {
      return ports::usage_answer{.used = 1, .left = milliseconds{12'000}};
    }
    return ports::usage_answer{};
  });
  CHECK(use_of(report, limit_kind::application, "app_admin").used == 3);
  CHECK(use_of(report, limit_kind::application, "app_web").used == 0);
  CHECK(use_of(report, limit_kind::environment, "").used == 0);
  CHECK(use_of(report, limit_kind::country, "NZ").used == 7);
  CHECK(use_of(report, limit_kind::prefix, "+614915").used == 0);
  CHECK_FALSE(use_of(report, limit_kind::user, "").used);  // each has its own
  CHECK(use_of(report, limit_kind::phone, "+61*******06 (known device)").is_used_up());
  CHECK_FALSE(use_of(report, limit_kind::phone, "+61*******06 (stranger)").is_used_up());

  const auto text = app::to_lines(report);
  INFO(text);
  CHECK(text.find("used up, for 12s") != text.npos);
  CHECK(text.find("570006") == text.npos);
  CHECK(app::to_json(report).dump().find("570006") == std::string::npos);
}

TEST_CASE("a limit for countries that only the star admits is told for those alone") {
  auto settings = environment();
  settings.sms.limits = {{limit_kind::country, 50, seconds{3'600}, true}};
  CHECK(asked(settings, {}, nothing).limits.empty());
  settings.sms.every_country = true;
  const auto report = asked(settings, {}, nothing);
  REQUIRE(report.limits.size() == 1);
  CHECK(report.limits[0].subject == "NZ");
}

TEST_CASE("a prefix over its max is stopped by its share of approved texts, or at ten times as many") {
  const auto report = [&](std::uint64_t used, std::uint64_t sent, std::uint64_t approved) {
    return asked(environment(), {}, [=](const ports::usage_question& question) {
      if (question.limit.subject != "+614915") return ports::usage_answer{};
      if (question.about == kind::approved) return ports::usage_answer{.used = approved};
      return ports::usage_answer{.used = question.limit.max == 0 ? sent : used, .left = milliseconds{300'000}};
    });
  };
  const auto stops = [](const app::usage_report& of) { return use_of(of, limit_kind::prefix, "+614915").stops(); };
  CHECK_FALSE(stops(report(59, 59, 0)));
  CHECK(stops(report(60, 60, 11)));
  CHECK_FALSE(stops(report(60, 60, 12)));
  CHECK_FALSE(stops(report(599, 599, 300)));
  CHECK(stops(report(600, 600, 600)));
  CHECK(app::to_lines(report(60, 60, 11)).find("stopped, for 5m: 11 of 60 approved in 10m") != std::string::npos);
  CHECK(app::to_lines(report(60, 60, 12)).find("not stopped: 12 of 60 approved in 10m") != std::string::npos);
}

TEST_CASE("the allowance is told with what is left and until when, fraud answers with the end of their block") {
  const auto report = asked(environment(), {}, [](const ports::usage_question& question) {
    if (question.about == kind::allowance) return ports::usage_answer{.used = 3, .left = milliseconds{3'600'000}};
    if (question.about == kind::fraud) return ports::usage_answer{.used = 1, .left = milliseconds{600'000}};
    return ports::usage_answer{};
  });
  CHECK(report.allowance_left() == 7);
  CHECK(app::allowance_text(report) ==
        "3 of 10 texts by the Kinde sender used this month, 7 left until 2026-11-24T13:00:00.000Z");
  const auto json = app::to_json(report);
  CHECK(json["allowance"].dump() ==
        R"({"per":"month","max":10,"used":3,"left":7,"ends_at":"2026-11-24T13:00:00.000Z"})");
  CHECK(json["fraud"].dump() == R"([{"prefix":"+614916","answers_in_10m":1,"stops":true,"free_in_s":600}])");
  CHECK(app::to_lines(report).find("suspected_fraud, for 10m") != std::string::npos);
}

TEST_CASE("of many subjects the ten that used most are shown, and programs get all") {
  auto subjects = found();
  subjects.prefixes.clear();
  for (int i = 0; i < 30; ++i) subjects.prefixes.push_back("+6149" + std::to_string(10 + i));
  subjects.missing = "Redis has too many keys to look through in time";
  const auto report = asked(
      environment(), {},
      [](const ports::usage_question& question) {
        const bool counted = question.about == kind::limit && question.limit.per == limit_kind::prefix;
        return ports::usage_answer{.used = counted ? std::stoull(question.limit.subject.substr(5)) : 0};
      },
      subjects);
  const auto text = app::to_lines(report);
  INFO(text);
  CHECK(text.find("+614939") != text.npos);
  CHECK(text.find("+614929") == text.npos);
  CHECK(text.find("20 more") != text.npos);
  CHECK(text.find("too many keys to look through") != text.npos);
  const auto json = app::to_json(report);
  CHECK(std::ranges::count_if(json["limits"], [](const auto& each) { return each["per"] == "prefix"; }) == 30);
  CHECK(json["incomplete"] == subjects.missing);
}
