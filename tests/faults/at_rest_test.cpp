// Nothing secret at rest: promise 3.
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include "tests/faults/scale.hpp"
#include "tests/integration/end_to_end/traces.hpp"

using namespace sendcode::e2e;
using sendcode::faults::chosen_scale;
using sendcode::faults::wide_settings;

namespace {

std::string read_folder(const std::filesystem::path& folder, std::string_view ending) {
  std::string out;
  for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
    if (each.is_regular_file() && each.path().string().ends_with(ending)) out += read_file(each.path()) + '\n';
  }
  return out;
}

// All that a core file of this process would hold: what it may write to. Nobody but root may look.
std::string read_memory(pid_t pid) {
  const auto proc = "/proc/" + std::to_string(pid);
  std::ifstream maps(proc + "/maps");
  std::ifstream memory(proc + "/mem", std::ios::binary);
  REQUIRE(memory);
  std::string out;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
    char dash = 0;
    std::string rights;
    words >> std::hex >> from >> dash >> to >> rights;
    if (!rights.starts_with("rw")) continue;
    std::string piece(to - from, '\0');
    memory.clear();
    memory.seekg(static_cast<std::streamoff>(from));
    memory.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    out.append(piece, 0, static_cast<std::size_t>(memory.gcount())) += '\n';
  }
  return out;
}

}  // namespace

TEST_CASE("after a run no code stands in Kafka's log, Redis' dump, a log, the metrics or the worker's memory") {
  const int count = chosen_scale().events / 2;
  kafka_server kafka(sendcode::redis_tests::free_port());
  kafka.start();
  world with({.live = wide_settings(), .bootstrap = kafka.bootstrap()});
  with.make_topics();
  auto& worker = with.start_worker();
  auto events = with.load(0, count);
  with.require_one_text_each(events);
  // By the other sender too, and checked: right, wrong, and not at all.
  with.senders.fault({{"target", "twilio"}, {"kind", "refuse"}});
  const auto failed_over = with.load(count, count + 20);
  with.require_sent_once_or_marked(failed_over);
  events.insert(events.end(), failed_over.begin(), failed_over.end());
  std::set<std::string> codes;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto code = with.codes_on(events[i].phone()).at(0);
    codes.insert(code);
    if (i % 10 == 0) CHECK(with.check(worker, events[i], code)["status"] == "approved");
    if (i % 10 == 1) with.check(worker, events[i], code == "000000" ? "000001" : "000000");
  }

  sendcode::redis_tests::raw_client redis(with.redis.port());
  REQUIRE(redis.command({"SAVE"}).text == "OK");
  const auto folder = redis.command({"CONFIG", "GET", "dir"}).elements.at(1).text;
  std::map<std::string, std::string> places{{"Kafka's log segments", read_folder(kafka.data(), ".log")},
                                            {"Redis' dump", read_folder(folder, ".rdb")},
                                            {"the worker's log", worker.log()},
                                            {"the metrics", with.metrics(worker)},
                                            {"the worker's memory", read_memory(worker.pid())}};
  for (const auto& [place, text] : places) {
    const auto words = six_digit_words(text);
    std::size_t hits = 0;
    for (const auto& code : codes) hits += words.contains(code) ? 1U : 0U;
    // As many six-digit numbers as stand there anyway hit as many codes by chance.
    const double by_chance = static_cast<double>(codes.size()) * static_cast<double>(words.size()) / 1e6;
    INFO(place << ": " << text.size() << " bytes, " << words.size() << " six-digit words, " << hits << " of "
               << codes.size() << " codes; by chance " << by_chance);
    CHECK(text.size() > 100);
    CHECK(static_cast<double>(hits) <= by_chance + 4 * std::sqrt(by_chance) + 1);
  }
}

TEST_CASE("a code that does stand somewhere is found there") {
  const auto words = six_digit_words("a 123456, \"654321\" but not 1234567, 0.111111, +222222 or a333333");
  CHECK(words == std::unordered_set<std::string>{"123456", "654321"});
  CHECK(phones_in("x61491570006y, 061491570157", {"+61491570006", "+61491570157", "+61491570158"}) ==
        std::set<std::string>{"+61491570006", "+61491570157"});
}
