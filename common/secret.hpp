#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sendcode {

// Overwrites the bytes in a way that the optimiser keeps.
void wipe(void* data, std::size_t size) noexcept;
void wipe(std::string& text) noexcept;  // the whole capacity; leaves it empty

// Wipes a text when it goes, whichever way that is.
class wiped_at_end {
 public:
  explicit wiped_at_end(std::string& text) noexcept : text_(text) {}
  wiped_at_end(const wiped_at_end&) = delete;
  wiped_at_end& operator=(const wiped_at_end&) = delete;
  ~wiped_at_end() { wipe(text_); }

 private:
  std::string& text_;
};

// Bytes that must not be shown: no operator<<, no formatter, wiped when they go. Movable, not copyable: share one by
// secret_ptr.
class secret {
 public:
  secret() = default;
  explicit secret(std::string bytes) : bytes_(std::move(bytes)) { wipe(bytes); }  // a move copies a short string
  secret(secret&& other) noexcept;
  secret& operator=(secret&& other) noexcept;
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret() { wipe(bytes_); }

  // The only way to the bytes; grep for it to see who reads secrets.
  std::string_view expose() const noexcept { return bytes_; }
  bool empty() const noexcept { return bytes_.empty(); }

 private:
  std::string bytes_;
};

using secret_ptr = std::shared_ptr<const secret>;

}  // namespace sendcode
