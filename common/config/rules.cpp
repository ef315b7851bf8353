#include "common/config/rules.hpp"

#include <algorithm>
#include <charconv>

#include "common/bytes.hpp"
#include "common/url.hpp"

namespace sendcode::config {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}
bool is_host_character(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

bool is_identifier(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, is_word);
}

bool is_secret_part(std::string_view part) {
  return !part.empty() && part.size() <= 64 && part != "." && part != ".." &&
         std::ranges::all_of(part, [](char c) { return is_word(c) || c == '.'; });
}

bool is_secret_name(std::string_view text) {
  constexpr std::size_t name_bytes_max = 256;
  constexpr int parts_max = 9;
  if (text.size() > name_bytes_max) return false;
  for (int parts = 1; parts <= parts_max; ++parts) {
    const auto slash = text.find('/');
    if (!is_secret_part(text.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    text.remove_prefix(slash + 1);
  }
  return false;
}

bool is_any_text(std::string_view text) {
  constexpr std::size_t text_bytes_max = 1'024;
  return text.size() <= text_bytes_max && is_valid_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_e164(std::string_view text) {
  return text.size() >= 8 && text.size() <= 16 && text[0] == '+' && text[1] != '0' &&
         std::ranges::all_of(text.substr(1), is_digit);
}

// ISO 3166-1 alpha-2, officially assigned, in order; and XK, which libphonenumber uses for Kosovo (+383).
constexpr std::string_view countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ "
    "CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO "
    "FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE "
    "JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO "
    "MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW "
    "PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM "
    "TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW ";

bool is_country(std::string_view text) {
  if (text.size() != 2) return false;
  for (std::size_t at = 0; at < countries.size(); at += 3) {
    if (countries.substr(at, 2) == text) return true;
  }
  return false;
}

bool is_https_url(std::string_view text) {
  return parse_url(text).has_value();
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

const text_rule identifier{is_identifier, "1 to 64 letters, digits, _ or -"};
const text_rule secret_file_name{is_secret_name,
                                 "the name of a file below the secrets directory, such as keys/codes: letters, digits, "
                                 "_ - . and / between folders, no .."};
const text_rule any_text{is_any_text, "text of at most 1024 bytes without control characters"};
const text_rule e164_number{is_e164, "a number in international form, such as \"+61491570006\""};
const text_rule country_code{is_country, "an ISO 3166-1 country code of two capitals, such as AU"};
const text_rule https_url{is_https_url,
                          "a URL such as https://host/path (http for a loopback host alone), without user, query or "
                          "fragment"};

std::optional<host_port> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port) {
  host_port out;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (out.host.find(':') == std::string::npos ||
        out.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string::npos) {
      return std::nullopt;
    }
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    text.remove_prefix(colon);
    if (out.host.empty() || !std::ranges::all_of(out.host, is_host_character)) return std::nullopt;
  }
  if (text.empty()) {
    if (!default_port) return std::nullopt;
    out.port = *default_port;
    return out;
  }
  const auto port = text[0] == ':' ? parse_port(text.substr(1)) : std::nullopt;
  if (!port) return std::nullopt;
  out.port = *port;
  return out;
}

}  // namespace sendcode::config
