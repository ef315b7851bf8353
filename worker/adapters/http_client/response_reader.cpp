#include "worker/adapters/http_client/response_reader.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>

#include "common/secret.hpp"
#include "worker/ports/https_client.hpp"

namespace sendcode::http_client {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::uint32_t header_bytes_max = 16 * 1024;
constexpr int interim_responses_max = 8;

// Beast's parser without a container of fields: one response costs one allocation, its body's.
class lean_parser final : public http::basic_parser<false> {
 public:
  lean_parser() {
    eager(true);
    header_limit(header_bytes_max);
    body_limit(ports::response_body_max);
  }
  ~lean_parser() override { wipe(body); }
  lean_parser(const lean_parser&) = delete;
  lean_parser& operator=(const lean_parser&) = delete;

  unsigned status = 0;
  bool header_came = false;
  std::string retry_after;
  std::string body;

 private:
  // Grows by moving into new memory and wiping the old: the body may repeat a code.
  void append(string_view bytes) {
    if (body.size() + bytes.size() > body.capacity()) {
      std::string larger;
      larger.reserve(std::max(body.capacity() * 2, body.size() + bytes.size()));
      larger.append(body);
      wipe(body);
      body = std::move(larger);
    }
    body.append(bytes.data(), bytes.size());
  }

  void on_request_impl(http::verb, string_view, string_view, int, error_code&) override {}
  void on_response_impl(int code, string_view, int, error_code&) override { status = static_cast<unsigned>(code); }
  void on_field_impl(http::field name, string_view name_text, string_view value, error_code&) override {
    if (header_came) return;  // a trailer
    // Kinde's servers say when to come back by RateLimit-Reset, in seconds too.
    const bool says_when = name == http::field::retry_after ||
                           (retry_after.empty() && boost::beast::iequals(name_text, "RateLimit-Reset"));
    if (says_when) retry_after.assign(value.data(), value.size());
  }
  void on_header_impl(error_code&) override { header_came = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) body.reserve(static_cast<std::size_t>(*length));  // body_limit was checked before
  }
  std::size_t on_body_impl(string_view bytes, error_code&) override {
    append(bytes);
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code&) override {
    append(bytes);
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
};

bool is_interim(unsigned status) {
  return status >= 100 && status < 200 && status != 101;
}

}  // namespace

class response_reader::parser {
 public:
  std::optional<lean_parser> current{std::in_place};
  int interim = 0;
};

response_reader::response_reader() : parser_(std::make_unique<parser>()) {}
response_reader::~response_reader() = default;

response_reader::state response_reader::feed(std::string_view bytes, std::size_t& used) {
  used = 0;
  while (used < bytes.size()) {
    error_code error;
    const auto rest = bytes.substr(used);
    used += parser_->current->put(boost::asio::buffer(rest.data(), rest.size()), error);
    if (error == http::error::body_limit) return state::too_large;
    if (error && error != http::error::need_more) return state::malformed;
    if (parser_->current->is_done()) {
      if (!is_interim(parser_->current->status)) return state::done;
      if (++parser_->interim > interim_responses_max) return state::malformed;
      parser_->current.emplace();
      continue;
    }
    return state::needs_more;
  }
  return state::needs_more;
}

response_reader::state response_reader::end_of_stream() {
  if (!parser_->current->is_header_done()) return state::malformed;
  error_code error;
  parser_->current->put_eof(error);
  return !error && parser_->current->is_done() ? state::done : state::malformed;
}

bool response_reader::has_header() const noexcept {
  return parser_->current->header_came && !is_interim(parser_->current->status);
}
bool response_reader::keeps_alive() const {
  return parser_->current->keep_alive();
}
unsigned response_reader::status() const noexcept {
  return parser_->current->status;
}
std::string response_reader::take_retry_after() {
  return std::move(parser_->current->retry_after);
}
std::string response_reader::take_body() {
  return std::move(parser_->current->body);
}

}  // namespace sendcode::http_client
