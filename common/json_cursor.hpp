#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sendcode {

// Reads JSON (RFC 8259) in place, member by member. Nothing is copied but what the caller asks for, so that what a
// document bears beside that (a text with its code) leaves no trace outside the document's own buffer, which the caller
// wipes. After the first malformed byte every call says false.
//
// Whether the bytes are UTF-8 is the caller's to check.
class json_cursor {
 public:
  explicit json_cursor(std::string_view text) : rest_(text) {}

  // Calls `member(name)` for each member of an object; it takes the value by one of the calls below and returns what
  // they return. The name is valid until the value is taken.
  template <typename Member>
  bool object(Member member) {
    return each('{', '}', [&] {
      std::string_view name;
      std::string unescaped;
      return member_name(name, unescaped) && literal(':') && member(name);
    });
  }
  template <typename Element>
  bool array(Element element) {
    return each('[', ']', element);
  }
  // A string's bytes as they stand between the quotes; empty if it holds an escape.
  bool plain_text(std::string_view& out);
  bool text(std::string& out);  // unescaped
  // A number, or a number in quotes; `out` stays as it is for null and for what is no whole number.
  bool integer(std::uint32_t& out);
  bool truth(bool& out);  // true or false
  bool skip();            // any value
  bool at_end();          // nothing but white space is left
  bool at_text();         // a string is next

 private:
  static constexpr int depth_max = 16;

  template <typename Element>
  bool each(char open, char close, Element element) {
    if (!literal(open) || ++depth_ > depth_max) return fail();
    if (!literal(close)) {
      do {
        if (!element()) return fail();
      } while (literal(','));
      if (!literal(close)) return fail();
    }
    --depth_;
    return true;
  }
  bool literal(char expected);
  bool word(std::string_view expected);
  bool number(std::string_view& out);
  bool raw_text(std::string_view& out, bool& escaped);
  bool member_name(std::string_view& out, std::string& unescaped);
  char peek();
  bool fail();

  std::string_view rest_;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace sendcode
