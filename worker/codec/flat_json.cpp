#include "worker/codec/flat_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace sendcode::codec {
namespace {

constexpr std::size_t keys_as_a_rule = 16;

// nlohmann's SAX interface: no tree, and the place to see a key twice. Returning false stops the parse.
class walker : public nlohmann::json_sax<nlohmann::json> {
 public:
  walker(std::string_view inner, std::size_t depth_max, const std::function<void(const json_member&)>& member)
      : inner_(inner), depth_max_(depth_max), member_(member) {}

  json_fault fault() const { return fault_; }

  bool null() override { return scalar(json_type::null, {}); }
  bool boolean(bool) override { return scalar(json_type::other, {}); }
  bool number_integer(number_integer_t) override { return scalar(json_type::other, {}); }
  bool number_unsigned(number_unsigned_t) override { return scalar(json_type::other, {}); }
  bool number_float(number_float_t, const string_t&) override { return scalar(json_type::other, {}); }
  bool string(string_t& value) override { return scalar(json_type::string, value); }
  bool binary(binary_t&) override { return false; }

  bool key(string_t& name) override {
    auto& keys = levels_.back().keys;
    if (std::ranges::find(keys, name) != keys.end()) {
      fault_ = json_fault::duplicate_key;
      return false;
    }
    keys.push_back(name);
    return true;
  }
  bool start_object(std::size_t) override {
    const bool is_inner = levels_.size() == 1 && !inner_.empty() && levels_.back().is_object && last_key() == inner_;
    if (!levels_.empty() && !is_inner) tell(json_type::other, {});
    return enter(true, is_inner);
  }
  bool end_object() override { return leave(); }
  bool start_array(std::size_t) override {
    if (levels_.empty()) {
      fault_ = json_fault::not_an_object;
      return false;
    }
    tell(json_type::other, {});
    return enter(false, false);
  }
  bool end_array() override { return leave(); }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

 private:
  struct level {
    bool is_object;
    bool is_inner;
    std::vector<std::string> keys;
  };

  std::string_view last_key() const {
    const auto& keys = levels_.back().keys;
    return keys.empty() ? std::string_view{} : std::string_view(keys.back());
  }
  bool enter(bool is_object, bool is_inner) {
    if (levels_.size() == depth_max_) {
      fault_ = json_fault::too_deep;
      return false;
    }
    levels_.push_back({is_object, is_inner, {}});
    levels_.back().keys.reserve(keys_as_a_rule);
    return true;
  }
  bool leave() {
    levels_.pop_back();
    return true;
  }
  bool scalar(json_type type, std::string_view text) {
    if (levels_.empty()) {
      fault_ = json_fault::not_an_object;
      return false;
    }
    tell(type, text);
    return true;
  }
  void tell(json_type type, std::string_view text) {
    const auto& at = levels_.back();
    if (!at.is_object || (levels_.size() != 1 && !at.is_inner)) return;
    member_({.inner = at.is_inner, .name = last_key(), .type = type, .text = text});
  }

  std::string_view inner_;
  std::size_t depth_max_;
  const std::function<void(const json_member&)>& member_;
  std::vector<level> levels_;
  json_fault fault_ = json_fault::not_json;
};

}  // namespace

std::string_view to_text(json_fault fault) noexcept {
  switch (fault) {
    case json_fault::not_json:
      return "not JSON in UTF-8";
    case json_fault::not_an_object:
      return "not a JSON object";
    case json_fault::duplicate_key:
      return "a key stands twice in one object";
    case json_fault::too_deep:
      return "nested too deeply";
  }
  return "";
}

std::expected<void, json_fault> walk_json(std::string_view json, std::string_view inner, std::size_t depth_max,
                                          const std::function<void(const json_member&)>& member) {
  walker sax(inner, depth_max, member);
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &sax)) return std::unexpected(sax.fault());
  return {};
}

}  // namespace sendcode::codec
