#include "worker/app/commands/awaited_statuses.hpp"

#include "tests/catch.hpp"
#include "tests/unit/app/a_status.hpp"

using namespace sendcode;
using testing::a_status;

namespace {

bool give(app::awaited_statuses& to, const std::string& id, const std::string& kind, const std::string& status,
          const std::string& sender = "twilio") {
  const a_status one({{"request_id", id}, {"kind", kind}, {"status", status}, {"sender", sender}});
  return to.take(one.record());
}

}  // namespace

TEST_CASE("outcomes are waited for one by one, each shown once, and nobody else's") {
  app::awaited_statuses awaited({"a", "b"}, false);
  CHECK_FALSE(give(awaited, "other", "outcome", "sent"));
  CHECK(give(awaited, "a", "outcome", "sent"));
  CHECK_FALSE(give(awaited, "a", "outcome", "sent"));
  CHECK_FALSE(give(awaited, "b", "receipt", "delivered"));
  CHECK(awaited.without_outcome() == 1);
  CHECK_FALSE(awaited.complete());
  CHECK(awaited.all_well());
  CHECK(give(awaited, "b", "outcome", "rejected"));
  CHECK(awaited.complete());
  CHECK_FALSE(awaited.all_well());
  CHECK(awaited.summary() == "1 rejected, 1 sent");
}

TEST_CASE("with receipts each text that Twilio took is waited for until a receipt says how it ended") {
  app::awaited_statuses awaited({"a", "b", "c", "d"}, true);
  CHECK(give(awaited, "a", "outcome", "sent"));
  CHECK(give(awaited, "b", "outcome", "sent", "kinde"));  // which sends no receipts
  CHECK(give(awaited, "c", "outcome", "rejected", ""));
  CHECK(awaited.without_outcome() == 1);
  CHECK(give(awaited, "d", "receipt", "delivered"));  // before its outcome
  CHECK(give(awaited, "d", "outcome", "sent"));
  CHECK(awaited.without_outcome() == 0);
  CHECK(awaited.without_receipt() == 1);
  CHECK(give(awaited, "a", "receipt", "sending"));
  CHECK_FALSE(awaited.complete());
  CHECK(give(awaited, "a", "receipt", "delivered"));
  CHECK(awaited.complete());
}

TEST_CASE("a text that was sent and not delivered is not well") {
  app::awaited_statuses awaited({"a"}, true);
  give(awaited, "a", "outcome", "sent");
  CHECK(awaited.all_well());
  give(awaited, "a", "receipt", "undelivered");
  CHECK(awaited.complete());
  CHECK_FALSE(awaited.all_well());
}
