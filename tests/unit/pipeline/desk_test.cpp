// Challenges looked after and phones unlocked: what the settings decide before the store is asked.
#include "worker/pipeline/desk.hpp"

#include "tests/catch.hpp"
#include "tests/fakes/fake_desk_stores.hpp"
#include "tests/fakes/pipeline_world.hpp"

using namespace sendcode;
using namespace std::chrono_literals;
using tests::pipeline_world;

namespace {

struct desk_world {
  pipeline_world w;
  tests::fake_challenge_store store;
  pipeline::desk desk{store, 3'600'000ms, w.rules()};

  template <typename T>
  T value(awaitable<T> work) {
    std::optional<T> out;
    spawn(w.context.get_executor(), "test", keep(std::move(work), out));
    w.run();
    REQUIRE(out);
    return *out;
  }
  template <typename T>
  static awaitable<void> keep(awaitable<T> work, std::optional<T>& into) {
    into.emplace(co_await std::move(work));
  }
  static ports::challenge_reference reference(const std::string& environment = "env_live") {
    return {environment, "k3Jw9sQ2vT7yB4nH1cXzLg", "app_web", domain::purpose::mfa};
  }
  void with_settings_unread() {
    w.current = false;
    desk.update(w.rules());
  }
};

}  // namespace

TEST_CASE("how a challenge stands is what the store says") {
  desk_world d;
  CHECK_FALSE(d.value(d.desk.look(d.reference())).value());
  d.store.view = ports::challenge_view{};
  d.store.view->attempts_left = 3;
  const auto view = d.value(d.desk.look(d.reference())).value();
  REQUIRE(view);
  CHECK(view->attempts_left == 3);
  CHECK(d.store.looked.back().application_id == "app_web");
  CHECK(d.store.looked.back().purpose == domain::purpose::mfa);
}

TEST_CASE("a cancellation is kept as long as a send of the challenge could come") {
  desk_world d;
  CHECK_FALSE(d.value(d.desk.cancel(d.reference())).value());
  d.store.view = ports::challenge_view{};
  CHECK(d.value(d.desk.cancel(d.reference())).value());
  CHECK(d.store.cancelled.back().second == 1h);
  d.w.environment().sms.code_ttl = 120min;
  d.desk.update(d.w.rules());
  d.value(d.desk.cancel(d.reference()));
  CHECK(d.store.cancelled.back().second == 135min);
}

TEST_CASE("a phone is unlocked by its number in any spelling") {
  desk_world d;
  CHECK(d.value(d.desk.unlock({"env_live", "0491 570 006"})).value() == ports::unlock_answer::unlocked);
  CHECK(d.store.unlocked == std::vector<std::pair<std::string, std::string>>{{"env_live", "+61491570006"}});
  CHECK(d.value(d.desk.unlock({"env_live", "021 123 4567", "NZ"})).value() == ports::unlock_answer::unlocked);
  CHECK(d.store.unlocked.back().second == "+64211234567");
  CHECK(d.value(d.desk.unlock({"env_live", "+61491570006", "NZ"})).value() == ports::unlock_answer::unlocked);
  CHECK(d.store.unlocked.back().second == "+61491570006");
  CHECK(d.value(d.desk.unlock({"env_live", "0491 570 006", "ZZ"})).value() == ports::unlock_answer::not_a_number);
  CHECK(d.value(d.desk.unlock({"env_live", "hello"})).value() == ports::unlock_answer::not_a_number);
  CHECK(d.store.unlocked.size() == 3);
}

TEST_CASE("of an environment that is not there the store is not asked") {
  desk_world d;
  d.store.view = ports::challenge_view{};
  CHECK_FALSE(d.value(d.desk.look(d.reference("env_other"))).value());
  CHECK_FALSE(d.value(d.desk.cancel(d.reference("env_other"))).value());
  CHECK(d.value(d.desk.unlock({"env_other", "+61491570006"})).value() == ports::unlock_answer::unknown_environment);
  CHECK(d.store.looked.empty());
  CHECK(d.store.cancelled.empty());
  CHECK(d.store.unlocked.empty());
}

TEST_CASE("while settings are not read, an environment that is not there may still come: an outage") {
  desk_world d;
  d.with_settings_unread();
  CHECK_FALSE(d.value(d.desk.cancel(d.reference("env_other"))));
  CHECK_FALSE(d.value(d.desk.unlock({"env_other", "+61491570006"})));
}

TEST_CASE("each is asked twice, and then it is an outage") {
  desk_world d;
  d.store.view = ports::challenge_view{};
  for (const int lost : {1, 2}) {
    d.store.answers_to_lose = lost;
    CHECK(d.value(d.desk.look(d.reference())).has_value() == (lost == 1));
    d.store.answers_to_lose = lost;
    CHECK(d.value(d.desk.cancel(d.reference())).has_value() == (lost == 1));
    d.store.answers_to_lose = lost;
    CHECK(d.value(d.desk.unlock({"env_live", "+61491570006"})).has_value() == (lost == 1));
  }
  CHECK(d.store.looked.size() == 4);
  CHECK(d.store.cancelled.size() == 4);
  CHECK(d.store.unlocked.size() == 4);
}
