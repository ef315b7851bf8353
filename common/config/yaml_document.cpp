#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "common/bytes.hpp"
#include "common/config/document.hpp"
#include "common/redaction.hpp"

namespace sendcode::config {
namespace {

// yaml-cpp takes a bracket that is never closed for the beginning of a key.
constexpr const char* key_must_be_text = "a key must be text; is a bracket not closed?";

// What the yaml_builder throws through yaml-cpp's parser; caught in parse_yaml.
struct refused {
  YAML::Mark at;
  std::string why;
};

// yaml-cpp's events into a tree. Its own node API would resolve aliases and keep the last of two equal keys.
class yaml_builder : public YAML::EventHandler {
 public:
  explicit yaml_builder(std::string_view text) : text_(text) {}

  std::optional<node> root;

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    check(mark, "?", anchor);
    close(make(node_kind::null, mark));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { throw refused{mark, "aliases are not allowed"}; }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check(mark, tag, anchor);
    if (awaits_key()) {
      take_key(mark, value);
      return;
    }
    auto made = make(node_kind::scalar, mark);
    made.text = value;
    made.form = tag == "!" ? scalar_form::quoted : scalar_form::plain;
    close(std::move(made));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(node_kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(node_kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { end(); }

 private:
  struct frame {
    node made;
    std::optional<member> pending;  // of a map: the key whose value comes next
  };

  static node make(node_kind kind, const YAML::Mark& mark) {
    node out;
    out.kind = kind;
    out.line = mark.line + 1;
    out.column = mark.column + 1;
    return out;
  }

  void check(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) const {
    if (anchor != 0) throw refused{mark, "anchors are not allowed"};
    // yaml-cpp gives quoted scalars the tag "!": a written one is told from them by the character itself.
    const auto at = static_cast<std::size_t>(std::max(mark.pos, 0));
    const bool written = at < text_.size() && text_[at] == '!';
    if (written || (tag != "?" && tag != "!")) throw refused{mark, "tags are not allowed"};
  }

  bool awaits_key() const {
    return !open_.empty() && open_.back().made.kind == node_kind::map && !open_.back().pending;
  }

  void take_key(const YAML::Mark& mark, const std::string& key) {
    auto& map = open_.back();
    if (map.made.find(key) != nullptr) throw refused{mark, "the key \"" + shown(key) + "\" stands here twice"};
    if (map.made.members.size() == map_members_max) {
      throw refused{mark, "more than " + std::to_string(map_members_max) + " keys in one map"};
    }
    map.pending = member{key, mark.line + 1, mark.column + 1, {}};
  }

  void open(node_kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check(mark, tag, anchor);
    if (awaits_key()) throw refused{mark, key_must_be_text};
    if (open_.size() == document_depth_max) {
      throw refused{mark, "deeper than " + std::to_string(document_depth_max) + " levels"};
    }
    open_.push_back({make(kind, mark), std::nullopt});
  }

  void end() {
    node done = std::move(open_.back().made);
    open_.pop_back();
    close(std::move(done));
  }

  void close(node done) {
    if (open_.empty()) {
      root = std::move(done);
      return;
    }
    auto& parent = open_.back();
    if (parent.made.kind == node_kind::list) {
      parent.made.items.push_back(std::move(done));
      return;
    }
    if (!parent.pending) throw refused{{}, key_must_be_text};
    parent.pending->value = std::move(done);
    parent.made.members.push_back(std::move(*parent.pending));
    parent.pending.reset();
  }

  std::string_view text_;
  std::vector<frame> open_;
};

bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7f;
}

}  // namespace

std::expected<node, problem> parse_yaml(std::string_view text, std::string_view file) {
  const auto refuse = [&](int line, std::string why) {
    const auto newlines = static_cast<int>(std::ranges::count(text, '\n'));
    line = std::min(line, newlines + (text.ends_with('\n') ? 0 : 1));  // what isn't closed is noticed behind the end
    return std::unexpected(problem{std::string(file), line, "", "", std::move(why)});
  };
  if (text.size() > document_bytes_max) return refuse(0, "larger than 64 KiB");
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  // Control characters too: yaml-cpp takes a text with NULs for UTF-16.
  if (!is_valid_utf8(text)) return refuse(0, "not valid UTF-8");
  if (std::ranges::any_of(text, is_control)) return refuse(0, "control characters are not allowed");

  yaml_builder events(text);
  try {
    // The comment, without a newline behind it: yaml-cpp takes an unclosed quote for closed where a file ends with one.
    std::istringstream in{std::string(text) + "\n#"};
    YAML::Parser parser(in);
    if (!parser.HandleNextDocument(events) || !events.root) return refuse(0, "the document is empty");
    node out = std::move(*events.root);
    events.root.reset();
    if (parser.HandleNextDocument(events)) return refuse(0, "more than one document");
    return out;
  } catch (const refused& e) {
    return refuse(e.at.line + 1, e.why);
  } catch (const YAML::Exception& e) {
    return refuse(e.mark.is_null() ? 0 : e.mark.line + 1, "not valid YAML: " + shown(e.msg));
  }
}

}  // namespace sendcode::config
