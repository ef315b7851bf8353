#include "common/logging.hpp"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "common/redaction.hpp"
#include "tests/catch.hpp"

using namespace sendcode;

namespace {

// What goes to standard error meanwhile.
class captured_errors {
 public:
  captured_errors() {
    std::fflush(stderr);
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~captured_errors() { give_back(); }
  captured_errors(const captured_errors&) = delete;
  captured_errors& operator=(const captured_errors&) = delete;

  std::string text() {
    give_back();
    std::rewind(file_);
    std::string out;
    std::array<char, 4096> piece{};
    while (const auto size = std::fread(piece.data(), 1, piece.size(), file_)) out.append(piece.data(), size);
    return out;
  }

 private:
  void give_back() {
    if (before_ < 0) return;
    std::fflush(stderr);
    dup2(before_, STDERR_FILENO);
    close(before_);
    before_ = -1;
    log::set_up(log::level::error, log::format::text);
  }

  std::FILE* file_ = std::tmpfile();
  int before_ = dup(STDERR_FILENO);
};

std::string logged(log::format as, std::string_view value) {
  captured_errors errors;
  log::set_up(log::level::info, as);
  log::warn("a sentence", {{"value", value}});
  return errors.text();
}

const std::string hostile = "x\n{\"level\":\"error\"}\r\x1b[31m\x7f\"\\ \xff";

}  // namespace

TEST_CASE("a line of the log is one JSON object, whatever its values hold") {
  const auto line = logged(log::format::json, hostile);
  REQUIRE(line.ends_with('\n'));
  CHECK(line.find('\n') == line.size() - 1);
  const auto told = nlohmann::json::parse(line);
  CHECK(told["message"] == "a sentence");
  CHECK(told["level"] == "warning");
  CHECK(told["value"] == shown(hostile));
  CHECK(told.size() == 4);
}

TEST_CASE("a line of the log is one line of text, whatever its values hold") {
  const auto line = logged(log::format::text, hostile);
  CHECK(line.find('\n') == line.size() - 1);
  CHECK(line.find("\x1b[31m\x7f") == std::string::npos);
  CHECK(line.find("a sentence value=\"x\\\\x0a") != std::string::npos);
  CHECK(logged(log::format::text, "two=three").find("value=\"two=three\"") != std::string::npos);
}

TEST_CASE("a value in the log is cut at 128 bytes, and not within a character") {
  for (const auto as : {log::format::json, log::format::text}) {
    CHECK(logged(as, std::string(128, 'v')).find(std::string(128, 'v')) != std::string::npos);
    const auto line = logged(as, std::string(129, 'v'));
    CHECK(line.find(std::string(128, 'v') + "…") != std::string::npos);
    CHECK(line.find(std::string(129, 'v')) == std::string::npos);
    CHECK(logged(as, std::string(127, 'v') + "éé").find(std::string(127, 'v') + "…") != std::string::npos);
  }
}

TEST_CASE("what is below the least level is not written") {
  captured_errors errors;
  log::set_up(log::level::warn, log::format::json);
  log::info("not this", {{"n", 1}});
  log::warn("but this", {{"n", 1}, {"share", 0.5}, {"yes", true}, {"size", std::size_t{7}}});
  const auto text = errors.text();
  CHECK(text.find("not this") == std::string::npos);
  const auto told = nlohmann::json::parse(text);
  CHECK(told["n"] == 1);
  CHECK(told["share"] == 0.5);
  CHECK(told["yes"] == true);
  CHECK(told["size"] == 7);
}
