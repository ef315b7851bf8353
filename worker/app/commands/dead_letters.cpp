// `dead-letters list`, `show` and `replay`.
#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "common/logging.hpp"
#include "common/redaction.hpp"
#include "worker/app/commands/command.hpp"
#include "worker/app/commands/dead_letter_replay.hpp"
#include "worker/app/commands/dead_letter_topic.hpp"
#include "worker/app/commands/dead_letter_view.hpp"
#include "worker/app/commands/kafka_access.hpp"
#include "worker/app/commands/since.hpp"

namespace sendcode::app {
namespace {

const std::vector<std::string> errors = {"not_cloudevent", "invalid_json", "invalid_event",
                                         "too_large",      "id_reused",    "poison"};

struct list_options {
  std::string config = "worker.yaml";
  letter_filter filter;
  bool open = false;
};

struct show_options {
  std::string config = "worker.yaml";
  std::string place;
  bool raw = false;
};

void fail(const context& with, std::string_view command, const std::string& why) {
  with.err << "sendcode dead-letters " << command << ": " << why << '\n';
}

void list(const list_options& chosen, context& with) {
  const auto config = load_config(chosen.config, "dead-letters list", with);
  if (!config) return;
  const auto unreachable = [&](const std::string& why) {
    fail(with, "list", why);
    with.result = exit_code::unreachable;
  };
  // Twice, for a mark stands behind its letter.
  auto marks = dead_letter_topic::open(*config, chosen.filter);
  if (!marks) return unreachable(marks.error());
  if (const auto wrong = marks->wrong_partition()) {
    fail(with, "list", *wrong);
    with.result = exit_code::wrong_use;
    return;
  }
  const auto put_back = marks->find_replayed();
  if (!put_back) return unreachable(put_back.error());
  auto topic = dead_letter_topic::open(*config, chosen.filter);
  if (!topic) return unreachable(topic.error());
  const auto end = topic->read([&](const dead_letter& letter) {
    const bool replayed = put_back->contains(place_of(letter));
    if (replayed && chosen.open) return true;
    if (with.json) {
      auto line = to_json(letter);
      line["replayed"] = replayed;
      with.out << line.dump() << '\n';
    } else {
      with.out << to_line(letter, {.colours = with.colours, .replayed = replayed}) << '\n';
    }
    return true;
  });
  if (!end) unreachable(end.error());
}

// The value's bytes alone.
exit_code write_raw(const dead_letter& letter, const context& with) {
  if (letter.value) {
    with.out << *letter.value << std::flush;
    return exit_code::done;
  }
  fail(with, "show",
       letter.can_be_replayed() ? "it has no value"
                                : "its value was too large to copy: it stands at " + shown(letter.source_topic) + " " +
                                      shown(letter.source_partition) + ":" + shown(letter.source_offset) + " alone");
  return exit_code::said_no;
}

void show(const show_options& chosen, context& with) {
  const auto config = load_config(chosen.config, "dead-letters show", with);
  if (!config) return;
  const auto place = *parse_letter_place(chosen.place);
  // From the letter to the end of its partition, where its mark would stand.
  auto read = [&]() -> std::expected<std::optional<std::pair<dead_letter, bool>>, std::string> {
    const letter_filter filter{.partition = place.partition, .offsets = {place.offset}};
    std::optional<dead_letter> found;
    auto topic = dead_letter_topic::open(*config, filter);
    if (!topic) return std::unexpected(topic.error());
    const auto end = topic->read([&](dead_letter letter) {
      found = std::move(letter);
      return false;
    });
    if (!end) return std::unexpected(end.error());
    if (!found) return std::nullopt;
    const auto put_back = topic->find_replayed();
    if (!put_back) return std::unexpected(put_back.error());
    return std::pair(std::move(*found), put_back->contains(place));
  }();
  if (!read) {
    fail(with, "show", read.error());
    with.result = exit_code::unreachable;
  } else if (!*read) {
    fail(with, "show",
         "there is no dead letter at " + to_text(place) + " of " + config->kafka.dead_letter_topic +
             ": `sendcode dead-letters list` shows those that there are");
    with.result = exit_code::said_no;
  } else {
    const auto& [letter, replayed] = **read;
    if (chosen.raw) {
      with.result = write_raw(letter, with);
    } else if (with.json) {
      with.out << to_page_json(letter, replayed).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    } else {
      with.out << to_page(letter, {.colours = with.colours, .replayed = replayed});
    }
  }
}

void add_filter(CLI::App& command, std::string& config, letter_filter& filter) {
  command.add_option("--config", config, "worker.yaml: where Kafka is, and the topics")->capture_default_str();
  command.add_option("--error", filter.errors, "Only those with this error; may be given several times")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(errors));
  command
      .add_option_function<std::string>(
          "--since",
          [&filter](const std::string& text) {
            filter.since = parse_since(text, std::chrono::floor<milliseconds>(std::chrono::system_clock::now()));
          },
          "Only those since then: how long ago (10m, 2h, 3d), or a time (RFC 3339)")
      ->check(wrong_since);
  auto* partition =
      command.add_option("--partition", filter.partition, "Of the dead-letter topic")->check(CLI::NonNegativeNumber);
  command.add_option("--offset", filter.offsets, "These alone, each by an option of its own; needs --partition")
      ->allow_extra_args(false)
      ->check(CLI::NonNegativeNumber)
      ->needs(partition);
  command.add_option("--source-topic", filter.source_topic, "Only those that came from this topic");
  command.add_option("--detail", filter.detail, "Only those whose detail has this in it, such as phone_number");
}

bool is_empty(const letter_filter& filter) {
  return filter.errors.empty() && !filter.since && filter.partition < 0 && filter.source_topic.empty() &&
         filter.detail.empty();
}

void add_list(CLI::App& letters, context& with) {
  auto chosen = std::make_shared<list_options>();
  auto* command = letters.add_subcommand("list", "List the dead letters: where, when, why, and where they came from");
  add_filter(*command, chosen->config, chosen->filter);
  command->add_flag("--open", chosen->open, "Only those that were not put back yet");
  command->footer(
      "What stands in them is not shown, for it may be a phone number; `show` masks it.\n"
      "Exit codes: 0 listed, be it none; 2 wrong use or configuration; 3 Kafka could not be reached.\n\n"
      "Examples:\n"
      "  sendcode dead-letters list --config worker.yaml\n"
      "  sendcode dead-letters list --error poison --since 2h --json");
  command->callback([chosen, &with] { list(*chosen, with); });
}

void add_show(CLI::App& letters, context& with) {
  auto chosen = std::make_shared<show_options>();
  auto* command = letters.add_subcommand("show", "Show one dead letter: error, headers, event and value");
  command->add_option("place", chosen->place, "PARTITION:OFFSET on the dead-letter topic, as `list` shows it")
      ->required()
      ->check([](const std::string& text) {
        return parse_letter_place(text) ? std::string() : "two numbers with a colon between them, such as 0:17";
      });
  command->add_option("--config", chosen->config, "worker.yaml: where Kafka is, and the topics")->capture_default_str();
  command->add_flag("--raw", chosen->raw, "Write the value's bytes as they came, and nothing else: phone numbers too");
  command->footer(
      "Phone numbers are masked, but for --raw. The request id is the one that its status would bear.\n"
      "Exit codes: 0 shown; 1 there is none, or --raw and it has no value; 2 wrong use or configuration; 3 Kafka "
      "could\n"
      "not be reached.\n\n"
      "Examples:\n"
      "  sendcode dead-letters show 0:17 --config worker.yaml\n"
      "  sendcode dead-letters show 0:17 --raw > event.json");
  command->callback([chosen, &with] { show(*chosen, with); });
}

void add_replay(CLI::App& letters, context& with) {
  auto chosen = std::make_shared<replay_options>();
  auto all = std::make_shared<bool>(false);
  auto dry = std::make_shared<bool>(false);
  auto* command = letters.add_subcommand("replay", "Put dead letters back where they came from, as they came");
  add_filter(*command, chosen->config, chosen->filter);
  command->add_flag("--all", *all, "Every one");
  auto* execute =
      command->add_flag("--execute,--yes", chosen->execute, "Do it; without it only what would be done is said");
  command->add_flag("--dry-run", *dry, "Say what would be done, as without --execute")->excludes(execute);
  command->add_flag("--again", chosen->again, "Those that were put back before, too");
  command->footer(
      "Key, headers and value are the bytes as they came. The dead letters stay where they are, each marked as put "
      "back\n"
      "in the same transaction that puts it back: a replay that dies, is run again or runs twice at once puts no "
      "event\n"
      "back twice. It takes DESCRIBE and WRITE on the transactional id <kafka.group>-replay where Kafka has ACLs.\n"
      "An event that was handled meanwhile is recognised by its id, and texts nobody twice. A code's life counts from\n"
      "the event's `time`, or from its dead letter's.\n"
      "An event that ended as poison or id_reused ends so again while Redis remembers it (redis.dedupe_ttl).\n"
      "Exit codes: 0 put back, or would be; 1 some cannot be, or there is none; 2 wrong use or configuration; 3 Kafka\n"
      "could not be reached, or did not commit in time.\n\n"
      "Examples:\n"
      "  sendcode dead-letters replay --error invalid_event --since 2h\n"
      "  sendcode dead-letters replay --partition 0 --offset 17 --offset 18 --execute\n"
      "  sendcode dead-letters replay --all --execute --json");
  command->callback([chosen, all, dry, &with] {
    if (*all != is_empty(chosen->filter)) {
      with.err << "sendcode dead-letters replay: say which: either --all, or some of --error, --since, --partition, "
                  "--offset, --source-topic and --detail\n";
      with.result = exit_code::wrong_use;
      return;
    }
    log::set_up(log::level::error, log::format::text);  // what Kafka refuses is told here
    if (const auto config = load_config(chosen->config, "dead-letters replay", with)) {
      dead_letter_replay(*chosen, *config, with).run();
    }
  });
}

}  // namespace

void add_dead_letters_commands(CLI::App& program, context& with) {
  auto* letters = program.add_subcommand("dead-letters", "Show what could not be handled, and put it back");
  letters->require_subcommand(1);
  letters->footer(
      "Examples:\n"
      "  sendcode dead-letters list --config worker.yaml\n"
      "  sendcode dead-letters show 0:17\n"
      "  sendcode dead-letters replay --error invalid_event");
  add_list(*letters, with);
  add_show(*letters, with);
  add_replay(*letters, with);
}

}  // namespace sendcode::app
