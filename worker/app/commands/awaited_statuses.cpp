#include "worker/app/commands/awaited_statuses.hpp"

#include <algorithm>

#include "common/redaction.hpp"
#include "worker/app/commands/status_lines.hpp"

namespace sendcode::app {

awaited_statuses::awaited_statuses(const std::vector<std::string>& request_ids, bool receipts) : receipts_(receipts) {
  for (const auto& id : request_ids) requests_.try_emplace(id);
  open_ = requests_.size();
}

bool awaited_statuses::take(const kafka::read_record& status) {
  const auto found = requests_.find(status_member(status, "request_id"));
  if (found == requests_.end()) return false;
  auto& of = found->second;
  const auto kind = status_member(status, "kind");
  const bool shown = kind == "outcome"   ? take_outcome(of, status)
                     : kind == "receipt" ? take_receipt(of, status)
                                         : false;
  if (of.open && of.ended && (!of.wants_receipt || of.receipt_is_last)) {
    of.open = false;
    --open_;
  }
  return shown;
}

bool awaited_statuses::take_outcome(request& of, const kafka::read_record& status) {
  if (of.ended) return false;
  const auto word = status_member(status, "status");
  of.ended = true;
  of.wants_receipt = receipts_ && word == "sent" && status_member(status, "sender") == "twilio";
  well_ = well_ && word == "sent";
  ++counts_[shown(word)];
  return true;
}

bool awaited_statuses::take_receipt(request& of, const kafka::read_record& status) {
  if (!receipts_) return false;
  const auto word = status_member(status, "status");
  const bool lost = word == "undelivered" || word == "failed" || word == "canceled";
  if (lost || word == "delivered" || word == "read") of.receipt_is_last = true;
  well_ = well_ && !lost;
  return true;
}

std::size_t awaited_statuses::without_outcome() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(requests_, [](const auto& each) { return !each.second.ended; }));
}

std::string awaited_statuses::summary() const {
  std::string out;
  for (const auto& [status, count] : counts_) out += (out.empty() ? "" : ", ") + std::to_string(count) + " " + status;
  return out.empty() ? "no outcome" : out;
}

}  // namespace sendcode::app
