#include "worker/app/commands/dead_letter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/redaction.hpp"
#include "worker/app/commands/terminal.hpp"

namespace sendcode::app {
namespace {

// Behind the headers that came, in this order.
constexpr std::array<std::string_view, 5> always = {"error", "error-detail", "source-topic", "source-partition",
                                                    "source-offset"};
constexpr std::array<std::string_view, 2> of_left_out = {"value-size", "value-sha256"};

constexpr std::array<std::string_view, 2> of_mark = {"replayed-offset", "replayed-to"};
constexpr std::size_t error_width = 14;  // not_cloudevent

using headers = std::vector<ports::header>;

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

template <std::size_t n>
bool ends_with(const headers& all, std::size_t end, const std::array<std::string_view, n>& names) {
  return end >= n && std::equal(names.begin(), names.end(), all.begin() + static_cast<std::ptrdiff_t>(end - n),
                                [](std::string_view name, const ports::header& header) { return header.name == name; });
}

}  // namespace

std::optional<dead_letter> to_dead_letter(const kafka::read_record& record) {
  const auto& all = record.headers;
  const bool left_out = ends_with(all, all.size(), of_left_out);
  const auto end = all.size() - (left_out ? of_left_out.size() : 0);
  if (!ends_with(all, end, always)) return std::nullopt;
  const auto came = end - always.size();
  dead_letter out{.partition = record.partition,
                  .offset = record.offset,
                  .appended_at = record.appended_at,
                  .error = std::string(all[came].value),
                  .detail = std::string(all[came + 1].value),
                  .source_topic = std::string(all[came + 2].value),
                  .source_partition = std::string(all[came + 3].value),
                  .source_offset = std::string(all[came + 4].value),
                  .left_out_bytes = left_out ? std::string(all[end].value) : "",
                  .key = record.key ? std::optional<std::string>(*record.key) : std::nullopt,
                  .headers = {},
                  .value = record.value ? std::optional<std::string>(*record.value) : std::nullopt};
  for (std::size_t i = 0; i < came; ++i) out.headers.emplace_back(all[i].name, all[i].value);
  return out;
}

std::string to_text(letter_place place) {
  return fmt::format("{}:{}", place.partition, place.offset);
}

std::optional<letter_place> parse_letter_place(std::string_view text) {
  const auto between = text.find_first_of(":/");
  if (between == std::string_view::npos) return std::nullopt;
  const auto partition = read_number(text.substr(0, between));
  const auto offset = read_number(text.substr(between + 1));
  if (!partition || !offset || *partition > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return letter_place{static_cast<std::int32_t>(*partition), *offset};
}

kafka::written_record to_replay_mark(const dead_letter& letter, const std::string& put_on_topic) {
  return {
      .key = {},
      .headers = {{std::string(of_mark[0]), std::to_string(letter.offset)}, {std::string(of_mark[1]), put_on_topic}},
      .value = {},
      .partition = letter.partition};
}

std::optional<letter_place> marked_place(const kafka::read_record& record) {
  const auto& all = record.headers;
  if (record.key || record.value || all.size() != of_mark.size() || !ends_with(all, all.size(), of_mark)) {
    return std::nullopt;
  }
  const auto offset = read_number(all.front().value);
  return offset ? std::optional(letter_place{record.partition, *offset}) : std::nullopt;
}

std::string to_line(const dead_letter& letter, letter_style style) {
  const auto place = to_text(place_of(letter));
  const auto time = letter.appended_at ? to_rfc3339(*letter.appended_at) : "no time";
  auto out = fmt::format("{:<10}  {:<24}  {}  {}  from {} {}:{}", place, time,
                         painted(shown(letter.error), colour::red, style.colours, error_width), shown(letter.detail),
                         shown(letter.source_topic), shown(letter.source_partition), shown(letter.source_offset));
  if (!letter.can_be_replayed()) out += fmt::format("  without its value of {} bytes", shown(letter.left_out_bytes));
  if (style.replayed) out += "  " + painted("replayed", colour::faint, style.colours);
  return out;
}

nlohmann::ordered_json to_json(const dead_letter& letter) {
  nlohmann::ordered_json out = {{"partition", letter.partition}, {"offset", letter.offset}};
  if (letter.appended_at) out["time"] = to_rfc3339(*letter.appended_at);
  out["error"] = shown(letter.error);
  out["detail"] = shown(letter.detail);
  out["source"] = {{"topic", shown(letter.source_topic)},
                   {"partition", shown(letter.source_partition)},
                   {"offset", shown(letter.source_offset)}};
  out["can_be_replayed"] = letter.can_be_replayed();
  return out;
}

}  // namespace sendcode::app
