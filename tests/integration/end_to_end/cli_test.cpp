// The command line against a running worker, with the keys and tokens that it makes itself.
#include <algorithm>

#include "common/timestamp.hpp"
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

TEST_CASE("watch shows what its filters name, from a time on") {
  world with;
  with.start_worker();
  const auto config = (with.folder.path() / "worker.yaml").string();
  const auto watch = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"watch", "--config", config, "--timeout", "30", "--json"});
    return sendcode_run(with, std::move(words));
  };
  const auto early = with.make_event(phone_number(1));
  with.send_and_wait(early);
  // The next one's record is of this moment or later, and the first one's surely was before.
  const auto appended = [&] { return std::chrono::floor<sendcode::milliseconds>(std::chrono::system_clock::now()); };
  const auto first_seen = appended();
  REQUIRE(eventually([&] { return appended() > first_seen; }));
  const auto between = sendcode::to_rfc3339(appended());
  const auto late = with.make_event(phone_number(2));
  const auto landline = with.make_event("+61255501234");
  with.send_and_wait(late);
  with.send_and_wait(landline);

  const auto since = watch({"--since", between, "--count", "2"});
  INFO(since.output);
  CHECK(since.exit_code == 0);
  CHECK(since.output.find(early.challenge()) == std::string::npos);
  CHECK(since.output.find(late.challenge()) != std::string::npos);
  const auto ago = watch({"--since", "10m", "--count", "3"});
  CHECK(occurrences(ago.output, "\n") == 3);
  const auto sent = watch({"--since", "10m", "--status", "sent", "--count", "2"});
  CHECK(occurrences(sent.output, R"("status":"sent")") == 2);
  const auto both = watch({"--since", "10m", "--status", "sent", "--status", "rejected", "--count", "3"});
  CHECK(both.exit_code == 0);
  const auto one = watch({"--since", "10m", "--challenge", early.challenge(), "--count", "1"});
  CHECK(json::parse(one.output)["challenge_id"] == early.challenge());
  CHECK(watch({"--since", "10m", "--environment", "env_live", "--kind", "outcome", "--count", "3"}).exit_code == 0);
  const auto none = sendcode_run(with, {"watch", "--config", config, "--since", "10m", "--environment", "env_none",
                                        "--count", "1", "--timeout", "2"});
  CHECK(none.exit_code == 1);
  CHECK(watch({"--status", "no_such"}).exit_code == 2);
  CHECK(watch({"--since", "soon"}).exit_code == 2);
}

TEST_CASE("colours come on a terminal alone, and not against its owner's will") {
  world with;
  with.start_worker();
  with.send_and_wait(with.make_event(phone_number(1)));
  const auto words = std::string(SENDCODE_PROGRAM) + " watch --since 10m --count 1 --timeout 30 --config " +
                     (with.folder.path() / "worker.yaml").string();
  const auto on_terminal = [&](const std::string& more, const environment_variables& variables) {
    const auto log = with.folder.path() / ("terminal-" + random_id());
    process running({"/usr/bin/script", "-qec", words + more, "/dev/null"}, log, variables);
    CHECK(running.wait(patience) == 0);
    return read_file(log);
  };
  const auto coloured = on_terminal("", {{"TERM", "xterm"}, {"NO_COLOR", ""}});
  INFO(coloured);
  CHECK(coloured.find("\x1b[32msent       \x1b[0m") != std::string::npos);
  CHECK(on_terminal("", {{"TERM", "xterm"}, {"NO_COLOR", "1"}}).find('\x1b') == std::string::npos);
  CHECK(on_terminal("", {{"TERM", "dumb"}, {"NO_COLOR", ""}}).find('\x1b') == std::string::npos);
  CHECK(on_terminal(" --json", {{"TERM", "xterm"}, {"NO_COLOR", ""}}).find('\x1b') == std::string::npos);
  const auto piped = sendcode_run(with,
                                  {"watch", "--since", "10m", "--count", "1", "--timeout", "30", "--config",
                                   (with.folder.path() / "worker.yaml").string()},
                                  {{"TERM", "xterm"}, {"NO_COLOR", ""}});
  CHECK(piped.output.find("  sent         +61") != std::string::npos);
  CHECK(piped.output.find('\x1b') == std::string::npos);
}

TEST_CASE("send waits for a text's last receipt where it is asked to") {
  world with;
  const auto hooks = sendcode::redis_tests::free_port();
  const auto address = "127.0.0.1:" + std::to_string(hooks);
  auto& worker = with.start_worker({{"SENDCODE_HTTP__WEBHOOKS__LISTEN", address},
                                    {"SENDCODE_SENDERS__TWILIO__STATUS_CALLBACK_URL", "http://" + address}});
  REQUIRE(worker.running());
  const auto send = [&](const std::string& phone, const std::string& status, int error, const std::string& log) {
    process running(
        {SENDCODE_PROGRAM, "send", "--config", (with.folder.path() / "worker.yaml").string(), "--environment",
         "env_live", "--application", "app_web", "--phone", phone, "--receipts", "--wait", "50"},
        with.folder.path() / log);
    REQUIRE(eventually([&] { return !with.senders.messages(phone).empty(); }, patience));
    const auto sid = with.senders.messages(phone)[0]["sid"].get<std::string>();
    CHECK(with.senders.receipt(sid, "sending") == 204);
    CHECK(running.running());
    CHECK(with.senders.receipt(sid, status, error) == 204);
    return std::pair(running.wait(patience), read_file(with.folder.path() / log));
  };
  const auto [done, told] = send(phone_number(1), "delivered", 0, "delivered");
  INFO(told);
  CHECK(done == 0);
  for (const auto* part : {"  outcome  sent ", "  receipt  sending ", "  receipt  delivered "}) {
    CHECK(told.find(part) != std::string::npos);
  }
  const auto [lost, said] = send(phone_number(2), "undelivered", 30005, "undelivered");
  INFO(said);
  CHECK(lost == 1);
  CHECK(said.find("  receipt  undelivered ") != std::string::npos);
}
