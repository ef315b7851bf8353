#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/bytes.hpp"
#include "tests/sandbox/core/twilio.hpp"
#include "tests/sandbox/core/twilio_errors.hpp"

// The message list, and a message as Twilio shows it.
namespace sendcode::sandbox {
namespace {

// A day ("2026-11-23", its start), a time with a zone, or one without, which is GMT.
std::optional<timestamp> read_date(std::string_view text) {
  constexpr std::string_view day = "2026-11-23";
  constexpr std::string_view time = "2026-11-23T08:15:30";
  if (text.size() == day.size()) return from_rfc3339(std::string(text) + "T00:00:00Z");
  if (text.size() == time.size()) return from_rfc3339(std::string(text) + "Z");
  return from_rfc3339(text);
}

int read_number(std::string_view text, int otherwise) {
  int out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() && out >= 0 ? out : otherwise;
}

struct dates {
  std::optional<timestamp> least;  // included
  std::optional<timestamp> most;   // included
  bool understood = true;
};

// "DateSent>=2026-11-23" is the parameter "DateSent>" (SDKs), which a strict encoder may also have called "DateSent>=".
// A bare DateSent is that day.
dates read_dates(const form& filter) {
  dates out;
  const auto read = [&](std::string_view name, std::optional<timestamp>& into) {
    const auto value = filter.get(name);
    if (value.empty()) return;
    into = read_date(value);
    out.understood = out.understood && into.has_value();
  };
  read("DateSent>", out.least);
  read("DateSent>=", out.least);
  read("DateSent<", out.most);
  read("DateSent<=", out.most);
  if (const auto day = filter.get("DateSent"); !day.empty()) {
    read("DateSent", out.least);
    if (out.least) out.most = *out.least + std::chrono::hours{24} - seconds{1};
  }
  return out;
}

// A page goes on behind the last text of the one before, so that texts that come meanwhile move nothing.
constexpr std::string_view page_token_start = "PA";

struct page_of_texts {
  page_of_texts(std::string_view account_sid, const form& asked)
      : account(account_sid),
        filter(asked),
        size(read_number(asked.get("PageSize"), twilio::page_size_default)),
        number(read_number(asked.get("Page"), 0)) {}

  std::string_view account;
  const form& filter;
  int size;
  int number;
  int shown = 0;
  bool more = false;
  std::string last_sid;
};

// The list's address again, with its filter, for another page.
void append_page_uri(std::string& out, const page_of_texts& page, int number, std::string_view token = "") {
  fmt::format_to(std::back_inserter(out), R"("/2010-04-01/Accounts/{}/Messages.json?)", page.account);
  for (const auto& [name, value] : page.filter.all()) {
    if (name == "Page" || name == "PageSize" || name == "PageToken") continue;
    append_form_encoded(out, name);
    out += '=';
    append_form_encoded(out, value);
    out += '&';
  }
  fmt::format_to(std::back_inserter(out), "PageSize={}&Page={}", page.size, number);
  if (!token.empty()) fmt::format_to(std::back_inserter(out), "&PageToken={}{}", page_token_start, token);
  out += '"';
}

void append_page(std::string& out, const page_of_texts& page) {
  const auto start = page.number * std::int64_t{page.size};
  fmt::format_to(std::back_inserter(out), R"(,"page":{},"page_size":{},"start":{},"end":{},"uri":)", page.number,
                 page.size, start, start + std::max(page.shown - 1, 0));
  append_page_uri(out, page, page.number);
  out += R"(,"first_page_uri":)";
  append_page_uri(out, page, 0);
  out += R"(,"previous_page_uri":)";
  if (page.number > 0) {
    append_page_uri(out, page, page.number - 1);
  } else {
    out += "null";
  }
  out += R"(,"next_page_uri":)";
  if (page.more) {
    append_page_uri(out, page, page.number + 1, page.last_sid);
  } else {
    out += "null";
  }
}

}  // namespace

void append_message(std::string& out, const text& one) {
  const auto date = to_rfc2822(one.at);
  // A Messaging Service has no sender yet, so Twilio counts nothing at first.
  const std::size_t counted = one.messaging_service_sid.empty() ? segments(one.body) : 0;
  const auto to = std::back_inserter(out);
  fmt::format_to(to, R"({{"sid":"{}","account_sid":"{}","api_version":"2010-04-01","direction":"outbound-api",)",
                 one.sid, one.account);
  fmt::format_to(to, R"("date_created":"{0}","date_updated":"{0}","date_sent":null,"status":)", date);
  append_json_string(out, one.status);
  fmt::format_to(to, R"(,"num_segments":"{}","num_media":"0","price":null,"price_unit":"USD",)", counted);
  if (one.error_code == 0) {
    out += R"("error_code":null,"error_message":null,"to":)";
  } else {
    fmt::format_to(to, R"("error_code":{},"error_message":null,"to":)", one.error_code);
  }
  append_json_string(out, one.to);
  out += R"(,"from":)";
  append_json_string_or_null(out, one.from);
  out += R"(,"messaging_service_sid":)";
  append_json_string_or_null(out, one.messaging_service_sid);
  out += R"(,"body":)";
  append_json_string(out, one.body);
  fmt::format_to(to,
                 R"(,"uri":"/2010-04-01/Accounts/{0}/Messages/{1}.json",)"
                 R"("subresource_uris":{{"media":"/2010-04-01/Accounts/{0}/Messages/{1}/Media.json"}}}})",
                 one.account, one.sid);
}

reply twilio::page_of(std::string_view account_sid, const form& filter) const {
  const auto between = read_dates(filter);
  page_of_texts page(account_sid, filter);
  reply out;
  if (!between.understood || page.size == 0 || page.size > page_size_max) {
    out.status = 400;
    append_twilio_error(out.body, make_twilio_error(20001, between.understood ? "PageSize" : "DateSent"));
    return out;
  }

  const std::string recipient(filter.get("To"));
  const auto from = filter.get("From");
  const auto token = filter.get("PageToken");
  std::string_view after = token.starts_with(page_token_start) ? token.substr(page_token_start.size()) : "";
  auto skip = after.empty() ? page.number * std::int64_t{page.size} : 0;
  out.body = R"({"messages":[)";
  const auto see = [&](const text& one) {
    const auto second = std::chrono::floor<seconds>(one.at);
    const bool wanted = one.by == sender::twilio && one.account == account_sid && (from.empty() || one.from == from) &&
                        (!between.least || second >= *between.least) && (!between.most || second <= *between.most);
    if (!after.empty()) {
      if (one.sid == after) after = {};
      return true;
    }
    if (!wanted || skip-- > 0) return true;
    page.more = page.shown == page.size;
    if (page.more) return false;
    if (page.shown > 0) out.body += ',';
    append_message(out.body, one);
    page.last_sid = one.sid;
    ++page.shown;
    return true;
  };
  if (recipient.empty()) {
    texts_.newest_first(see);
  } else {
    texts_.newest_first_to(recipient, see);
  }
  out.body += ']';
  append_page(out.body, page);
  out.body += '}';
  return out;
}

}  // namespace sendcode::sandbox
