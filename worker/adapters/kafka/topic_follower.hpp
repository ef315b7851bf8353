#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "worker/adapters/kafka/occasional.hpp"
#include "worker/adapters/kafka/record_reader.hpp"
#include "worker/ports/document_log.hpp"

namespace sendcode::kafka {

// A compacted topic, read from its beginning and followed without a group, by a thread of its own: finding the topic
// and its end takes librdkafka's waiting calls. While Kafka doesn't answer, or the topic is missing, nothing comes;
// that is said once and at growing intervals, and tried again for ever.
class topic_follower final : public ports::document_log {
 public:
  topic_follower(property_map properties, std::string topic);
  ~topic_follower() override;  // waits for the thread: some seconds at most, if Kafka is out of reach
  topic_follower(const topic_follower&) = delete;
  topic_follower& operator=(const topic_follower&) = delete;

  void poll(sink& to) override;

 private:
  struct handed_over {
    enum class kind : std::uint8_t { begin, record, whole };
    kind what = kind::record;
    std::optional<std::string> key{};
    std::optional<std::string> value{};
    std::int32_t partition = 0;
    std::int64_t offset = 0;
  };

  void run();
  // Returns when reading has to start over, or must end.
  void follow(record_reader& reader);
  bool hand_over(handed_over item);  // false: stop reading, for nobody has taken the last ones yet
  void wait_for_room();
  void wait(std::chrono::milliseconds at_most);
  bool is_stopping();
  void complain(const std::string& why);
  void recovered();

  const property_map properties_;
  const std::string topic_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<handed_over> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool stopping_ = false;

  // The thread's own.
  occasional complaints_;
  bool failing_ = false;
  std::thread thread_;
};

}  // namespace sendcode::kafka
