#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "worker/adapters/kafka/record_reader.hpp"

namespace sendcode::app {

// What `send --wait` waits for: an outcome of each request and, with `receipts`, for each text that Twilio took the
// receipt that says how it ended (delivered, undelivered, failed, canceled). Statuses may come twice and in any order.
class awaited_statuses {
 public:
  awaited_statuses(const std::vector<std::string>& request_ids, bool receipts);

  // Whether it is to be shown: the first outcome of a request that is waited for, or a receipt of its text.
  bool take(const kafka::read_record& status);

  bool complete() const { return open_ == 0; }
  std::size_t without_outcome() const;
  std::size_t without_receipt() const { return open_ - without_outcome(); }
  std::size_t requests() const { return requests_.size(); }
  // Every request was sent, and no receipt says that its text was not delivered.
  bool all_well() const { return well_; }
  // "3 sent, 1 rejected"
  std::string summary() const;

 private:
  struct request {
    bool ended = false;            // its outcome came
    bool wants_receipt = false;    // its text is Twilio's
    bool receipt_is_last = false;  // a receipt said how it ended
    bool open = true;
  };
  bool take_outcome(request& of, const kafka::read_record& status);
  bool take_receipt(request& of, const kafka::read_record& status);

  bool receipts_;
  bool well_ = true;
  std::size_t open_ = 0;
  std::map<std::string, request, std::less<>> requests_;
  std::map<std::string, std::size_t> counts_;  // by the outcomes' status
};

}  // namespace sendcode::app
