#pragma once

#include <string_view>

namespace sendcode::domain {

// A header of a record. The views live as long as the record.
struct record_header {
  std::string_view name;
  std::string_view value;
};

}  // namespace sendcode::domain
