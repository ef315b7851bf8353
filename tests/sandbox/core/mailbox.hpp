#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/timestamp.hpp"
#include "tests/sandbox/core/exchange.hpp"

namespace sendcode::sandbox {

enum class sender : std::uint8_t { twilio, kinde };

// A text that a sender took: it went out, whether or not the one who asked was told.
struct text {
  sender by = sender::twilio;
  std::string sid;
  std::string to;
  std::string from;  // empty: sent through a Messaging Service, or by Kinde
  std::string messaging_service_sid;
  std::string body;
  std::string account;     // Twilio's account, or Kinde's environment_id
  std::string host;        // that was asked
  std::string credential;  // of Twilio's that was shown: account_book::admitted_by
  std::string idempotency_key;
  std::string status_callback;
  std::string status;
  std::string feedback;  // as Twilio has it: unconfirmed, confirmed; empty: none was asked for or given
  int error_code = 0;
  std::optional<int> validity_period_s;
  std::optional<int> attempt;
  timestamp at;
  std::int64_t at_us = 0;  // the same moment, Unix time in microseconds
  bool answered = true;
  std::uint64_t earlier = 0;  // the recipient's text before this one; kept by the mailbox
};

// Everything that was sent: the phones of all recipients, and the judge of every test about duplicates. Counts hold for
// ever; of the texts themselves the newest `texts_max` are kept.
class mailbox {
 public:
  static constexpr std::size_t texts_max = 200'000;
  static constexpr std::size_t recipients_max = 1'000'000;  // counted by recipient; the rest only in total

  explicit mailbox(std::size_t kept_max = texts_max) : kept_max_(kept_max) {}

  std::uint64_t add(text one);  // its number: 1, 2, 3, ...
  text* find(std::uint64_t number) noexcept;
  text* find_sid(std::string_view sid) noexcept;
  void mark_unanswered(std::uint64_t number);
  void take_feedback(text& about, std::string_view outcome);

  // Newest first, `see(const text&)` until it returns false.
  template <typename F>
  void newest_first(F&& see) const {
    for (auto i = kept_.rbegin(); i != kept_.rend() && see(*i); ++i) {
    }
  }
  template <typename F>
  void newest_first_to(const std::string& to, F&& see) const {
    const auto known = recipients_.find(to);
    auto number = known == recipients_.end() ? 0 : known->second.newest;
    while (number >= first_number_ && number != 0) {
      const text& one = kept_[number - first_number_];
      if (!see(one)) return;
      number = one.earlier;
    }
  }

  struct recipient {
    std::uint64_t texts = 0;
    std::uint64_t newest = 0;
  };
  const std::unordered_map<std::string, recipient>& recipients() const noexcept { return recipients_; }
  const std::deque<text>& kept() const noexcept { return kept_; }
  std::uint64_t texts() const noexcept { return first_number_ - 1 + kept_.size(); }
  std::uint64_t forgotten() const noexcept { return first_number_ - 1; }
  std::uint64_t by_recipient_max() const noexcept { return by_recipient_max_; }
  std::uint64_t unanswered() const noexcept { return unanswered_; }
  std::uint64_t confirmations() const noexcept { return confirmations_; }

 private:
  std::size_t kept_max_;
  std::deque<text> kept_;
  std::uint64_t first_number_ = 1;
  std::unordered_map<std::string, recipient> recipients_;
  std::uint64_t by_recipient_max_ = 0;
  std::uint64_t unanswered_ = 0;
  std::uint64_t confirmations_ = 0;  // each that was taken, repeated ones too
};

}  // namespace sendcode::sandbox
