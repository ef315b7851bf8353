// What a receipt becomes on the log.
#include "tests/unit/pipeline/receipt_desk.hpp"

using namespace sendcode;
using namespace sendcode::tests::receipts;
using desk = receipt_desk;

TEST_CASE("a receipt of a failure tells Twilio's code, its reason and its words") {
  desk d;
  CHECK(d.take(d.a_post().with("MessageStatus", "undelivered").with("ErrorCode", "30003")) == receipt_answer::done);
  auto told = nlohmann::json::parse(d.w.stream.records.back().record.value);
  CHECK(told["status"] == "undelivered");
  CHECK(told["reason"] == "recipient_unreachable");
  CHECK(told["error_code"] == 30003);
  CHECK(told["error_text"] == "the phone is off, out of reach or no longer in use: offer the person a resend later");
  // A code of tomorrow is told as it is.
  CHECK(d.take(d.a_post().with("MessageStatus", "failed").with("ErrorCode", "39999")) == receipt_answer::done);
  told = nlohmann::json::parse(d.w.stream.records.back().record.value);
  CHECK(told["error_code"] == 39999);
  CHECK_FALSE(told.contains("error_text"));
}

TEST_CASE("receipts are told in the order in which they come, each status under an id of its own") {
  desk d;
  for (const char* status : {"delivered", "sending", "sent", "delivered"}) {
    CHECK(d.take(d.a_post().with("MessageStatus", status)) == receipt_answer::done);
  }
  std::vector<std::string> ids;
  for (const auto& each : d.w.stream.records) ids.push_back(each.header("ce_id"));
  CHECK(ids == std::vector{sid + "/delivered", sid + "/sending", sid + "/sent", sid + "/delivered"});
}

TEST_CASE("fields that Twilio adds, signed with the others, change nothing") {
  desk d;
  auto made = d.a_post();
  made.fields.emplace_back("SomethingNew", "ü \x01 ключ");
  made.fields.emplace_back("RawDlrDoneDate", "2611231200");
  made.fields.emplace_back("SomethingNew", "twice");
  CHECK(d.take(made) == receipt_answer::done);
  const auto with_them = d.w.stream.records.back().record.value;
  CHECK(d.take(d.a_post()) == receipt_answer::done);
  CHECK(d.w.stream.records.back().record.value == with_them);
}
