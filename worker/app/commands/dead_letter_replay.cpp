#include "worker/app/commands/dead_letter_replay.hpp"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string_view>

#include "common/redaction.hpp"
#include "worker/app/commands/kafka_access.hpp"

namespace sendcode::app {
namespace {

constexpr std::chrono::seconds replay_open_most{30};  // an earlier replay's open transaction is given up first
constexpr std::chrono::seconds write_most{10};
// One transaction's worth: small, for workers see none of it before its end.
constexpr std::size_t batch_letters_max = 200;
constexpr std::size_t batch_bytes_max = std::size_t{512} * 1024;
constexpr std::chrono::hours code_life_max{2};
// A record is put back with its dead letter's time, or an event without one of its own would be as young as this
// moment; but not with an older one than this, which is too old for a text and young enough for the topic's retention.
constexpr std::chrono::hours age_max{3};

// When the code was asked for, as far as it can be told without reading the event.
timestamp birth_of(const dead_letter& letter, timestamp now) {
  const auto appended = letter.appended_at.value_or(now);
  const auto time = std::ranges::find(letter.headers, "ce_time", [](const auto& each) { return each.first; });
  if (time == letter.headers.end()) return appended;
  return std::min(appended, from_rfc3339(time->second).value_or(appended));
}

std::string_view why_not(bool from_elsewhere) {
  return from_elsewhere ? "it came from another topic: name that by --source-topic to put it on this one all the same"
                        : "its value was too large to copy, and stands where it came from alone";
}

}  // namespace

void dead_letter_replay::fail(const std::string& why, exit_code as) {
  with_.err << "sendcode dead-letters replay: " << why << '\n';
  with_.result = as;
}

dead_letter_replay::fate dead_letter_replay::fate_of(const dead_letter& letter) const {
  if (!letter.can_be_replayed()) return fate::without_value;
  const auto& topic = config_.kafka.send_code_topic;
  if (letter.source_topic != topic && letter.source_topic != chosen_.filter.source_topic) return fate::from_elsewhere;
  return !chosen_.again && standing_.replayed.contains(place_of(letter)) ? fate::went_before : fate::goes;
}

// Asked before the writer is there, which would end another's replay.
bool dead_letter_replay::may_find_letters() {
  if (chosen_.filter.partition < 0) return true;
  const auto topic = dead_letter_topic::open(config_, chosen_.filter);
  if (!topic) {
    fail(topic.error());
    return false;
  }
  const auto wrong = topic->wrong_partition();
  if (wrong) fail(*wrong, exit_code::wrong_use);
  return !wrong;
}

// The writer first: from then on nobody else puts anything back, and every mark of those before can be read.
bool dead_letter_replay::prepare() {
  const auto& kafka = config_.kafka;
  if (!may_find_letters()) return false;
  if (chosen_.execute) {
    auto opened = kafka::transactional_writer::open(to_properties(kafka), kafka.group + "-replay",
                                                    {kafka.send_code_topic, kafka.dead_letter_topic}, replay_open_most);
    if (!opened) {
      fail(opened.error());
      return false;
    }
    writer_ = std::move(*opened);
  }
  auto topic = dead_letter_topic::open(config_, chosen_.filter);
  auto found = topic ? topic->survey() : std::unexpected(topic.error());
  if (!found) {
    fail(found.error());
    return false;
  }
  standing_ = std::move(*found);
  return true;
}

void dead_letter_replay::run() {
  now_ = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  if (!prepare()) return;
  auto topic = dead_letter_topic::open(config_, chosen_.filter);
  if (!topic) return fail(topic.error());
  bool more = true;
  while (more) {
    std::vector<dead_letter> batch;
    std::size_t bytes = 0;
    const auto read = topic->read([&](dead_letter letter) {
      if (!standing_.letters.contains(place_of(letter))) return true;  // it came meanwhile
      const auto what = fate_of(letter);
      if (what != fate::goes) {
        tell(letter, what);
        return true;
      }
      bytes += letter.value ? letter.value->size() : 0;
      batch.push_back(std::move(letter));
      return bytes < batch_bytes_max && batch.size() < batch_letters_max;
    });
    if (!read) return fail(read.error());
    more = *read;
    if (!put_back(batch)) return;
  }
  tell_end();
}

// False: Kafka did not commit.
bool dead_letter_replay::put_back(const std::vector<dead_letter>& batch) {
  const auto& topic = config_.kafka.send_code_topic;
  if (writer_ && !batch.empty()) {
    std::vector<kafka::addressed_record> records;
    for (const auto& letter : batch) {
      records.push_back({topic,
                         {.key = letter.key,
                          .headers = letter.headers,
                          .value = letter.value,
                          .partition = {},
                          .at = std::max(letter.appended_at.value_or(now_), now_ - age_max)}});
      records.push_back({config_.kafka.dead_letter_topic, to_replay_mark(letter, topic)});
    }
    if (const auto done = writer_->write(records, write_most); !done) {
      if (with_.progress) with_.err << '\n';
      fail(done.error() + ". " + std::to_string(put_back_) +
           " were put back before; run it again for the rest: what was put back is marked, and left out");
      return false;
    }
  }
  for (const auto& letter : batch) {
    if (now_ - birth_of(letter, now_) > code_life_max) ++too_old_;
    ++put_back_;
    tell(letter, fate::goes);
  }
  tell_progress();
  return true;
}

void dead_letter_replay::tell(const dead_letter& letter, fate what) {
  const bool refused = what == fate::without_value || what == fate::from_elsewhere;
  if (what == fate::went_before) ++went_before_;
  if (refused) ++impossible_;
  if (with_.json) {
    auto line = to_json(letter);
    line["replayed"] = what == fate::goes && chosen_.execute;
    line["replayed_before"] = standing_.replayed.contains(place_of(letter));
    if (refused) line["why_not"] = why_not(what == fate::from_elsewhere);
    with_.out << line.dump() << '\n';
    return;
  }
  if (refused) {
    with_.err << "sendcode dead-letters replay: " << to_text(place_of(letter))
              << " cannot be put back: " << why_not(what == fate::from_elsewhere) << " (" << shown(letter.source_topic)
              << ' ' << shown(letter.source_partition) << ':' << shown(letter.source_offset) << ")\n";
  } else if (what == fate::goes && !(chosen_.execute && with_.progress)) {
    with_.out << to_line(letter, {.colours = with_.colours, .replayed = standing_.replayed.contains(place_of(letter))})
              << '\n';
  }
}

// On a terminal a count stands for the lines.
void dead_letter_replay::tell_progress() {
  if (!chosen_.execute || !with_.progress || with_.json) return;
  with_.err << '\r' << put_back_ << " put back, " << standing_.letters.size() - put_back_ - went_before_ - impossible_
            << " to go " << std::flush;
}

void dead_letter_replay::tell_end() {
  if (impossible_ > 0 || put_back_ == 0) with_.result = exit_code::said_no;
  if (with_.json) return;
  if (chosen_.execute && with_.progress) with_.err << '\n';
  with_.out << put_back_ << (chosen_.execute ? " put back on " : " would be put back on ")
            << config_.kafka.send_code_topic;
  if (went_before_ > 0) with_.out << ", " << went_before_ << " were before (--again puts them back once more)";
  if (impossible_ > 0) with_.out << ", " << impossible_ << " cannot be";
  with_.out << '\n';
  if (too_old_ > 0) {
    with_.out << too_old_ << " of them were asked for more than 2 h ago: they text nobody, and end as expired\n";
  }
  if (!chosen_.execute && put_back_ > 0) with_.out << "Nothing was done yet: --execute does it.\n";
}

}  // namespace sendcode::app
