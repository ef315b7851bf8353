#include <nlohmann/json.hpp>
#include <optional>

#include "common/config/document.hpp"
#include "common/redaction.hpp"

namespace sendcode::config {
namespace {

// nlohmann's events into a tree: its own values would keep the last of two equal keys and know no depth.
class json_builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::optional<node> root;
  std::string why;  // of a refusal

  bool null() override { return close({}); }
  bool boolean(bool value) override { return scalar(value ? "true" : "false", scalar_form::literal); }
  bool number_integer(number_integer_t value) override { return scalar(std::to_string(value), scalar_form::literal); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(std::to_string(value), scalar_form::literal); }
  bool number_float(number_float_t, const string_t& text) override { return scalar(text, scalar_form::literal); }
  bool string(string_t& value) override { return scalar(std::move(value), scalar_form::quoted); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(node_kind::map); }
  bool end_object() override { return end(); }
  bool start_array(std::size_t) override { return open(node_kind::list); }
  bool end_array() override { return end(); }
  bool key(string_t& name) override {
    auto& map = open_.back();
    if (map.made.find(name) != nullptr) return refuse("the key \"" + shown(name) + "\" stands here twice");
    if (map.made.members.size() == map_members_max) {
      return refuse("more than " + std::to_string(map_members_max) + " keys in one map");
    }
    map.pending = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not valid JSON at byte " + std::to_string(position));  // the library's message repeats the text
  }

 private:
  struct frame {
    node made;
    std::string pending;
  };

  bool refuse(std::string reason) {
    why = std::move(reason);
    return false;
  }

  bool scalar(std::string text, scalar_form form) {
    node made;
    made.kind = node_kind::scalar;
    made.form = form;
    made.text = std::move(text);
    return close(std::move(made));
  }

  bool open(node_kind kind) {
    if (open_.size() == document_depth_max) {
      return refuse("deeper than " + std::to_string(document_depth_max) + " levels");
    }
    open_.emplace_back().made.kind = kind;
    return true;
  }

  bool end() {
    node done = std::move(open_.back().made);
    open_.pop_back();
    return close(std::move(done));
  }

  bool close(node done) {
    if (open_.empty()) {
      root = std::move(done);
    } else if (open_.back().made.kind == node_kind::list) {
      open_.back().made.items.push_back(std::move(done));
    } else {
      open_.back().made.members.push_back({std::move(open_.back().pending), 0, 0, std::move(done)});
    }
    return true;
  }

  std::vector<frame> open_;
};

}  // namespace

std::expected<node, problem> parse_json(std::string_view text, std::string_view file) {
  const auto refuse = [&](std::string why) {
    return std::unexpected(problem{std::string(file), 0, "", "", std::move(why)});
  };
  if (text.size() > document_bytes_max) return refuse("larger than 64 KiB");
  json_builder events;
  if (!nlohmann::json::sax_parse(text, &events)) {
    return refuse(events.why.empty() ? std::string("not valid JSON") : std::move(events.why));
  }
  return std::move(*events.root);
}

}  // namespace sendcode::config
