#pragma once

#include <atomic>
#include <cstdint>

#include "worker/domain/offset_tracker.hpp"
#include "worker/ports/event_stream.hpp"

namespace sendcode::ports {

// One assignment of one partition to this worker. A partition that comes back is a new object, so a late completion of
// an earlier one moves nothing.
struct assignment {
  std::atomic<bool> revoked = false;  // written by the intake thread, read by the shards
  // Held events of records with a lower number are to end; 0: none. Written and read by the same.
  std::atomic<std::uint64_t> room_before = 0;
  domain::offset_tracker offsets;  // the intake thread's alone
};

}  // namespace sendcode::ports
