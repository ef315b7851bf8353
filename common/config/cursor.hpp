#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/problem.hpp"
#include "common/config/tree.hpp"

// Typed reading of a document: each read gives the value, or nothing and, where what stands there is wrong, a problem
// in the report. So a document is read to its end and all its problems are told at once.
namespace sendcode::config {

// Which texts are allowed, and how to say so.
struct text_rule {
  bool (*accepts)(std::string_view);
  std::string_view allowed;
};

enum class duration_unit : std::uint8_t { milliseconds, seconds };

struct duration_range {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
  std::string_view example;
  duration_unit finest = duration_unit::seconds;  // `ms` is only taken with milliseconds
};

// A place in a document: what stands there, or nothing. Cheap to copy; the tree and the report must live as long.
class cursor {
 public:
  cursor(const node& root, report& into) : node_(&root), report_(&into) {}

  explicit operator bool() const noexcept { return node_ != nullptr; }
  const std::string& path() const noexcept { return path_; }
  const node* raw() const noexcept { return node_; }

  // A key of this map: nothing where the key is missing, or where this is no map (expect_map has said so).
  cursor operator[](std::string_view key) const;
  // The same for a key that must be there: reading it complains if it isn't.
  cursor need(std::string_view key) const;

  // Whether a map stands here; complains if something else does, and about each key that is not of `known`, with the
  // nearest one that is.
  bool expect_map(std::initializer_list<std::string_view> known) const;
  bool expect_map() const;

  std::optional<std::string> text(const text_rule& rule) const;
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
  // 100ms, 30s, 10m, 2h, 1d: a whole number without leading zero and a unit.
  std::optional<std::chrono::milliseconds> duration(const duration_range& range) const;
  template <class T>
  std::optional<T> choice(std::initializer_list<std::pair<std::string_view, T>> words) const {
    std::vector<std::string_view> known;
    for (const auto& word : words) known.push_back(word.first);
    const auto at = choice_index(known);
    return at ? std::optional<T>((words.begin() + *at)->second) : std::nullopt;
  }
  // The places of a list; none where it is absent or wrong.
  std::vector<cursor> list(std::size_t least, std::size_t most, std::string_view of_what) const;
  // A list of texts, none of them twice. What is wrong in it is told and left out.
  std::vector<std::string> texts(std::size_t least, std::size_t most, const text_rule& rule) const;
  // {secret: NAME}: the name. The value is never told, for it may be the secret itself.
  std::optional<std::string> secret_name(const text_rule& rule) const;

  // What is wrong here: with what stands here; hiding it; or about the place alone.
  void complain(std::string_view allowed) const;
  void complain_secretly(std::string_view allowed) const;
  void complain_plainly(std::string_view allowed) const { tell("", allowed); }

 private:
  cursor(const node* at, std::string path, report* into) : node_(at), path_(std::move(path)), report_(into) {}
  // Whether a scalar stands here; complains if something else does, or if nothing does that must.
  bool expect_scalar(std::string_view allowed) const;
  void tell(std::string value, std::string_view allowed) const;
  std::optional<std::size_t> choice_index(const std::vector<std::string_view>& known) const;

  const node* node_ = nullptr;
  const node* parent_ = nullptr;  // of a place that must be there and isn't
  std::string path_;
  report* report_ = nullptr;
};

// "30s", "10m", "24h": in the largest unit that divides it.
std::string to_text(std::chrono::milliseconds duration);
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace sendcode::config
