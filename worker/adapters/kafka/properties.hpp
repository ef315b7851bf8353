#pragma once

#include <map>
#include <string>
#include <vector>

namespace sendcode::kafka {

// librdkafka's properties by name, as `kafka.properties` in worker.yaml gives them; secrets already resolved.
using property_map = std::map<std::string, std::string>;

struct property_error {
  std::string name;    // the property, or empty if it is about several
  std::string reason;  // librdkafka's own words, or why the property is ours to set. Never a secret's value
};

// Everything that is wrong with the properties, all at once: names that librdkafka doesn't know, values out of range,
// those that sendcode itself must set, and combinations (session.timeout.ms above max.poll.interval.ms, a CA file that
// cannot be read). Connects to nothing.
std::vector<property_error> check_properties(const property_map& properties, const std::string& group);

}  // namespace sendcode::kafka
