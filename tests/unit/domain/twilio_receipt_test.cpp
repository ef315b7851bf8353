#include "worker/domain/twilio_receipt.hpp"

#include "tests/catch.hpp"

using namespace sendcode;
using domain::read_twilio_receipt;
using domain::reason;

namespace {

const std::string sid = "SM" + std::string(32, 'a');

form_fields fields(const std::string& status, const std::string& error_code = "") {
  form_fields out{{"MessageSid", sid}, {"MessageStatus", status}, {"To", "+61491570006"}, {"AccountSid", "AC1"}};
  if (!error_code.empty()) out.emplace_back("ErrorCode", error_code);
  return out;
}

reason reason_of(const std::string& status, const std::string& error_code) {
  const auto receipt = read_twilio_receipt(fields(status, error_code));
  REQUIRE(receipt);
  return receipt->failure_reason();
}

}  // namespace

TEST_CASE("a receipt is read by the fields that we know, and others are ignored", "[twilio_receipt]") {
  auto given = fields("undelivered", "30005");
  given.emplace_back("SomethingNew", "1");
  const auto receipt = read_twilio_receipt(given);
  REQUIRE(receipt);
  CHECK(receipt->message_id == sid);
  CHECK(receipt->status == "undelivered");
  CHECK(receipt->error_code == 30005);
  CHECK(receipt->to == "+61491570006");
}

TEST_CASE("every status that can come is understood, and no other", "[twilio_receipt]") {
  for (const auto status : domain::receipt_statuses) CHECK(read_twilio_receipt(fields(std::string(status))));
  for (const char* status : {"", "Delivered", "receiving", "received", "deleted", "delivered "}) {
    CAPTURE(status);
    CHECK_FALSE(read_twilio_receipt(fields(status)));
  }
}

TEST_CASE("a receipt without a SID or a status, or with two, is not understood", "[twilio_receipt]") {
  for (const char* name : {"MessageSid", "MessageStatus"}) {
    auto without = fields("sent");
    std::erase_if(without, [&](const auto& field) { return field.first == name; });
    CHECK_FALSE(read_twilio_receipt(without));
    auto twice = fields("sent");
    twice.emplace_back(name, name == std::string("MessageSid") ? sid : "sent");
    CHECK_FALSE(read_twilio_receipt(twice));
  }
  for (const std::string& bad : {sid + "a", sid.substr(1), "AC" + std::string(32, 'a'), "SM" + std::string(32, 'A')}) {
    auto given = fields("sent");
    given[0].second = bad;
    CHECK_FALSE(read_twilio_receipt(given));
  }
}

TEST_CASE("why a text did not arrive is told in stable words, as far as the code says", "[twilio_receipt]") {
  CHECK(reason_of("undelivered", "30005") == reason::recipient_unreachable);
  CHECK(reason_of("undelivered", "30003") == reason::recipient_unreachable);
  CHECK(reason_of("failed", "21610") == reason::recipient_opted_out);
  CHECK(reason_of("undelivered", "30007") == reason::sender_rejected);
  CHECK(reason_of("failed", "30450") == reason::suspected_fraud);
  CHECK(reason_of("failed", "30036") == reason::senders_unavailable);
  // Neither says anything of the text: that it did not arrive is told already.
  CHECK(reason_of("undelivered", "30008") == reason::none);
  CHECK(reason_of("undelivered", "39999") == reason::none);
  CHECK(reason_of("undelivered", "") == reason::none);
  CHECK(reason_of("failed", "30005x") == reason::none);
  CHECK(reason_of("failed", "99999999999") == reason::none);
  CHECK(reason_of("delivered", "30005") == reason::none);
}
