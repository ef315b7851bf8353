#include "common/url.hpp"

#include <algorithm>
#include <charconv>

namespace sendcode {
namespace {

bool is_host_character(char c, bool address) noexcept {
  if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.') return true;
  return address ? c == ':' : c == '-' || c == '_';
}

bool is_path_character(char c) noexcept {
  return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '\\';
}

}  // namespace

bool is_loopback(std::string_view host) noexcept {
  if (host == "localhost" || host == "::1") return true;
  const bool digits = std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  return host.starts_with("127.") && digits;
}

std::expected<url, std::string> parse_url(std::string_view text) {
  url out;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
    out.tls = false;
    out.port = 80;
  } else {
    return std::unexpected("must start with https:// (or http:// for a loopback host)");
  }

  const auto end = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, end);
  std::string_view path = text.substr(end);
  if (authority.find('@') != std::string_view::npos) return std::unexpected("must not hold a user name");

  const bool address = authority.starts_with('[');
  std::string_view port;
  if (address) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::unexpected("has an unclosed bracket in its host");
    port = authority.substr(close + 1);
    authority = authority.substr(1, close - 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    port = authority.substr(colon);
    authority = authority.substr(0, colon);
  }
  out.host = authority;
  for (char& c : out.host) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (out.host.empty() || out.host.size() > 253 ||
      !std::ranges::all_of(out.host, [&](char c) { return is_host_character(c, address); })) {
    return std::unexpected("must name a host");
  }
  if (!port.empty()) {
    const auto* last = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, last, out.port);
    if (port.front() != ':' || error != std::errc{} || stop != last || out.port == 0) {
      return std::unexpected("must have a port between 1 and 65535");
    }
  }
  if (!out.tls && !is_loopback(out.host)) return std::unexpected("must be https, unless the host is loopback");

  if (!std::ranges::all_of(path, is_path_character)) return std::unexpected("must not hold a query or a fragment");
  while (path.ends_with('/')) path.remove_suffix(1);
  out.path = path;
  return out;
}

std::string to_text(const url& from, url_port port) {
  std::string out = from.tls ? "https://" : "http://";
  const bool address = from.host.find(':') != std::string::npos;
  out += address ? '[' + from.host + ']' : from.host;
  const bool own_port = from.port == (from.tls ? 443 : 80);
  if (port == url_port::always || (port == url_port::where_needed && !own_port)) out += ':' + std::to_string(from.port);
  return out + from.path;
}

}  // namespace sendcode
