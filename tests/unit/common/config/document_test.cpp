#include "common/config/document.hpp"

#include <string>

#include "tests/catch.hpp"

using namespace sendcode::config;

namespace {

node yaml(std::string_view text) {
  auto tree = parse_yaml(text, "a.yaml");
  if (!tree) FAIL(to_text(tree.error()));
  return std::move(*tree);
}

std::string refusal(std::string_view text) {
  const auto tree = parse_yaml(text, "a.yaml");
  return tree ? "" : to_text(tree.error());
}

std::string json_refusal(std::string_view text) {
  const auto tree = parse_json(text, "record");
  return tree ? "" : to_text(tree.error());
}

std::string repeated(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace

TEST_CASE("YAML keeps order, lines and columns") {
  const auto tree = yaml("# first\nb: 1\na:\n  - x\n  - {c: 'y'}\n");
  REQUIRE(tree.kind == node_kind::map);
  REQUIRE(tree.members.size() == 2);
  CHECK(tree.members[0].key == "b");
  CHECK(tree.members[0].line == 2);
  CHECK(tree.members[0].value.line == 2);
  CHECK(tree.members[0].value.column == 4);
  const auto* list = tree.find("a");
  REQUIRE(list != nullptr);
  REQUIRE(list->items.size() == 2);
  CHECK(list->items[0].text == "x");
  CHECK(list->items[1].find("c")->text == "y");
  CHECK(list->items[1].find("c")->form == scalar_form::quoted);
  CHECK(list->items[1].find("c")->line == 5);
}

TEST_CASE("YAML 1.1's surprises are texts") {
  const auto tree = yaml("a: off\nb: NO\nc: +61491570006\nd: 0x10\ne: 1:30\nf: yes\ng: 2026-11-23\nh: 1e3\n<<: x\n");
  for (const auto& [key, text] : std::initializer_list<std::pair<const char*, const char*>>{{"a", "off"},
                                                                                            {"b", "NO"},
                                                                                            {"c", "+61491570006"},
                                                                                            {"d", "0x10"},
                                                                                            {"e", "1:30"},
                                                                                            {"f", "yes"},
                                                                                            {"g", "2026-11-23"},
                                                                                            {"h", "1e3"},
                                                                                            {"<<", "x"}}) {
    REQUIRE(tree.find(key) != nullptr);
    CHECK(tree.find(key)->kind == node_kind::scalar);
    CHECK(tree.find(key)->text == text);
  }
}

TEST_CASE("null is ~, null or nothing, and only without quotes") {
  const auto tree = yaml("a: ~\nb: null\nc:\nd: \"null\"\ne: '~'\nf: \"\"\n");
  for (const char* key : {"a", "b", "c"}) CHECK(tree.find(key)->kind == node_kind::null);
  for (const char* key : {"d", "e", "f"}) CHECK(tree.find(key)->kind == node_kind::scalar);
}

TEST_CASE("YAML refuses what a configuration needs not, with the line") {
  CHECK(refusal("a: 1\nb: &x 2\n") == "a.yaml:2: anchors are not allowed");
  CHECK(refusal("a: &x 1\nb: *x\n") == "a.yaml:1: anchors are not allowed");
  CHECK(refusal("a: *x\n").find("a.yaml:1: ") == 0);
  CHECK(refusal("a: !!str 1\n") == "a.yaml:1: tags are not allowed");
  CHECK(refusal("a: ! 1\n") == "a.yaml:1: tags are not allowed");
  CHECK(refusal("a: !x [1]\n") == "a.yaml:1: tags are not allowed");
  CHECK(refusal("!!map {a: 1}\n") == "a.yaml:1: tags are not allowed");
  CHECK(refusal("a: 1\nb: 2\na: 3\n") == "a.yaml:3: the key \"a\" stands here twice");
  CHECK(refusal("a: {b: 1, b: 2}\n") == "a.yaml:1: the key \"b\" stands here twice");
  CHECK(refusal("? [a]\n: 1\n") == "a.yaml:1: a key must be text; is a bracket not closed?");
  CHECK(refusal("? {a: 1}\n: 1\n") == "a.yaml:1: a key must be text; is a bracket not closed?");
  CHECK(refusal("~: 1\n").find("a key must be text; is a bracket not closed?") != std::string::npos);
  CHECK(refusal("a: 1\n---\nb: 2\n") == "a.yaml: more than one document");
  CHECK(refusal("a: 1\n...\n---\n").find("a.yaml") == 0);
  CHECK(refusal("") == "a.yaml: the document is empty");
  CHECK(refusal("# only a comment\n") == "a.yaml: the document is empty");
  CHECK(refusal("a: [1, 2\n").find("not valid YAML") != std::string::npos);
  CHECK(refusal("a: 'unclosed\nb: 2\n").find("not valid YAML") != std::string::npos);
  CHECK(refusal("a: {b: 1\n") == "a.yaml:1: not valid YAML: end of map flow not found");
  CHECK(refusal("a: b: c\n").find("a.yaml:1: not valid YAML") == 0);
  CHECK(refusal("a: \"unclosed\n").find("not valid YAML") != std::string::npos);
}

TEST_CASE("YAML is UTF-8 without control characters") {
  CHECK(yaml("a: \"Zürich\"\n").find("a")->text == "Zürich");
  CHECK(yaml("\xef\xbb\xbf"
             "a: 1\n")
            .find("a")
            ->text == "1");
  CHECK(refusal("a: \xff\n") == "a.yaml: not valid UTF-8");
  CHECK(refusal("a: \xc0\xaf\n") == "a.yaml: not valid UTF-8");
  CHECK(refusal(std::string_view("a\0:\0 \0b\0", 8)) == "a.yaml: control characters are not allowed");
  CHECK(refusal("a: \x1b[31m\n") == "a.yaml: control characters are not allowed");
}

TEST_CASE("a document's size, depth and keys are bounded") {
  const std::string fits = "a: " + std::string(document_bytes_max - 4, 'x') + "\n";
  CHECK(refusal(fits).empty());
  CHECK(refusal(fits + "\n") == "a.yaml: larger than 64 KiB");

  CHECK(refusal(repeated("[", 16) + repeated("]", 16)).empty());
  CHECK(refusal(repeated("[", 17) + repeated("]", 17)) == "a.yaml:1: deeper than 16 levels");
  CHECK(refusal(repeated("{a: ", 17) + repeated("}", 17)) == "a.yaml:1: deeper than 16 levels");
  CHECK(refusal(repeated("- ", 17) + "x\n") == "a.yaml:1: deeper than 16 levels");

  std::string keys;
  for (int i = 0; i < 1'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  CHECK(refusal(keys).empty());
  CHECK(refusal(keys + "more: 1\n") == "a.yaml:1001: more than 1000 keys in one map");
}

TEST_CASE("bombs of 64 KiB end in a refusal") {
  for (const char* part : {"[", "{", "- ", "? ", "{a: ", "[[]", "!", "&a ", "*a ", "\"", "a:\n "}) {
    const auto size = static_cast<int>(std::string_view(part).size());
    CHECK_FALSE(refusal(repeated(part, 65'536 / size)).empty());
  }
}

TEST_CASE("JSON becomes the same tree, with the same bounds") {
  const auto tree = parse_json(R"({"a": "1", "b": 1, "c": [true, null, 1.50], "d": {}})", "record");
  REQUIRE(tree.has_value());
  CHECK(tree->find("a")->form == scalar_form::quoted);
  CHECK(tree->find("b")->form == scalar_form::literal);
  CHECK(tree->find("b")->text == "1");
  REQUIRE(tree->find("c")->items.size() == 3);
  CHECK(tree->find("c")->items[0].text == "true");
  CHECK(tree->find("c")->items[1].kind == node_kind::null);
  CHECK(tree->find("c")->items[2].text == "1.50");
  CHECK(tree->find("d")->kind == node_kind::map);

  CHECK(json_refusal(R"({"a": 1, "a": 2})") == "record: the key \"a\" stands here twice");
  CHECK(json_refusal(repeated("[", 17) + repeated("]", 17)) == "record: deeper than 16 levels");
  CHECK(json_refusal(repeated("[", 16) + repeated("]", 16)).empty());
  CHECK(json_refusal(repeated("[", 65'536)) == "record: deeper than 16 levels");
  CHECK(json_refusal("\"" + std::string(document_bytes_max, 'x') + "\"") == "record: larger than 64 KiB");
  CHECK(json_refusal("") == "record: not valid JSON at byte 1");
  CHECK(json_refusal(R"({"secret": hunter2})").find("hunter2") == std::string::npos);
  CHECK_FALSE(json_refusal("{} {}").empty());
  CHECK_FALSE(json_refusal("[1,]").empty());
  CHECK_FALSE(json_refusal("// no\n1").empty());
  CHECK_FALSE(json_refusal("\"\xff\"").empty());
}
