#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace sendcode::bench {

// What the settings that bench/bench_world.py writes say, and every event of the load bears.
constexpr std::uint64_t environments = 16;
constexpr const char* application = "app_web";

// One send-code event as a sign-in page's backend produces it: binary CloudEvent, about 360 bytes of data.
struct event {
  std::string phone;  // also the record's key
  std::string value;
  std::array<std::pair<const char*, std::string>, 7> headers;
};

// Numbers 0 to 39,999,999 give as many phones, all Australian mobiles. Each has its own user and challenge; 40 events
// in a row share a client address, as people behind one carrier's gateway do. `run` tells the runs of one bench apart:
// events' and challenges' identifiers begin with it.
event make_event(const std::string& run, std::uint64_t number);
std::string phone_of(std::uint64_t number);
std::string environment_of(std::uint64_t number);

}  // namespace sendcode::bench
