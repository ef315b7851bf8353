#include "tests/sandbox/core/mailbox.hpp"
#include "tests/catch.hpp"

#include <fmt/format.h>

#include <vector>

using namespace sendcode::sandbox;

namespace {

text to(std::string number, std::string sid = "") {
  text out;
  out.to = std::move(number);
  out.sid = std::move(sid);
  return out;
}

std::vector<std::string> sids_to(const mailbox& texts, const std::string& number) {
  std::vector<std::string> out;
  texts.newest_first_to(number, [&](const text& one) {
    out.push_back(one.sid);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("a recipient's texts are found newest first") {
  mailbox texts;
  texts.add(to("+1", "a"));
  texts.add(to("+2", "b"));
  texts.add(to("+1", "c"));
  CHECK(sids_to(texts, "+1") == std::vector<std::string>{"c", "a"});
  CHECK(sids_to(texts, "+2") == std::vector<std::string>{"b"});
  CHECK(sids_to(texts, "+3").empty());
  CHECK(texts.by_recipient_max() == 2);
}

TEST_CASE("the oldest texts are forgotten, and still counted") {
  mailbox texts(3);
  for (int i = 0; i < 10; ++i) texts.add(to(i % 2 == 0 ? "+1" : "+2", fmt::format("{}", i)));
  CHECK(texts.kept().size() == 3);
  CHECK(texts.texts() == 10);
  CHECK(texts.forgotten() == 7);
  CHECK(texts.recipients().at("+1").texts == 5);
  CHECK(sids_to(texts, "+1") == std::vector<std::string>{"8"});
  CHECK(sids_to(texts, "+2") == std::vector<std::string>{"9", "7"});
  CHECK(texts.find(7) == nullptr);
  REQUIRE(texts.find(8) != nullptr);
  CHECK(texts.find(8)->sid == "7");
  CHECK(texts.find(11) == nullptr);
  CHECK(texts.find_sid("9") == texts.find(10));
  CHECK(texts.find_sid("6") == nullptr);
}

TEST_CASE("a text is unanswered once") {
  mailbox texts;
  const auto number = texts.add(to("+1"));
  texts.mark_unanswered(number);
  texts.mark_unanswered(number);
  texts.mark_unanswered(0);
  texts.mark_unanswered(99);
  CHECK(texts.unanswered() == 1);
  CHECK_FALSE(texts.find(number)->answered);
}
