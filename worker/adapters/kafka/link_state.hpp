#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "worker/adapters/kafka/handles.hpp"
#include "worker/adapters/kafka/occasional.hpp"

namespace sendcode::kafka {

// Whether Kafka answers, and what it complains of, said in sentences that name what to change: once, and then at
// growing intervals. One thread.
class link_state {
 public:
  link_state(std::function<void(std::string)> on_fatal, std::function<void(bool)> on_up)
      : on_fatal_(std::move(on_fatal)), on_up_(std::move(on_up)) {}

  // Any of librdkafka's errors, from a callback or a polled message.
  void complain(rd_kafka_t* client, rd_kafka_resp_err_t error, std::string_view text);
  // Kafka answered something.
  void alive();
  bool is_down() const { return down_; }

 private:
  void fatal(rd_kafka_t* client);

  std::function<void(std::string)> on_fatal_;
  std::function<void(bool)> on_up_;
  std::map<rd_kafka_resp_err_t, occasional> said_;
  bool down_ = false;
  bool known_ = false;  // on_up has been told anything
  bool fatal_ = false;
  bool explained_ = false;  // why no broker can be reached
};

}  // namespace sendcode::kafka
