#include "common/logging.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/redaction.hpp"
#include "common/timestamp.hpp"

namespace sendcode::log {
namespace {

std::atomic<spdlog::logger*> current{nullptr};
std::atomic<level> least_level{level::info};
std::atomic<bool> as_json{false};

spdlog::level::level_enum to_spdlog(level at) {
  switch (at) {
    case level::trace:
      return spdlog::level::trace;
    case level::debug:
      return spdlog::level::debug;
    case level::info:
      return spdlog::level::info;
    case level::warn:
      return spdlog::level::warn;
    case level::error:
      break;
  }
  return spdlog::level::err;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : shown(text)) {  // shown() left no control characters
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void append_value(std::string& out, const field& f, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&f.value)) {
    if (json || text->empty() || text->find_first_of(" =\"") != std::string_view::npos) {
      append_json_string(out, *text);
    } else {
      out += shown(*text);
    }
  } else if (const auto* number = std::get_if<std::int64_t>(&f.value)) {
    out += std::to_string(*number);
  } else if (const auto* real = std::get_if<double>(&f.value)) {
    out += fmt::format("{:.6g}", *real);
  } else {
    out += std::get<bool>(f.value) ? "true" : "false";
  }
}

// For good: a thread of librdkafka's that was left behind may have a line to write while the process ends, when
// spdlog's own registry is gone.
spdlog::logger* keep(std::unique_ptr<spdlog::logger> made) {
  static std::mutex one_at_a_time;
  static auto& kept = *new std::vector<std::unique_ptr<spdlog::logger>>;
  const std::scoped_lock lock(one_at_a_time);
  return kept.emplace_back(std::move(made)).get();
}

}  // namespace

void set_up(level least, format shape) {
  const bool json = shape == format::json || (shape == format::automatic && isatty(STDERR_FILENO) == 0);
  auto logger = std::make_unique<spdlog::logger>("sendcode", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  logger->set_pattern(json ? "%v" : "%H:%M:%S.%e %^%-5l%$ %v");
  logger->set_level(to_spdlog(least));
  current = keep(std::move(logger));
  least_level = least;
  as_json = json;
}

bool enabled(level at) noexcept {
  return at >= least_level.load(std::memory_order_relaxed);
}

void write(level at, std::string_view sentence, fields values) {
  if (!enabled(at)) return;
  std::string line;
  if (as_json.load(std::memory_order_relaxed)) {
    const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
    line = fmt::format(R"({{"time":"{}","level":"{}","message":)", to_rfc3339(now),
                       spdlog::level::to_string_view(to_spdlog(at)));
    append_json_string(line, sentence);
    for (const auto& f : values) {
      line += ',';
      append_json_string(line, f.name);
      line += ':';
      append_value(line, f, true);
    }
    line += '}';
  } else {
    line = sentence;
    for (const auto& f : values) {
      line += ' ';
      line += f.name;
      line += '=';
      append_value(line, f, false);
    }
  }
  auto* const logger = current.load(std::memory_order_acquire);
  (logger != nullptr ? logger : spdlog::default_logger_raw())
      ->log(to_spdlog(at), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace sendcode::log
