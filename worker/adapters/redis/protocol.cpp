#include "worker/adapters/redis/protocol.hpp"

#include <hiredis/hiredis.h>

#include <charconv>
#include <new>
#include <utility>

#include "common/secret.hpp"
#include "worker/adapters/redis/little_endian.hpp"

namespace sendcode::redis {
namespace {

// Where hiredis wants the next object: the root, or the place in its parent that is to be filled. Parents reserve
// before children come, so that addresses hold.
redis_reply* place(const redisReadTask* task) {
  if (task->parent == nullptr) {
    auto* root = static_cast<redis_reply*>(task->privdata);
    *root = redis_reply{};
    return root;
  }
  return &static_cast<redis_reply*>(task->parent->obj)->elements.emplace_back();
}

void* create_string(const redisReadTask* task, char* text, std::size_t size) {
  redis_reply* reply = place(task);
  reply->type = task->type == REDIS_REPLY_ERROR    ? redis_reply::kind::error
                : task->type == REDIS_REPLY_STATUS ? redis_reply::kind::status
                                                   : redis_reply::kind::text;
  reply->text.assign(text, size);
  return reply;
}

void* create_array_of(const redisReadTask* task, std::size_t elements) {
  if (elements > reply_elements_max) return nullptr;
  redis_reply* reply = place(task);
  reply->type = redis_reply::kind::array;
  reply->elements.reserve(elements);
  return reply;
}
// hiredis counts elements in int before 1.0 and in size_t since: the function's type picks the right one.
[[maybe_unused]] void* create_array(const redisReadTask* task, int elements) {
  return elements < 0 ? nullptr : create_array_of(task, static_cast<std::size_t>(elements));
}
[[maybe_unused]] void* create_array(const redisReadTask* task, std::size_t elements) {
  return create_array_of(task, elements);
}

void* create_integer(const redisReadTask* task, long long value) {
  redis_reply* reply = place(task);
  reply->type = redis_reply::kind::integer;
  reply->integer = value;
  return reply;
}

void* create_nil(const redisReadTask* task) {
  return place(task);
}

void free_object(void*) {}  // the root is the reader's, and its elements its own

redisReplyObjectFunctions* object_functions() {
  static redisReplyObjectFunctions functions = [] {
    redisReplyObjectFunctions made{};
    made.createString = create_string;
    made.createArray = create_array;
    made.createInteger = create_integer;
    made.createNil = create_nil;
    made.freeObject = free_object;
    return made;
  }();
  return &functions;
}

void append_size(std::string& out, char kind, std::size_t size) {
  char line[24] = {kind};
  auto* end = std::to_chars(line + 1, line + sizeof line - 2, size).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line, end);
}

}  // namespace

void redis_command::clear() noexcept {
  bytes_.clear();
  arguments_.clear();
}

void redis_command::wipe() noexcept {
  sendcode::wipe(bytes_);
  arguments_.clear();
}

redis_command& redis_command::add(std::string_view argument) {
  return begin().append(argument).end();
}
redis_command& redis_command::add(std::int64_t number) {
  return begin().append(number).end();
}

redis_command& redis_command::begin() noexcept {
  begun_ = bytes_.size();
  return *this;
}

redis_command& redis_command::append(std::string_view piece) {
  bytes_ += piece;
  return *this;
}

redis_command& redis_command::append(std::int64_t number) {
  char digits[24];
  const auto [end, failure] = std::to_chars(digits, digits + sizeof digits, number);
  bytes_.append(digits, end);
  return *this;
}

redis_command& redis_command::append_bytes(std::uint64_t number, std::size_t size) {
  append_little_endian(bytes_, number, size);
  return *this;
}

redis_command& redis_command::end() {
  arguments_.push_back({begun_, bytes_.size() - begun_});
  return *this;
}

void redis_command::replace(std::size_t index, std::int64_t number) {
  begin().append(number);
  arguments_[index] = {begun_, bytes_.size() - begun_};
}

std::string_view redis_command::argument(std::size_t index) const noexcept {
  return std::string_view(bytes_).substr(arguments_[index].from, arguments_[index].size);
}

void redis_command::encode_onto(std::string& out) const {
  append_size(out, '*', arguments_.size());
  for (const range& each : arguments_) {
    append_size(out, '$', each.size);
    out.append(bytes_, each.from, each.size).append("\r\n");
  }
}

void reply_reader::closer::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

reply_reader::reply_reader()
    : root_(std::make_unique<redis_reply>()), reader_(redisReaderCreateWithFunctions(object_functions())) {
  if (!reader_) throw std::bad_alloc();
  reader_->privdata = root_.get();
}

bool reply_reader::feed(std::string_view bytes) {
  if (reader_->len - reader_->pos + bytes.size() > reply_bytes_max) return false;
  return redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) == REDIS_OK;
}

std::expected<std::optional<redis_reply>, std::string> reply_reader::next() {
  void* whole = nullptr;
  if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) return std::unexpected(std::string(reader_->errstr));
  if (whole == nullptr) return std::nullopt;
  return std::exchange(*root_, redis_reply{});
}

}  // namespace sendcode::redis
