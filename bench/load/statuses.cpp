#include <stdexcept>
#include <string>
#include <unordered_set>

#include "bench/load/commands.hpp"
#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::bench {
namespace {

constexpr std::chrono::seconds open_max{20};
constexpr std::chrono::seconds read_max{60};

}  // namespace

nlohmann::json count_statuses(const status_options& options) {
  auto reader = kafka::record_reader::open({{"bootstrap.servers", options.bootstrap}}, options.topic,
                                           {kafka::read_from::kind::beginning, {}}, open_max);
  if (!reader) throw std::runtime_error(reader.error());
  std::unordered_set<std::string> seen;
  std::uint64_t repeated = 0;
  std::uint64_t possible_duplicates = 0;
  nlohmann::json by_outcome = nlohmann::json::object();
  const std::string ours = options.run + "-";
  const auto take = [&](const kafka::read_record& record) {
    if (!record.key || !record.key->starts_with(ours) || !record.value) return true;
    std::string id;
    for (const auto& header : record.headers) {
      if (header.name == "ce_id") id = header.value;
    }
    if (!seen.insert(id).second) {
      ++repeated;
      return true;
    }
    const auto status = nlohmann::json::parse(*record.value);
    auto name = status.at("status").get<std::string>();
    if (const auto reason = status.find("reason"); reason != status.end()) name += " " + reason->get<std::string>();
    by_outcome[name] = by_outcome.value(name, 0) + 1;
    if (status.value("possible_duplicate", false)) ++possible_duplicates;
    return true;
  };
  const auto read = reader->read(take, read_max, true);
  if (!read) throw std::runtime_error(read.error());
  if (*read != kafka::read_result::at_end) throw std::runtime_error("the statuses were not read within a minute");
  return {{"events", seen.size()},
          {"repeated", repeated},
          {"possible_duplicates", possible_duplicates},
          {"outcomes", by_outcome}};
}

}  // namespace sendcode::bench
