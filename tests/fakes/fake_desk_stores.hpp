#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "worker/ports/answer_store.hpp"
#include "worker/ports/challenge_desk.hpp"

namespace sendcode::tests {

// Answers kept in memory by the rules of docs/redis.md. Controls: an outage, and answers that another worker has given
// meanwhile.
class fake_answer_store final : public ports::answer_store {
 public:
  awaitable<ports::stored<ports::answer_reply>> recall(const ports::answer_request& request) override {
    ++recalls;
    if (outage) co_return std::unexpected(ports::store_outage{"test"});
    auto& own = kept_[name_of(request)];
    if (!own.body) own.body = request.under.body;
    if (*own.body != request.under.body) co_return ports::other_body{};
    if (own.answer) co_return *own.answer;
    co_return ports::unanswered{token_of(request)};
  }
  awaitable<ports::stored<ports::answer_reply>> keep(const ports::answer_request& request,
                                                     const ports::given_answer& answer) override {
    if (outage || outage_of_keeping) co_return std::unexpected(ports::store_outage{"test"});
    auto& own = kept_[name_of(request)];
    if (own.answer) co_return *own.answer;
    own.answer = answer;
    co_return ports::unanswered{token_of(request)};
  }

  void forget() { kept_.clear(); }

  bool outage = false;
  bool outage_of_keeping = false;
  int recalls = 0;

 private:
  struct entry {
    std::optional<digest> body;
    std::optional<ports::given_answer> answer;
  };
  using name = std::tuple<std::string, std::string, std::string, std::string>;

  static name name_of(const ports::answer_request& of) {
    return {of.environment_id, of.challenge_id, of.under.token_id, of.under.key};
  }
  static ports::token token_of(const ports::answer_request& of) {
    ports::token out{};
    const digest whole = sha256(of.challenge_id + of.under.key + std::string(as_text(of.under.body)));
    std::copy_n(whole.begin(), out.size(), out.begin());
    return out;
  }

  std::map<name, entry> kept_;
};

// Remembers what was asked; what it answers is the test's to say.
class fake_challenge_store final : public ports::challenge_store {
 public:
  awaitable<ports::stored<std::optional<ports::challenge_view>>> look(const ports::challenge_reference& of) override {
    looked.push_back(of);
    if (lose()) co_return std::unexpected(ports::store_outage{"test"});
    co_return view;
  }
  awaitable<ports::stored<bool>> cancel(const ports::challenge_reference& of, milliseconds life) override {
    cancelled.emplace_back(of, life);
    if (lose()) co_return std::unexpected(ports::store_outage{"test"});
    co_return view.has_value();
  }
  awaitable<ports::stored<ports::unlocked>> unlock(const std::string& environment_id,
                                                   const std::string& phone) override {
    unlocked.emplace_back(environment_id, phone);
    if (lose()) co_return std::unexpected(ports::store_outage{"test"});
    co_return ports::unlocked{};
  }

  std::optional<ports::challenge_view> view;
  int answers_to_lose = 0;
  std::vector<ports::challenge_reference> looked;
  std::vector<std::pair<ports::challenge_reference, milliseconds>> cancelled;
  std::vector<std::pair<std::string, std::string>> unlocked;

 private:
  bool lose() { return answers_to_lose > 0 && answers_to_lose-- > 0; }
};

}  // namespace sendcode::tests
