#include "worker/adapters/senders/answers.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace sendcode;
using namespace sendcode::senders;

namespace {

const std::string sid = "SM0123456789abcdef0123456789abcdef";
const timestamp noon = *from_rfc3339("2026-11-23T12:00:00.400Z");

}  // namespace

TEST_CASE("Twilio's 201 yields sid and segments and nothing else", "[answers]") {
  const auto read = read_twilio_answer(R"({"account_sid":"ACx","sid":")" + sid +
                                       R"(","status":"queued","num_segments":"2","error_code":null,"price":null,
      "body":"Your \"code\" is 123456 \\","subresource_uris":{"media":"/a","deep":[1,2.5e3,-1,true,false,null,{}]}})");
  REQUIRE(read);
  CHECK(read->sid == sid);
  CHECK(read->segments == 2);
  CHECK(read->error_code == 0);
}

TEST_CASE("Twilio's errors yield their code, where they have one", "[answers]") {
  CHECK(read_twilio_answer(R"({"code":21211,"message":"x","more_info":"https://y","status":400})")->error_code ==
        21211);
  CHECK(read_twilio_answer(R"({"type":"x","title":"y","status":429,"code":20429})")->error_code == 20429);
  CHECK(read_twilio_answer(R"({"message":"x","status":404})")->error_code == 0);
  CHECK(read_twilio_answer(R"({"code":null})")->error_code == 0);
  CHECK(read_twilio_answer(R"({"code":"20003"})")->error_code == 20003);
  CHECK(read_twilio_answer(R"({"code":99999999999})")->error_code == 0);
}

TEST_CASE("a sid of another shape is as good as none", "[answers]") {
  for (const char* text : {R"({"sid":"SM123"})", R"({"sid":"AC0123456789abcdef0123456789abcdef"})", R"({"sid":null})",
                           R"({"sid":"SM0123456789ABCDEF0123456789abcdef"})", R"({"sid":17})", "{}"}) {
    CAPTURE(text);
    const auto read = read_twilio_answer(text);
    REQUIRE(read);
    CHECK(read->sid.empty());
  }
}

TEST_CASE("what is no JSON object is malformed", "[answers]") {
  const std::string deep(100, '[');
  for (const std::string& text : {std::string(), std::string("<html>"), std::string("[]"), std::string(R"({"code":1)"),
                                  std::string(R"({"code":})"), std::string(R"({"a":1}x)"), std::string(R"({"a":nul})"),
                                  std::string(R"({a:1})"), std::string("{\"a\":\"\n\"}"),
                                  std::string(R"({"a":1 "b":2})"), R"({"a":)" + deep, std::string("{\"a\":\"\\")}) {
    CAPTURE(text);
    CHECK_FALSE(read_twilio_answer(text));
  }
}

TEST_CASE("every cut of an answer is malformed, and none is read beyond its end", "[answers]") {
  const std::string whole = R"({"sid":")" + sid + R"(","n":[1,{"a":"\u0041"}],"num_segments":"1","code":7})";
  REQUIRE(read_twilio_answer(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut(whole, 0, size);  // its own memory, so that ASan sees a step beyond
    CHECK_FALSE(read_twilio_answer(cut));
  }
}

TEST_CASE("the message list yields what tells a lost text", "[answers]") {
  const auto list = read_twilio_list(R"({"page":0,"messages":[
      {"body":"Your code","sid":")" + sid +
                                     R"(","status":"sent","num_segments":"1","from":null,
       "messaging_service_sid":"MG1","date_created":"Mon, 23 Nov 2026 08:15:30 +0000"},
      {"sid":"bad","date_created":"Mon, 23 Nov 2026 08:15:30 +0000"},
      {"sid":")" + sid + R"(","date_created":"yesterday"}],"next_page_uri":null})");
  REQUIRE(list);
  REQUIRE(list->size() == 1);
  CHECK(list->front().sid == sid);
  CHECK(list->front().status == "sent");
  CHECK(list->front().from.empty());
  CHECK(list->front().messaging_service_sid == "MG1");
  CHECK(to_rfc3339(list->front().created) == "2026-11-23T08:15:30.000Z");
  CHECK(read_twilio_list(R"({"messages":[]})")->empty());
  CHECK_FALSE(read_twilio_list(R"({"code":20003})"));
  CHECK_FALSE(read_twilio_list(R"({"messages":[{"sid":"x")"));
}

TEST_CASE("the Kinde sender's answers and tokens are read", "[answers]") {
  CHECK(read_kinde_answer(R"({"message_id":"msg_1"})") == "msg_1");
  CHECK(read_kinde_answer(R"({"errors":[{"code":"X","message":"y"}]})")->empty());
  CHECK(read_kinde_answer(R"({"message_id":")" + std::string(65, 'a') + "\"}")->empty());
  CHECK_FALSE(read_kinde_answer("oops"));

  const std::string body = R"({"access_token":"abc.def","token_type":"bearer","expires_in":3600})";
  const auto token = read_token_answer(body);
  REQUIRE(token);
  CHECK(token->access_token == "abc.def");
  CHECK(token->expires_in_s == 3600);
  CHECK_FALSE(read_token_answer(R"({"access_token":"abc"})"));
  CHECK_FALSE(read_token_answer(R"({"access_token":"","expires_in":3600})"));
  CHECK_FALSE(read_token_answer(R"({"access_token":"a b","expires_in":3600})"));
  CHECK_FALSE(read_token_answer(R"({"expires_in":3600})"));
}

TEST_CASE("Retry-After is seconds or a date, and bounded", "[answers]") {
  CHECK(read_retry_after("7", noon) == milliseconds{7'000});
  CHECK(read_retry_after("0", noon) == milliseconds{0});
  CHECK(read_retry_after("-5", noon) == milliseconds{0});
  CHECK(read_retry_after("999999", noon) == milliseconds{3'600'000});
  CHECK(read_retry_after("Mon, 23 Nov 2026 12:00:10 GMT", noon) == milliseconds{10'000});
  CHECK(read_retry_after("Mon, 23 Nov 2026 11:00:00 GMT", noon) == milliseconds{0});
  CHECK_FALSE(read_retry_after("", noon));
  CHECK_FALSE(read_retry_after("soon", noon));
  CHECK_FALSE(read_retry_after("7 seconds", noon));
}

TEST_CASE("a JSON string is escaped", "[answers]") {
  std::string out;
  append_json_string(out, "a\"b\\c\n\x01é");
  CHECK(out == "\"a\\\"b\\\\c\\u000a\\u0001é\"");
}
