#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/core/exchange.hpp"

namespace sendcode::sandbox {

enum class fault_kind : std::uint8_t {
  latency,            // the answer comes later; combines with the others
  status,             // an HTTP status with an error body; the text is taken if the status is 2xx or `taken` says so
  malformed,          // success, but the body is no JSON; taken
  truncated,          // success, but the connection closes before the body's end; taken
  reset_before_read,  // reset before the body is read; not taken
  reset_after_read,   // reset after the request was read; not taken
  hang,               // no answer for delay_ms, then the connection closes; not taken
  taken_unanswered,   // taken, then (after delay_ms) the connection closes without an answer
  refuse,             // connections close at once, and requests on open ones are reset
};

struct fault {
  std::uint64_t id = 0;
  target aimed_at = target::twilio;
  fault_kind kind = fault_kind::latency;
  int http_status = 0;     // 0: the kind's own
  std::string error_code;  // empty: the status's own
  std::string message;
  std::string retry_after;             // empty: no such header
  std::optional<milliseconds> delay;   // nothing: the kind's own
  std::optional<std::uint64_t> times;  // how often it may still fire; nothing: until cleared
  std::string to;                      // empty: all recipients
  std::string account;                 // empty: all; Twilio's account or Kinde's environment_id
  std::optional<std::string> content_type;
  std::optional<std::string> body;
  std::optional<bool> taken;
  std::uint64_t fired = 0;

  bool takes() const noexcept;  // does a request that it strikes count as taken?
};

// Reads what POST /sandbox/faults takes; the error is a sentence for the one who asked.
std::expected<fault, std::string> read_fault(std::string_view json);
std::string_view name_of(fault_kind kind) noexcept;
std::string_view name_of(target aimed_at) noexcept;

// The faults in force. One request is struck by every latency and by the oldest of the others that fits.
class fault_book {
 public:
  static constexpr std::size_t faults_max = 256;

  std::optional<std::uint64_t> add(fault one);  // nothing: there are faults_max already
  bool remove(std::uint64_t id);
  void clear() { faults_.clear(); }
  const std::vector<fault>& all() const noexcept { return faults_; }

  // Each of these counts what it finds as fired.
  bool strikes_connection(bool kinde_port);                        // refuse
  bool strikes_header(target aimed_at, std::string_view account);  // refuse, or reset_before_read of all recipients
  struct strike {
    milliseconds latency{0};
    std::optional<fault> hit;
  };
  strike strikes_request(target aimed_at, std::string_view to, std::string_view account);

 private:
  std::vector<fault> faults_;
  std::uint64_t last_id_ = 0;
};

}  // namespace sendcode::sandbox
