// The command line against a running worker, with the keys and tokens that it makes itself.
#include <algorithm>

#include "tests/integration/end_to_end/command.hpp"
#include "tests/integration/end_to_end/world.hpp"

using namespace sendcode::e2e;

namespace {

std::vector<std::string> send_words(const world& with, const std::string& phone, const std::string& challenge) {
  return {"send",          "--config", (with.folder.path() / "worker.yaml").string(),
          "--environment", "env_live", "--application",
          "app_web",       "--phone",  phone,
          "--challenge",   challenge,  "--wait",
          "--json"};
}

}  // namespace

TEST_CASE("send waits for the outcome, watch shows it, and check asks the worker") {
  world with;
  for (const auto* name : {"codes", "refs", "subjects"}) {
    const auto made = sendcode_run(with, {"keys", "new", name});
    REQUIRE(made.exit_code == 0);
    with.write_secret("keys/" + std::string(name), made.output);
  }
  const auto token = sendcode_run(with, {"tokens", "new", "--id", "cli", "--environments", "env_live", "--applications",
                                         "app_web", "--scopes", "check", "--json"});
  REQUIRE(token.exit_code == 0);
  const auto made = json::parse(token.output);
  with.write_secret("api_tokens", json::array({made["entry"]}).dump());
  with.write_secret("token-of-the-caller", made["token"].get<std::string>());
  const auto& worker = with.start_worker();

  const auto challenge = random_id();
  const std::string phone = "+61491570006";
  const auto sent = sendcode_run(with, send_words(with, phone, challenge));
  INFO(sent.output);
  REQUIRE(sent.exit_code == 0);
  CHECK(sendcode_run(with, send_words(with, "+61255501234", random_id())).exit_code == 1);
  CHECK(sendcode_run(with, {"send", "--phone", phone}).exit_code == 2);

  const auto watched = sendcode_run(with, {"watch", "--config", (with.folder.path() / "worker.yaml").string(),
                                           "--since", "beginning", "--count", "2", "--timeout", "30", "--json"});
  CHECK(watched.exit_code == 0);
  CHECK(std::ranges::count(watched.output, '\n') == 2);
  CHECK(watched.output.find(challenge) != std::string::npos);

  const auto code = with.codes_on(phone).at(0);
  const auto check = [&](const std::string& guess) {
    return sendcode_run(
        with, {"check", guess, "--challenge", challenge, "--environment", "env_live", "--application", "app_web",
               "--phone", phone, "--token-file", with.secret_path("token-of-the-caller").string(), "--url",
               "http://127.0.0.1:" + std::to_string(worker.port())});
  };
  const auto wrong = check(code == "000000" ? "000001" : "000000");
  CHECK(wrong.exit_code == 1);
  CHECK(wrong.output.find("incorrect") != std::string::npos);
  CHECK(check(code).exit_code == 0);
}

TEST_CASE("a file of events is sent whole, or not at all, and each of its outcomes is waited for") {
  world with;
  with.start_worker();
  const auto file = with.folder.path() / "events.jsonl";
  const auto line = [](int number, const char* application) {
    return json{{"environment_id", "env_live"}, {"application_id", application}, {"phone_number", phone_number(number)}}
               .dump() +
           "\n";
  };
  const auto send_file = [&](const std::string& name) {
    return sendcode_run(with, {"send", "--config", (with.folder.path() / "worker.yaml").string(), "--file", name,
                               "--wait", "30", "--json"});
  };
  write_file(file, line(1, "app_web") + "[1]\n");
  const auto broken = send_file(file.string());
  INFO(broken.output);
  CHECK(broken.exit_code == 2);
  CHECK(broken.output.find("events.jsonl:2: not a JSON object") != std::string::npos);

  write_file(file, line(1, "app_web") + "\n" + line(2, "app_web"));
  const auto good = send_file(file.string());
  INFO(good.output);
  CHECK(good.exit_code == 0);
  CHECK(occurrences(good.output, R"("status":"sent")") == 2);
  CHECK(with.codes_on(phone_number(1)).size() == 1);  // nothing of the broken file was written

  write_file(file, line(3, "app_web") + line(4, "app_none"));
  const auto mixed = send_file(file.string());
  INFO(mixed.output);
  CHECK(mixed.exit_code == 1);
  CHECK(occurrences(mixed.output, R"("status":"sent")") == 1);
  CHECK(occurrences(mixed.output, R"("status":"rejected")") == 1);
  CHECK(send_file("-").exit_code == 2);  // standard input, which is empty here
}

TEST_CASE("a worker.yaml with several errors is refused at once with all of them") {
  world with;
  const auto file = with.folder.path() / "broken.yaml";
  write_file(file, R"(kafka: {properties: {bootstrap.servers: "127.0.0.1:1", "group.id": "mine"}}
redis: {url: "http://127.0.0.1"}
settings: {directory: settings}
secrets: {directory: secrets}
worker: {max_in_flight: 0, colour: blue}
)");
  const auto refused = sendcode_run(with, {"run", "--config", file.string()});
  INFO(refused.output);
  CHECK(refused.exit_code == 2);
  for (const auto* key : {"redis.url", "worker.max_in_flight", "colour"}) {
    CHECK(refused.output.find(key) != std::string::npos);
  }
}
