#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sendcode::http_client {

// Reads one HTTP/1.1 response out of bytes as they come, over any interim (1xx) ones. Of the header fields it keeps
// what the port has; of the body at most response_body_max.
class response_reader {
 public:
  enum class state { needs_more, done, too_large, malformed };

  response_reader();
  ~response_reader();
  response_reader(const response_reader&) = delete;
  response_reader& operator=(const response_reader&) = delete;

  // `used`: how many of the bytes were taken; the rest is to be offered again, with more behind it, or lies behind the
  // response.
  state feed(std::string_view bytes, std::size_t& used);
  // The connection was closed in good order: `done` only if that is how this response ends.
  state end_of_stream();

  bool has_header() const noexcept;  // status line and header fields of the final response came whole
  bool keeps_alive() const;          // after `done`
  unsigned status() const noexcept;
  std::string take_retry_after();
  std::string take_body();

 private:
  class parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace sendcode::http_client
