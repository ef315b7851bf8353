// `dead-letters list` and `dead-letters replay`.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/redaction.hpp"
#include "worker/adapters/kafka/record_writer.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/dead_letter.hpp"
#include "worker/app/commands/kafka_access.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds open_most{10};
constexpr std::chrono::minutes read_most{30};
constexpr std::chrono::seconds write_most{30};
// What is put back at once: the rest is read when these are acknowledged.
constexpr std::size_t batch_bytes_max = std::size_t{4} * 1024 * 1024;

struct letter_options {
  std::string config = "worker.yaml";
  std::string error;
  std::int32_t partition = -1;
  std::vector<std::int64_t> offsets;
  bool all = false;
  bool dry_run = false;
};

bool matches(const dead_letter& letter, const letter_options& chosen) {
  const bool here = chosen.partition < 0 || letter.partition == chosen.partition;
  const bool listed =
      chosen.offsets.empty() || std::ranges::find(chosen.offsets, letter.offset) != chosen.offsets.end();
  return here && listed && (chosen.error.empty() || letter.error == chosen.error);
}

class letters_command {
 public:
  letters_command(std::string_view name, const letter_options& chosen, context& with)
      : name_(name), chosen_(chosen), with_(with) {}

  void list();
  void replay();

 private:
  bool open();
  // Each letter that was chosen and stood there at open(), until `each` returns false. True: there may be more.
  bool read(const std::function<bool(dead_letter)>& each);
  bool put_back(std::vector<dead_letter>& batch);
  void tell_replay(const dead_letter& letter);
  void fail(const std::string& why);

  std::string_view name_;
  const letter_options& chosen_;
  context& with_;
  std::optional<config::worker_config> config_;
  std::optional<kafka::record_reader> reader_;
  std::optional<kafka::record_writer> writer_;
  std::size_t replayed_ = 0;
  std::size_t impossible_ = 0;
};

void letters_command::fail(const std::string& why) {
  with_.err << "sendcode dead-letters " << name_ << ": " << why << '\n';
  with_.result = exit_code::unreachable;
}

bool letters_command::open() {
  config_ = load_config(chosen_.config, "dead-letters", with_);
  if (!config_) return false;
  auto opened = kafka::record_reader::open(to_properties(config_->kafka), config_->kafka.dead_letter_topic,
                                           {.where = kafka::read_from::kind::beginning, .since = {}}, open_most);
  if (opened) {
    reader_ = std::move(*opened);
    return true;
  }
  fail(opened.error());
  return false;
}

bool letters_command::read(const std::function<bool(dead_letter)>& each) {
  const auto visit = [&](const kafka::read_record& record) {
    auto letter = to_dead_letter(record);
    return !letter || !matches(*letter, chosen_) || each(std::move(*letter));
  };
  const auto end = reader_->read(visit, read_most, true);
  if (!end) {
    fail(end.error());
  } else if (*end == kafka::read_result::timed_out) {
    fail("the topic " + config_->kafka.dead_letter_topic + " could not be read to its end in time");
  }
  return end && *end == kafka::read_result::stopped;
}

void letters_command::list() {
  if (!open()) return;
  read([this](const dead_letter& letter) {
    with_.out << (with_.json ? to_json(letter).dump() : to_line(letter)) << '\n';
    return true;
  });
}

void letters_command::replay() {
  if (!open()) return;
  if (!chosen_.dry_run) {
    auto opened = kafka::record_writer::open(to_properties(config_->kafka), config_->kafka.send_code_topic, open_most);
    if (!opened) return fail(opened.error());
    writer_ = std::move(*opened);
  }
  bool more = true;
  while (more) {
    std::vector<dead_letter> batch;
    std::size_t bytes = 0;
    more = read([&](dead_letter letter) {
      bytes += letter.value ? letter.value->size() : 0;
      batch.push_back(std::move(letter));
      return bytes < batch_bytes_max;
    });
    if (!put_back(batch)) return;
  }
  if (with_.result != exit_code::done) return;
  if (impossible_ > 0 || replayed_ == 0) with_.result = exit_code::said_no;
  if (with_.json) return;
  with_.out << replayed_ << (chosen_.dry_run ? " would be put back on " : " put back on ")
            << config_->kafka.send_code_topic;
  if (impossible_ > 0) with_.out << ", " << impossible_ << " cannot be";
  with_.out << '\n';
}

// False: Kafka didn't acknowledge.
bool letters_command::put_back(std::vector<dead_letter>& batch) {
  if (writer_) {
    std::vector<kafka::written_record> records;
    for (auto& letter : batch) {
      if (!letter.can_be_replayed()) continue;
      records.push_back(
          {.key = std::move(letter.key), .headers = std::move(letter.headers), .value = std::move(letter.value)});
    }
    if (const auto done = writer_->write(records, write_most); !done) {
      fail(done.error() + "; " + std::to_string(replayed_) + " were put back before, and some of these may be");
      return false;
    }
  }
  for (const auto& letter : batch) {
    ++(letter.can_be_replayed() ? replayed_ : impossible_);
    tell_replay(letter);
  }
  return true;
}

void letters_command::tell_replay(const dead_letter& letter) {
  if (with_.json) {
    auto line = to_json(letter);
    line["replayed"] = letter.can_be_replayed() && !chosen_.dry_run;
    with_.out << line.dump() << '\n';
    return;
  }
  with_.out << to_line(letter) << '\n';
  if (letter.can_be_replayed()) return;
  with_.err << "sendcode dead-letters replay: " << letter.partition << '/' << letter.offset
            << " cannot be put back: its value was too large to copy, and stands at " << shown(letter.source_topic)
            << ' ' << shown(letter.source_partition) << '/' << shown(letter.source_offset) << " alone\n";
}

const std::vector<std::string> errors = {"not_cloudevent", "invalid_json", "invalid_event",
                                         "too_large",      "id_reused",    "poison"};

void add_shared_options(CLI::App& command, letter_options& chosen) {
  command.add_option("--config", chosen.config, "worker.yaml: where Kafka is, and the topics")->capture_default_str();
  command.add_option("--error", chosen.error, "Only those with this error, such as invalid_event")
      ->check(CLI::IsMember(errors));
}

}  // namespace

void add_dead_letters_commands(CLI::App& program, context& with) {
  auto* letters = program.add_subcommand("dead-letters", "Show what could not be handled, and put it back");
  letters->require_subcommand(1);
  letters->footer(
      "Examples:\n"
      "  sendcode dead-letters list --config worker.yaml\n"
      "  sendcode dead-letters replay --error invalid_event --dry-run");

  auto listed = std::make_shared<letter_options>();
  auto* to_list = letters->add_subcommand("list", "List the dead letters: where, when, why, and where they came from");
  add_shared_options(*to_list, *listed);
  to_list->footer(
      "What stands in them is not shown, for it may be a phone number.\n"
      "Exit codes: 0 listed, be it none; 2 wrong use or configuration; 3 Kafka could not be reached.\n\n"
      "Examples:\n"
      "  sendcode dead-letters list --config worker.yaml\n"
      "  sendcode dead-letters list --error poison --json");
  to_list->callback([listed, &with] { letters_command("list", *listed, with).list(); });

  auto replayed = std::make_shared<letter_options>();
  auto* to_replay = letters->add_subcommand("replay", "Put dead letters back where they came from, as they came");
  add_shared_options(*to_replay, *replayed);
  auto* partition = to_replay->add_option("--partition", replayed->partition, "Of the dead-letter topic")
                        ->check(CLI::NonNegativeNumber);
  to_replay->add_option("--offset", replayed->offsets, "These alone; needs --partition")
      ->check(CLI::NonNegativeNumber)
      ->needs(partition);
  to_replay->add_flag("--all", replayed->all, "Every one");
  to_replay->add_flag("--dry-run", replayed->dry_run, "Show which ones, and put nothing back");
  to_replay->footer(
      "Key, headers and value are the bytes as they came. The dead letters stay where they are; an event that was\n"
      "handled meanwhile is recognised by its id, and texts nobody twice. A code's life counts from the event's "
      "`time`.\n"
      "An event that ended as poison or id_reused ends so again while Redis remembers it (redis.dedupe_ttl).\n"
      "Exit codes: 0 put back; 1 some cannot be, or there is none; 2 wrong use or configuration; 3 Kafka could not be\n"
      "reached, or did not acknowledge in time.\n\n"
      "Examples:\n"
      "  sendcode dead-letters replay --partition 0 --offset 17 --offset 18 --config worker.yaml\n"
      "  sendcode dead-letters replay --all --dry-run");
  to_replay->callback([replayed, &with] {
    const bool by_place = replayed->partition >= 0;
    if (replayed->all == (by_place || !replayed->error.empty())) {
      with.err << "sendcode dead-letters replay: say which: --all, or --error, or --partition and --offset\n";
      with.result = exit_code::wrong_use;
      return;
    }
    letters_command("replay", *replayed, with).replay();
  });
}

}  // namespace sendcode::app
