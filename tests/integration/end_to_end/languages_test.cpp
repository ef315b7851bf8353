// A text in the recipient's language, from an event to the sender's request, byte for byte.
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

TEST_CASE("a text is in the language of the locale, else of the number's country, and its code is approved") {
  struct expected {
    const char* phone;
    const char* locale;  // null: the event has none
    std::string before_code;
    std::string after_code;
  };
  const std::vector<expected> all = {
      {"+61491570006", "he-IL", "קוד האימות שלך הוא ", ""},     // right to left
      {"+61491570156", "zh-TW", "您的驗證碼是 ", ""},           // another script by its region
      {"+61491570157", "eu", "Zure egiaztapen-kodea ", " da"},  // the code in the middle
      {"+61491570158", "tlh", "Your verification code is ", ""},
      {"+4915123456789", nullptr, "Ihr Bestätigungscode lautet ", ""},
      {"+5511961234567", "pt", "Seu código de verificação é ", ""},
      {"+14165550123", nullptr, "Your verification code is ", ""},
  };
  world with({.live = {.countries = "[AU, DE, BR, CA]"}});
  auto& worker = with.start_worker();
  for (const auto& each : all) {
    INFO(each.phone << " " << (each.locale == nullptr ? "" : each.locale));
    auto event = with.make_event(each.phone);
    if (each.locale != nullptr) event.data["locale"] = each.locale;
    CHECK(with.send_and_wait(event)["status"] == "sent");
    const auto texts = with.senders.messages(each.phone);
    REQUIRE(texts.size() == 1);
    const auto body = texts[0]["body"].get<std::string>();
    const auto code = code_in(body);
    CHECK(body == each.before_code + code + each.after_code);
    CHECK(with.check(worker, event, code)["status"] == "approved");
  }
}
