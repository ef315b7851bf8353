#include "worker/domain/offset_tracker.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "tests/catch.hpp"

using sendcode::domain::offset_tracker;

namespace {

// The rule as design §2 words it, looked up from scratch each time.
struct slow_model {
  enum class state { open, dropped, over };
  struct event {
    std::int64_t offset;
    state now = state::open;
  };
  std::vector<event> events;

  void complete(std::size_t sequence) { events.at(sequence).now = state::over; }
  void drop(std::size_t sequence) {
    if (events.at(sequence).now == state::open) events[sequence].now = state::dropped;
  }
  std::size_t oldest() const {
    const auto found = std::find_if(events.begin(), events.end(), [](const event& e) { return e.now != state::over; });
    return static_cast<std::size_t>(found - events.begin());
  }
  std::optional<std::int64_t> committable() const {
    if (events.empty()) return std::nullopt;
    const auto at = oldest();
    return at == events.size() ? events.back().offset + 1 : events[at].offset;
  }
  std::size_t span() const { return events.size() - oldest(); }
  std::size_t open() const {
    return static_cast<std::size_t>(
        std::count_if(events.begin(), events.end(), [](const event& e) { return e.now == state::open; }));
  }
};

void require_same(const offset_tracker& tracker, const slow_model& model) {
  REQUIRE(tracker.committable() == model.committable());
  REQUIRE(tracker.span() == model.span());
  REQUIRE(tracker.oldest() == model.oldest());
  REQUIRE(tracker.open() == model.open());
}

}  // namespace

TEST_CASE("nothing is committable before the first delivery") {
  const offset_tracker tracker;
  CHECK_FALSE(tracker.committable());
  CHECK(tracker.span() == 0);
  CHECK(tracker.open() == 0);
}

TEST_CASE("an open event holds the commit at its own offset") {
  offset_tracker tracker;
  CHECK(tracker.deliver(41) == 0U);
  CHECK(tracker.committable() == 41);
  tracker.complete(0);
  CHECK(tracker.committable() == 42);
}

TEST_CASE("a partition that starts at offset 0 commits 0 while its first event is open") {
  offset_tracker tracker;
  tracker.deliver(0);
  CHECK(tracker.committable() == 0);
}

TEST_CASE("gaps between offsets are jumped to the next delivered one") {
  offset_tracker tracker;
  for (const std::int64_t offset : {10, 20, 35}) tracker.deliver(offset);
  tracker.complete(1);
  CHECK(tracker.committable() == 10);
  CHECK(tracker.span() == 3);
  tracker.complete(0);
  CHECK(tracker.committable() == 35);
  CHECK(tracker.span() == 1);
  tracker.complete(2);
  CHECK(tracker.committable() == 36);
  CHECK(tracker.span() == 0);
}

TEST_CASE("an offset that came before is not delivered again") {
  offset_tracker tracker;
  tracker.deliver(7);
  CHECK_FALSE(tracker.deliver(7));
  CHECK_FALSE(tracker.deliver(3));
  tracker.complete(0);
  CHECK_FALSE(tracker.deliver(7));
  CHECK(tracker.deliver(8) == 1U);
}

TEST_CASE("a completion that is repeated or was never delivered changes nothing") {
  offset_tracker tracker;
  tracker.deliver(1);
  tracker.deliver(2);
  tracker.complete(0);
  tracker.complete(0);
  tracker.complete(2);
  tracker.complete(std::numeric_limits<std::uint64_t>::max());
  CHECK(tracker.committable() == 2);
  CHECK(tracker.open() == 1);
}

TEST_CASE("a dropped event is not open but the commit never passes it") {
  offset_tracker tracker;
  for (const std::int64_t offset : {5, 6, 7}) tracker.deliver(offset);
  tracker.complete(0);
  tracker.drop(1);
  tracker.drop(1);
  tracker.complete(2);
  tracker.drop(2);
  CHECK(tracker.open() == 0);
  CHECK(tracker.committable() == 6);
  CHECK(tracker.span() == 2);
}

TEST_CASE("100,000 random completions with gaps, drops, epochs and late ones are as the slow model says") {
  std::mt19937_64 random(20261123);
  const auto below = [&random](std::size_t n) { return static_cast<std::size_t>(random() % n); };

  // Epochs of one partition: each starts where the last one's commit stood. Completions go to any epoch, mostly the
  // current one.
  struct epoch {
    offset_tracker tracker;
    slow_model model;
  };
  std::vector<epoch> epochs(1);
  std::int64_t next_offset = 0;
  std::size_t completions = 0;
  while (completions < 100'000) {
    if (epochs.back().model.events.size() >= 400 || below(2'000) == 0) {
      next_offset = epochs.back().tracker.committable().value_or(next_offset);
      epochs.emplace_back();
    }
    for (auto n = below(8); n > 0; --n) {
      auto& now = epochs.back();
      REQUIRE(now.tracker.deliver(next_offset) == now.model.events.size());
      now.model.events.push_back({next_offset});
      next_offset += static_cast<std::int64_t>(1 + (below(5) == 0 ? below(1'000) : 0));
    }
    for (auto n = below(8); n > 0; --n) {
      const bool late = epochs.size() > 1 && below(10) == 0;
      const auto which = late ? epochs.size() - 2 : epochs.size() - 1;
      auto& [tracker, model] = epochs[which];
      if (model.events.empty()) continue;
      // Near the oldest open one, so that the span stays like a real one's; now and then anywhere, what is over
      // included.
      const auto from = below(20) == 0 ? 0 : std::min(model.oldest(), model.events.size() - 1);
      const auto sequence = from + below(model.events.size() - from);
      if (!late && below(200) == 0) {
        tracker.drop(sequence);
        model.drop(sequence);
      } else {
        tracker.complete(sequence);
        model.complete(sequence);
        ++completions;
      }
      require_same(tracker, model);
      if (late) require_same(epochs.back().tracker, epochs.back().model);
    }
  }
  CHECK(epochs.size() > 100);
}
