#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace sendcode {

// An absolute URL without user, query and fragment, as worker.yaml bears them.
struct url {
  bool tls = true;
  std::string host;  // lower case; an IPv6 address without its brackets
  std::uint16_t port = 443;
  std::string path;  // empty, or with a leading and without a trailing slash

  bool operator==(const url&) const = default;
};

// localhost, 127.0.0.0/8 or ::1.
bool is_loopback(std::string_view host) noexcept;

// Scheme https, or http where the host is loopback. The error is a sentence for whoever wrote the URL, and does not
// repeat it.
std::expected<url, std::string> parse_url(std::string_view text);

enum class url_port : std::uint8_t { where_needed, always, never };

// As text again. `where_needed`: the port stands there unless it is the scheme's own.
std::string to_text(const url& from, url_port port = url_port::where_needed);

}  // namespace sendcode
