#pragma once

#include <cstddef>

#include "worker/domain/settings.hpp"

namespace sendcode::adapters {

// Where the environments' settings come from. One thread.
class settings_source {
 public:
  virtual ~settings_source() = default;

  // What is in force now, or null if nothing changed since the last call: meant for once a second, and never waits.
  // Each problem is a log line, once. A document that does not validate leaves its last good one in force (none yet:
  // the environment is `broken`); a secret that cannot be read is null in the snapshot. Null, too, until everything
  // that stands there was read once, so every snapshot is current; and what is in force stays while the source cannot
  // be read.
  virtual domain::settings_ptr poll() = 0;
};

// More are not taken, and the log says so.
constexpr std::size_t documents_max = 10'000;

}  // namespace sendcode::adapters
