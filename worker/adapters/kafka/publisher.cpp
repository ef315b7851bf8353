#include "worker/adapters/kafka/publisher.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/logging.hpp"
#include "worker/adapters/kafka/client_conf.hpp"

namespace sendcode::kafka {
namespace {

constexpr std::chrono::milliseconds retry_interval_min{100};
constexpr std::chrono::milliseconds retry_interval_max{5'000};

// Statuses of checks and receipts have no event whose number bounds them: in a long outage the oldest go.
constexpr std::size_t kept_without_event_max = 10'000;

// True: it is another record now, that the log may have room for.
bool make_smaller(ports::outgoing_record& record) {
  const auto smaller = std::exchange(record.if_too_large, nullptr);
  if (smaller) record = *smaller;
  return smaller != nullptr;
}

headers_ptr make_headers(const ports::outgoing_record& record) {
  headers_ptr headers(rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  return headers;
}

}  // namespace

publisher::publisher(link_state& link, hooks wired)
    : link_(link), wired_(std::move(wired)), retry_interval_(retry_interval_min) {}

publisher::~publisher() {
  if (!client_) return;
  // What is still queued comes back as failed reports, which is how its memory comes back.
  closing_ = true;
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_flush(client_.get(), 1'000);
}

std::expected<void, std::string> publisher::open(conf_ptr conf, const std::string& status_topic,
                                                 const std::string& dead_letter_topic) {
  rd_kafka_conf_set_opaque(conf.get(), this);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &on_delivery);
  rd_kafka_conf_set_error_cb(conf.get(), &on_error);
  auto client = make_client(RD_KAFKA_PRODUCER, std::move(conf));
  if (!client) return std::unexpected(client.error());
  client_ = std::move(*client);
  statuses_.reset(rd_kafka_topic_new(client_.get(), status_topic.c_str(), nullptr));
  dead_letters_.reset(rd_kafka_topic_new(client_.get(), dead_letter_topic.c_str(), nullptr));
  if (!statuses_ || !dead_letters_) return std::unexpected(std::string("a topic's name is not allowed by librdkafka"));
  return {};
}

rd_kafka_topic_t* publisher::topic_of(const ports::outgoing_record& record) const {
  return record.topic == ports::topic::dead_letter ? dead_letters_.get() : statuses_.get();
}

rd_kafka_resp_err_t publisher::produce(std::unique_ptr<outgoing>& record) {
  const auto& out = record->record;
  auto headers = make_headers(out);
  // Without F_COPY and F_FREE the value stays ours; librdkafka copies the key. Without F_BLOCK a full queue is an
  // answer.
  std::array<rd_kafka_vu_t, 6> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_RKT;
  fields[0].u.rkt = topic_of(out);
  fields[1].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[1].u.i = 0;
  fields[2].vtype = RD_KAFKA_VTYPE_KEY;
  if (out.key) fields[2].u.mem = {bytes_of(*out.key), out.key->size()};
  fields[3].vtype = RD_KAFKA_VTYPE_VALUE;
  if (!out.null_value) fields[3].u.mem = {bytes_of(out.value), out.value.size()};
  fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[4].u.headers = headers.get();
  fields[5].vtype = RD_KAFKA_VTYPE_OPAQUE;
  fields[5].u.ptr = record.get();
  const error_ptr failed(rd_kafka_produceva(client_.get(), fields.data(), fields.size()));
  if (failed) return rd_kafka_error_code(failed.get());
  (void)headers.release();
  (void)record.release();  // until on_delivery
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

void publisher::publish(std::unique_ptr<outgoing> record) {
  const auto error = produce(record);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) wired_.refused(std::move(record), error);
}

void publisher::keep(std::unique_ptr<outgoing> record, rd_kafka_resp_err_t why) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (why == RD_KAFKA_RESP_ERR__FATAL) {
    link_.complain(client_.get(), why, {});
  } else if (why == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && make_smaller(record->record)) {
    log::warn("a record is too large for its topic: it goes out without what it copied. Raise max.message.bytes there",
              {{"topic", rd_kafka_topic_name(topic_of(record->record))}});
  } else if (said_[why].is_due(std::chrono::steady_clock::now())) {
    log::warn("a record could not be published: it is produced again, and intake waits meanwhile",
              {{"error", rd_kafka_err2name(why)}, {"text", rd_kafka_err2str(why)}});
  }
  if (kept_.empty()) retry_at_ = std::chrono::steady_clock::now() + retry_interval_;
  kept_without_event_ += record->completes ? 0U : 1U;
  kept_.push_back(std::move(record));
  if (kept_without_event_ <= kept_without_event_max) return;
  const auto oldest = std::ranges::find_if(kept_, [](const auto& each) { return !each->completes; });
  kept_.erase(oldest);
  --kept_without_event_;
  abandoned_.fetch_add(1, std::memory_order_relaxed);
}

void publisher::tick(time now) {
  if (kept_.empty() || now < retry_at_) return;
  retry_interval_ = std::min(retry_interval_ * 2, retry_interval_max);
  retry_at_ = now + retry_interval_;
  while (!kept_.empty()) {
    const bool has_event = kept_.front()->completes.has_value();
    kept_.front()->again = true;
    if (produce(kept_.front()) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    ++again_in_flight_;
    kept_without_event_ -= has_event ? 0U : 1U;
    kept_.pop_front();
  }
}

void publisher::poll() {
  rd_kafka_poll(client_.get(), 0);
}

bool publisher::flush(time deadline) {
  constexpr int slice_ms = 20;
  for (;;) {
    const auto now = std::chrono::steady_clock::now();
    if (rd_kafka_outq_len(client_.get()) == 0 && kept_.empty()) return true;
    if (now >= deadline) return false;
    tick(now);
    rd_kafka_flush(client_.get(), slice_ms);
  }
}

void publisher::delivered(const rd_kafka_message_t& message) {
  std::unique_ptr<outgoing> record(static_cast<outgoing*>(message._private));
  if (closing_) return;
  again_in_flight_ -= record->again ? 1U : 0U;
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    keep(std::move(record), message.err);
    return;
  }
  retry_interval_ = retry_interval_min;
  retry_at_ = {};  // there is room again
  if (!said_.empty()) said_.clear();
  link_.alive();
  if (record->completes) wired_.completed(*record->completes);
  if (record->record.acknowledged) record->record.acknowledged();
}

void publisher::on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  static_cast<publisher*>(self)->delivered(*message);
}

void publisher::on_error(rd_kafka_t* client, int error, const char* text, void* self) {
  static_cast<publisher*>(self)->link_.complain(client, static_cast<rd_kafka_resp_err_t>(error), text);
}

}  // namespace sendcode::kafka
