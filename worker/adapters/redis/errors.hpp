#pragma once

#include <string>
#include <string_view>

namespace sendcode::redis {

// What Redis' error means for whoever runs it; where it is a matter of set-up, what to change.
std::string explain(std::string_view error);

// An outage by its code, which passes by itself; else the set-up is wrong, or we do not understand.
bool is_passing(std::string_view error) noexcept;

// It was a master when it was connected: another is by now.
bool tells_of_a_replica(std::string_view error) noexcept;

}  // namespace sendcode::redis
