#include "worker/adapters/senders/refusal_log.hpp"

#include <algorithm>

#include "common/logging.hpp"
#include "worker/domain/error_text.hpp"

namespace sendcode::senders {
namespace {

constexpr std::size_t entries_max = 1'000;
constexpr std::chrono::minutes telling_interval_max{60};

}  // namespace

void refusal_log::tell(std::string_view environment_id, std::string_view account, const domain::attempt& attempt,
                       ports::steady_time now) {
  const auto code = attempt.error_code != 0 ? attempt.error_code : attempt.http_status;
  std::string key(account);
  key.append(" ").append(std::to_string(code));
  if (told_.size() >= entries_max && !told_.contains(key)) told_.clear();  // says some again, rather than keep all
  told& entry = told_[key];
  if (now < entry.next) {
    ++entry.untold;
    return;
  }
  log::warn("a sender refuses the account: texts of this environment fail over or fail",
            {{"environment", environment_id},
             {"sender", domain::to_text(attempt.sender)},
             {"account", account},
             {"http_status", static_cast<int>(attempt.http_status)},
             {"error_code", static_cast<std::int64_t>(attempt.error_code)},
             {"meaning", domain::error_text(attempt.error_code)},
             {"not_shown_since", static_cast<std::int64_t>(entry.untold)}});
  entry.next = now + entry.interval;
  entry.interval = std::min(entry.interval * 4, telling_interval_max);
  entry.untold = 0;
}

}  // namespace sendcode::senders
