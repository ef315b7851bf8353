#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

// Structured logging over spdlog: a fixed sentence and named values. Values from outside are escaped and cut
// (redaction.hpp); there is no way to pass a secret. Lines go to standard error; any thread.
namespace sendcode::log {

enum class level : std::uint8_t { trace, debug, info, warn, error };
enum class format : std::uint8_t { automatic, text, json };  // automatic: text on a terminal, JSON elsewhere

struct field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  field(std::string_view n, std::string_view v) : name(n), value(v) {}
  field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  field(std::string_view n, std::int64_t v) : name(n), value(v) {}
  field(std::string_view n, int v) : name(n), value(std::int64_t{v}) {}
  field(std::string_view n, std::size_t v) : name(n), value(static_cast<std::int64_t>(v)) {}
  field(std::string_view n, double v) : name(n), value(v) {}
  field(std::string_view n, bool v) : name(n), value(v) {}
};

using fields = std::initializer_list<field>;

void set_up(level least, format shape);
bool enabled(level at) noexcept;
void write(level at, std::string_view sentence, fields values = {});

inline void trace(std::string_view sentence, fields values = {}) {
  write(level::trace, sentence, values);
}
inline void debug(std::string_view sentence, fields values = {}) {
  write(level::debug, sentence, values);
}
inline void info(std::string_view sentence, fields values = {}) {
  write(level::info, sentence, values);
}
inline void warn(std::string_view sentence, fields values = {}) {
  write(level::warn, sentence, values);
}
inline void error(std::string_view sentence, fields values = {}) {
  write(level::error, sentence, values);
}

}  // namespace sendcode::log
