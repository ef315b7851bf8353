#include "worker/adapters/redis/call_course.hpp"

#include <charconv>

#include "worker/adapters/redis/slot_map.hpp"

namespace sendcode::redis {
namespace {

bool is_redirection(std::string_view error) noexcept {
  return error.starts_with("MOVED ") || error.starts_with("ASK ");
}

}  // namespace

// `MOVED 3999 127.0.0.1:6381`
std::optional<redirection> read_redirection(std::string_view error, const redis_address& asked) {
  if (!is_redirection(error)) return std::nullopt;
  redirection out;
  out.once = error.starts_with("ASK ");
  error.remove_prefix(error.find(' ') + 1);
  const auto blank = error.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto [end, failure] = std::from_chars(error.data(), error.data() + blank, out.slot);
  if (failure != std::errc{} || end != error.data() + blank || out.slot >= slots_in_all) return std::nullopt;
  auto to = read_announced(error.substr(blank + 1), asked.tls);
  if (!to || to->host == "?") return std::nullopt;
  if (to->host.empty()) to->host = asked.host;
  out.to = std::move(*to);
  return out;
}

next_step call_course::after(std::string_view error, time_point now) noexcept {
  if (error.starts_with("NOSCRIPT")) {
    if (sends_body_) return next_step::take_the_error;
    sends_body_ = true;
    return next_step::send_the_body;
  }
  if (!follows_ || !is_redirection(error)) return next_step::take_the_error;
  if (now >= until_ || redirections_ == redirections_max) return next_step::defer;
  ++redirections_;
  return next_step::follow;
}

}  // namespace sendcode::redis
