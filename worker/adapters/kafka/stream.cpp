#include "worker/adapters/kafka/stream.hpp"

#include <utility>

#include "worker/adapters/kafka/intake.hpp"

namespace sendcode::ports {

bool is_revoked(const assignment& held_by) noexcept {
  return held_by.revoked.load(std::memory_order_acquire);
}

bool must_make_room(const record_position& position) noexcept {
  return position.sequence < position.held_by->room_before.load(std::memory_order_acquire);
}

}  // namespace sendcode::ports

namespace sendcode::kafka {

kafka_stream::kafka_stream(std::unique_ptr<intake> made) : intake_(std::move(made)) {}
kafka_stream::~kafka_stream() = default;

std::expected<std::unique_ptr<kafka_stream>, std::string> kafka_stream::open(stream_options options,
                                                                             stream_hooks hooks) {
  auto made = std::make_unique<intake>(std::move(options), std::move(hooks));
  if (auto opened = made->open(); !opened) return std::unexpected(opened.error());
  return std::unique_ptr<kafka_stream>(new kafka_stream(std::move(made)));
}

void kafka_stream::start(std::vector<ports::record_sink*> shards) {
  intake_->start(std::move(shards));
}

void kafka_stream::publish(ports::outgoing_record record, std::optional<ports::record_position> completes) {
  intake_->publish(std::make_unique<publisher::outgoing>(publisher::outgoing{std::move(record), std::move(completes)}));
}

void kafka_stream::drop(ports::record_position position) {
  intake_->drop(std::move(position));
}
void kafka_stream::stop_intake() {
  intake_->stop_intake();
}
void kafka_stream::finish(std::chrono::steady_clock::time_point patience_end, std::function<void(bool)> done) {
  intake_->finish(patience_end, std::move(done));
}
stream_counts kafka_stream::counts() const {
  return intake_->counts();
}

}  // namespace sendcode::kafka
