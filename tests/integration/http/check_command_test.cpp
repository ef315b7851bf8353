// `sendcode check` against a worker whose answers are given.
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/catch.hpp"
#include "tests/integration/http/scripted_server.hpp"
#include "worker/app/commands/command.hpp"

using namespace sendcode;
using namespace sendcode::tests;

namespace {

struct ended {
  app::exit_code code;
  std::string err;
};

ended check_at(std::uint16_t port, const std::vector<std::string>& more = {}) {
  const temporary_file token("sct_web_of-a-test\n");
  std::ostringstream out;
  std::ostringstream err;
  app::context with{.out = out, .err = err};
  CLI::App program{"sendcode"};
  app::add_check_command(program, with);
  std::vector<std::string> words = {"check",         "123456",
                                    "--challenge",   "k3Jw9sQ2vT7yB4nH1cXzLg",
                                    "--environment", "env_live",
                                    "--application", "app_web",
                                    "--phone",       "021 123 4567",
                                    "--token-file",  token.path(),
                                    "--url",         "http://127.0.0.1:" + std::to_string(port)};
  words.insert(words.end(), more.begin(), more.end());
  std::ranges::reverse(words);  // CLI11 takes them from the back
  program.parse(words);
  return {with.result, err.str()};
}

}  // namespace

TEST_CASE("check ends by the worker's answer: approved, said no, wrong use, or to be asked later", "[check]") {
  using app::exit_code;
  struct answer {
    std::string status, body;
    exit_code code;
  };
  const std::string detail = R"({"title":"t","status":1,"detail":"why it is so"})";
  for (const auto& [status, body, code] : {answer{"200 OK", R"({"status":"approved"})", exit_code::done},
                                           answer{"200 OK", R"({"status":"incorrect"})", exit_code::said_no},
                                           answer{"400 Bad Request", detail, exit_code::wrong_use},
                                           answer{"401 Unauthorized", detail, exit_code::wrong_use},
                                           answer{"429 Too Many Requests", detail, exit_code::unreachable},
                                           answer{"503 Unavailable", detail, exit_code::unreachable}}) {
    INFO(status << ' ' << body);
    const scripted_server worker(
        [&](server_connection& connection) {
          connection.read_request();
          connection.answer(body, status);
        },
        nullptr);
    const auto got = check_at(worker.port());
    CHECK(got.code == code);
    if (body == detail) {
      CHECK(got.err == "sendcode check: the worker answered " + status.substr(0, 3) + ": why it is so\n");
    }
  }
}

TEST_CASE("check asks for a national number of the country that it is told, else of none", "[check]") {
  std::vector<nlohmann::json> asked;
  scripted_server worker(
      [&](server_connection& connection) {
        const auto request = connection.read_request();
        asked.push_back(nlohmann::json::parse(request.substr(request.find("\r\n\r\n"))));
        connection.answer(R"({"status":"not_found"})");
      },
      nullptr);
  check_at(worker.port());
  check_at(worker.port(), {"--country", "NZ"});
  REQUIRE(asked.size() == 2);
  CHECK_FALSE(asked[0].contains("country"));
  CHECK(asked[1].at("country") == "NZ");
  CHECK(asked[1].at("phone_number") == "021 123 4567");
  for (const char* wrong : {"nz", "NZL", "ZZ", ""}) {
    CHECK_THROWS_AS(check_at(worker.port(), {"--country", wrong}), CLI::ValidationError);
  }
  CHECK(asked.size() == 2);
}
