#pragma once

#include <cstdint>
#include <string_view>

namespace sendcode::senders {

// Reads JSON in place, member by member: nothing is copied, so what a sender's answer repeats of a text leaves no trace
// beside the answer's own buffer, which is wiped. After the first malformed byte every call says false.
class json_cursor {
 public:
  explicit json_cursor(std::string_view text) : rest_(text) {}

  // Calls `member(name)` for each member of an object; it takes the value by one of the calls below and returns what
  // they return.
  template <typename Member>
  bool object(Member member) {
    return each('{', '}', [&] {
      std::string_view name;
      return text(name) && literal(':') && member(name);
    });
  }
  template <typename Element>
  bool array(Element element) {
    return each('[', ']', element);
  }
  // A string's bytes between the quotes; empty if it holds an escape: no field that we read ever does.
  bool text(std::string_view& out);
  // A number, or a number in quotes; `out` stays as it is for null and for what is no whole number.
  bool integer(std::uint32_t& out);
  bool skip();  // any value
  bool at_end();

 private:
  static constexpr int depth_max = 16;

  template <typename Element>
  bool each(char open, char close, Element element) {
    if (!literal(open) || ++depth_ > depth_max) return fail();
    bool first = true;
    while (!literal(close)) {
      if (!first && !literal(',')) return fail();
      first = false;
      if (!element()) return fail();
    }
    --depth_;
    return !failed_;
  }
  bool literal(char expected);
  bool word(std::string_view expected);
  bool number(std::string_view& out);
  char peek();
  bool fail();

  std::string_view rest_;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace sendcode::senders
