#include "common/config/cursor.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "common/redaction.hpp"

namespace sendcode::config {
namespace {

using std::chrono::milliseconds;

struct unit {
  std::string_view name;
  milliseconds worth;
};
constexpr std::array<unit, 5> units = {{{"d", std::chrono::hours{24}},
                                        {"h", std::chrono::hours{1}},
                                        {"m", std::chrono::minutes{1}},
                                        {"s", std::chrono::seconds{1}},
                                        {"ms", milliseconds{1}}}};

constexpr std::size_t digits_max = 9;

// Single-character edits between two keys (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string unknown_key_hint(std::string_view key, std::initializer_list<std::string_view> known) {
  constexpr std::size_t compared_max = 64;  // no known key is longer
  std::string_view nearest;
  std::size_t best = 3;  // two edits are a slip, more is another word
  for (const auto candidate : known) {
    if (key.size() > compared_max) break;
    const auto edits = distance(key, candidate);
    if (edits < best && edits < candidate.size()) {
      best = edits;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return "not a key here; did you mean " + std::string(nearest) + "?";
  std::string out = "not a key here; there are";
  for (const auto candidate : known) out += (candidate == *known.begin() ? " " : ", ") + std::string(candidate);
  return out;
}

std::string what_stands(const node& at) {
  switch (at.kind) {
    case node_kind::null:
      return "null";
    case node_kind::list:
      return "a list";
    case node_kind::map:
      return "a map";
    case node_kind::scalar:
      break;
  }
  return '"' + shown(at.text) + '"';
}

std::string range_text(std::string_view what, std::string_view least, std::string_view most) {
  return std::string(what) + " from " + std::string(least) + " to " + std::string(most);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

cursor cursor::operator[](std::string_view key) const {
  const node* child = node_ != nullptr && node_->kind == node_kind::map ? node_->find(key) : nullptr;
  return {child, path_.empty() ? std::string(key) : path_ + '.' + std::string(key), report_};
}

cursor cursor::need(std::string_view key) const {
  cursor child = (*this)[key];
  if (child.node_ == nullptr && node_ != nullptr && node_->kind == node_kind::map) child.parent_ = node_;
  return child;
}

bool cursor::expect_map() const {
  if (node_ == nullptr && parent_ != nullptr) tell("missing", "a map of keys and values");
  if (node_ == nullptr) return false;
  if (node_->kind == node_kind::map) return true;
  // What stands where a map is wanted may be a secret that was written instead of its name.
  complain_secretly("a map of keys and values");
  return false;
}

bool cursor::expect_map(std::initializer_list<std::string_view> known) const {
  if (!expect_map()) return false;
  for (const auto& entry : node_->members) {
    if (std::ranges::find(known, std::string_view(entry.key)) != known.end()) continue;
    cursor wrong = (*this)[entry.key];
    wrong.path_ = (path_.empty() ? "" : path_ + '.') + shown(entry.key);
    wrong.tell("", unknown_key_hint(entry.key, known));
  }
  return true;
}

bool cursor::expect_scalar(std::string_view allowed) const {
  if (node_ == nullptr) {
    if (parent_ != nullptr) tell("missing", allowed);
    return false;
  }
  if (node_->kind == node_kind::scalar) return true;
  complain(allowed);
  return false;
}

std::optional<std::string> cursor::text(const text_rule& rule) const {
  if (!expect_scalar(rule.allowed)) return std::nullopt;
  if (node_->form != scalar_form::literal && rule.accepts(node_->text)) return node_->text;
  complain(rule.allowed);
  return std::nullopt;
}

std::optional<bool> cursor::boolean() const {
  constexpr std::string_view allowed = "true or false, without quotes";
  if (!expect_scalar(allowed)) return std::nullopt;
  if (node_->form != scalar_form::quoted) {
    if (node_->text == "true") return true;
    if (node_->text == "false") return false;
  }
  complain(allowed);
  return std::nullopt;
}

std::optional<std::int64_t> cursor::integer(std::int64_t least, std::int64_t most) const {
  const auto allowed = range_text("a whole number", std::to_string(least), std::to_string(most));
  if (!expect_scalar(allowed)) return std::nullopt;
  const auto value = node_->form == scalar_form::quoted ? std::nullopt : parse_integer(node_->text);
  if (value && *value >= least && *value <= most) return value;
  complain(allowed);
  return std::nullopt;
}

std::optional<milliseconds> cursor::duration(const duration_range& range) const {
  const auto allowed =
      range_text("a duration", to_text(range.least), to_text(range.most)) + ", such as " + std::string(range.example);
  if (!expect_scalar(allowed)) return std::nullopt;
  const bool fine = range.finest == duration_unit::milliseconds || !node_->text.ends_with("ms");
  const auto value = fine && node_->form != scalar_form::literal ? parse_duration(node_->text) : std::nullopt;
  if (value && *value >= range.least && *value <= range.most) return value;
  complain(allowed);
  return std::nullopt;
}

std::optional<std::size_t> cursor::choice_index(const std::vector<std::string_view>& known) const {
  std::string allowed = "one of";
  for (const auto word : known) allowed += (word == known.front() ? " " : ", ") + std::string(word);
  if (!expect_scalar(allowed)) return std::nullopt;
  const auto found = std::ranges::find(known, std::string_view(node_->text));
  if (found != known.end() && node_->form != scalar_form::literal) {
    return static_cast<std::size_t>(found - known.begin());
  }
  complain(allowed);
  return std::nullopt;
}

std::vector<cursor> cursor::list(std::size_t least, std::size_t most, std::string_view of_what) const {
  const auto allowed =
      range_text("a list of " + std::string(of_what), std::to_string(least), std::to_string(most)) + " entries";
  if (node_ == nullptr) {
    if (parent_ != nullptr) tell("missing", allowed);
    return {};
  }
  if (node_->kind != node_kind::list) {
    complain_secretly(allowed);
    return {};
  }
  if (node_->items.size() < least || node_->items.size() > most) {
    tell(std::to_string(node_->items.size()) + " entries", allowed);
    return {};
  }
  std::vector<cursor> out;
  out.reserve(node_->items.size());
  for (const auto& item : node_->items) {
    out.push_back({&item, path_ + '[' + std::to_string(out.size()) + ']', report_});
  }
  return out;
}

std::vector<std::string> cursor::texts(std::size_t least, std::size_t most, const text_rule& rule) const {
  std::vector<std::string> out;
  for (const auto& place : list(least, most, "texts")) {
    auto value = place.text(rule);
    if (!value) continue;
    if (std::ranges::find(out, *value) != out.end()) {
      place.complain("each only once");
      continue;
    }
    out.push_back(std::move(*value));
  }
  return out;
}

std::optional<std::string> cursor::secret_name(const text_rule& rule) const {
  const std::string reference = "a reference such as {secret: NAME}";
  if (node_ == nullptr) {
    if (parent_ != nullptr) tell("missing", reference);
    return std::nullopt;
  }
  if (node_->kind != node_kind::map) {
    complain_secretly(reference);
    return std::nullopt;
  }
  expect_map({"secret"});
  const cursor name = need("secret");
  const node* at = name.node_;
  if (at == nullptr) return name.text(rule);
  if (at->kind == node_kind::scalar && at->form != scalar_form::literal && rule.accepts(at->text)) return at->text;
  name.complain_secretly(rule.allowed);
  return std::nullopt;
}

void cursor::complain(std::string_view allowed) const {
  tell(node_ == nullptr ? "" : what_stands(*node_), allowed);
}

void cursor::complain_secretly(std::string_view allowed) const {
  const bool scalar = node_ != nullptr && node_->kind == node_kind::scalar;
  tell(scalar ? "(not shown)" : node_ == nullptr ? "" : what_stands(*node_), allowed);
}

void cursor::tell(std::string value, std::string_view allowed) const {
  const node* at = node_ != nullptr ? node_ : parent_;
  problem p{report_->file, at == nullptr ? 0 : at->line, path_, std::move(value), std::string(allowed)};
  if (at != nullptr && !at->variable.empty()) {
    p.file = at->variable;
    p.line = 0;
  }
  report_->problems.push_back(std::move(p));
}

std::string to_text(milliseconds duration) {
  for (const auto& u : units) {
    if (duration >= u.worth && duration % u.worth == milliseconds{0}) {
      return std::to_string(duration / u.worth) + std::string(u.name);
    }
  }
  return "0s";
}

std::optional<milliseconds> parse_duration(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > digits_max || (text[0] == '0' && digits > 1)) return std::nullopt;
  const auto count = parse_integer(text.substr(0, digits));
  const auto named = std::ranges::find(units, text.substr(digits), &unit::name);
  if (!count || named == units.end()) return std::nullopt;
  return *count * named->worth;
}

}  // namespace sendcode::config
