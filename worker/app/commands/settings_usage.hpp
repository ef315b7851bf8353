#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "worker/domain/phone_number.hpp"
#include "worker/domain/settings.hpp"
#include "worker/ports/usage_store.hpp"

// `settings show --usage`: an environment's limits beside what is used of them now.
namespace sendcode::app {

struct limit_use {
  std::size_t limit = 0;  // which of the settings' limits
  domain::limit_kind per = domain::limit_kind::none;
  std::string subject{};  // fit to be shown; empty: the environment, or nobody in particular
  std::uint32_t max = 0;
  seconds window{0};
  std::optional<std::uint64_t> used{};  // nothing: each subject has its own
  milliseconds left{0};                 // until fewer than max are counted
  std::uint64_t sent = 0;               // of a prefix, over 10 minutes
  std::uint64_t approved = 0;           // the same

  bool is_used_up() const noexcept { return used && *used >= max; }
  // A prefix's max stops only those whose texts few approve, or ten times as many (design §4).
  bool stops() const noexcept;
};

struct usage_report {
  std::string environment;
  timestamp at;  // Redis' time
  std::vector<limit_use> limits;

  ports::allowance_check allowance{};  // of the Kinde sender's texts
  std::uint64_t allowance_used = 0;
  timestamp allowance_ends;
  std::uint64_t allowance_left() const noexcept {
    return allowance_used < allowance.max ? allowance.max - allowance_used : 0;
  }

  struct fraud {
    std::string prefix;
    std::uint64_t answers = 0;  // within 10 minutes
    milliseconds left{0};       // until the block ends; 0: it is not blocked
  };
  std::vector<fraud> frauds;

  struct guesses {
    std::uint64_t wrong = 0;  // since the last approval
    std::uint64_t open = 0;   // that live challenges still have
  };
  std::optional<std::string> phone;  // masked
  guesses known, stranger;           // of it

  std::string missing;  // why there may be more countries and prefixes; empty: these are all
};

// Which questions tell it, and what their answers mean. Of the allowance alone, or of all.
class usage_survey {
 public:
  usage_survey(const domain::environment_settings& of, const ports::allowance_check& allowance);
  usage_survey(const usage_survey&) = delete;
  usage_survey& operator=(const usage_survey&) = delete;
  // `phone`: also whatever is counted for it.
  void ask_all(const ports::subjects_in_use& found, const std::optional<domain::phone_number>& phone);

  const std::vector<ports::usage_question>& questions() const noexcept { return questions_; }
  // Answers of the questions from `first` on.
  void take(std::size_t first, const ports::usage_reply& reply);
  usage_report report() && { return std::move(report_); }

 private:
  using sink = std::function<void(const ports::usage_answer&)>;

  void ask(ports::usage_question question, sink to);
  void ask_limit(std::size_t index, std::string subject, std::string shown,
                 ports::device_class device = ports::device_class::stranger);
  void ask_prefix_share(std::size_t row);
  void ask_each(std::size_t index, const ports::subjects_in_use& found,
                const std::optional<domain::phone_number>& phone);
  void ask_guesses(const std::string& phone);
  std::vector<std::string> countries_of(const domain::limit& limit, const ports::subjects_in_use& found,
                                        const std::optional<domain::phone_number>& phone) const;

  const domain::environment_settings& of_;
  std::vector<ports::usage_question> questions_;
  std::vector<sink> sinks_;
  usage_report report_;
};

nlohmann::ordered_json to_json(const usage_report& report);
// The allowance as `settings show --json` has it.
nlohmann::ordered_json allowance_to_json(const usage_report& report);
std::string to_lines(const usage_report& report);
// "3 of 10 texts by the Kinde sender used this month, 7 left until …"
std::string allowance_text(const usage_report& report);

}  // namespace sendcode::app
