#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "tests/sandbox/core/receipt.hpp"
#include "tests/sandbox/core/sandbox.hpp"
#include "tests/sandbox/core/text_forms.hpp"

// /sandbox/...: what the sandbox saw, and what it should do wrong.
namespace sendcode::sandbox {
namespace {

using json = nlohmann::json;

reply answer_json(const json& body, int status = 200) {
  reply out;
  out.status = status;
  // A fault's own body may be any bytes.
  out.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

reply refusal(int status, std::string_view error) {
  return answer_json({{"error", error}}, status);
}

std::string_view name_of(sender by) noexcept {
  return by == sender::twilio ? "twilio" : "kinde";
}

void append_text(std::string& out, const text& one) {
  fmt::format_to(std::back_inserter(out), R"({{"sid":"{}","sender":"{}","at":"{}","at_us":{},"answered":{})", one.sid,
                 name_of(one.by), to_rfc3339(one.at), one.at_us, one.answered);
  const auto member = [&](std::string_view name, std::string_view value) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":)", name);
    append_json_string_or_null(out, value);
  };
  member("status", one.status);
  member("to", one.to);
  member("from", one.from);
  member("messaging_service_sid", one.messaging_service_sid);
  member("body", one.body);
  member("account", one.account);
  member("host", one.host);
  member("credential", one.credential);
  member("idempotency_key", one.idempotency_key);
  member("status_callback", one.status_callback);
  member("feedback", one.feedback);
  const auto number = [&](std::string_view name, std::optional<int> value) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":{})", name, value ? std::to_string(*value) : "null");
  };
  number("validity_period", one.validity_period_s);
  number("attempt", one.attempt);
  out += '}';
}

// Empty: there is none, or it is no text.
std::string text_member(const json& of, const char* name) {
  const auto member = of.is_object() ? of.find(name) : of.end();
  return member != of.end() && member->is_string() ? member->get<std::string>() : std::string();
}

json fault_as_json(const fault& one) {
  json out = {{"id", one.id}, {"target", name_of(one.aimed_at)}, {"kind", name_of(one.kind)}, {"fired", one.fired}};
  if (one.http_status != 0) out["http_status"] = one.http_status;
  if (one.delay) out["delay_ms"] = one.delay->count();
  if (one.times) out["times_left"] = *one.times;
  if (one.taken) out["taken"] = *one.taken;
  if (one.content_type) out["content_type"] = *one.content_type;
  if (one.body) out["body"] = *one.body;
  const auto member = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  member("error_code", one.error_code);
  member("message", one.message);
  member("retry_after", one.retry_after);
  member("to", one.to);
  member("account", one.account);
  return out;
}

}  // namespace

reply sandbox::answer_control(const request& in, const route& way) {
  constexpr std::string_view one_fault = "/sandbox/faults/";
  const auto is = [&](std::string_view method, std::string_view path) {
    return in.method == method && way.path == path;
  };
  if (is("GET", "/sandbox/messages")) return show_messages(way);
  if (is("GET", "/sandbox/counts")) return show_counts();
  if (is("GET", "/sandbox/recipients")) return show_recipients();
  if (is("GET", "/sandbox/faults")) return show_faults();
  if (is("POST", "/sandbox/faults")) return add_fault(in.body);
  if (is("DELETE", "/sandbox/faults")) {
    faults_.clear();
    return answer_json(json::object());
  }
  if (in.method == "DELETE" && way.path.starts_with(one_fault)) return remove_fault(way.path.substr(one_fault.size()));
  if (is("POST", "/sandbox/reset")) return reset();
  if (is("POST", "/sandbox/receipts")) return send_receipt(in.body);
  if (is("POST", "/sandbox/twilio/revoke")) return revoke_credential(in.body);
  if (is("POST", "/sandbox/kinde/revoke-tokens")) return answer_json({{"revoked", kinde_.revoke_tokens()}});
  return refusal(404, "no such control: tests/sandbox/README.md lists them");
}

reply sandbox::show_messages(const route& way) const {
  const auto query = form::parse(way.query);
  if (!query) return refusal(400, "the query is not understood");
  std::string to(query->get("to"));
  if (to.starts_with(' ')) to[0] = '+';  // typed by hand, unescaped
  const auto since_text = query->get("since");
  const auto since = from_rfc3339(since_text);
  if (!since_text.empty() && !since) return refusal(400, "'since' must be an RFC 3339 time");

  std::vector<const text*> wanted;
  const auto see = [&](const text& one) {
    if (since && one.at < *since) return false;
    wanted.push_back(&one);
    return true;
  };
  if (to.empty()) {
    texts_.newest_first(see);
  } else {
    texts_.newest_first_to(to, see);
  }
  reply out;
  out.body = R"({"messages":[)";
  for (auto one = wanted.rbegin(); one != wanted.rend(); ++one) {
    if (one != wanted.rbegin()) out.body += ',';
    append_text(out.body, **one);
  }
  out.body += "]}";
  return out;
}

reply sandbox::show_counts() const {
  json requests = json::object();
  for (std::size_t i = 0; i < fault_targets; ++i) {
    requests[std::string(sendcode::sandbox::name_of(static_cast<target>(i)))] = requests_[i];
  }
  return answer_json({{"texts", texts_.texts()},
                      {"requests", requests},
                      {"recipients", texts_.recipients().size()},
                      {"by_recipient_max", texts_.by_recipient_max()},
                      {"unanswered", texts_.unanswered()},
                      {"confirmations", texts_.confirmations()},
                      {"replayed", kinde_.replayed()},
                      {"forgotten", texts_.forgotten()}});
}

reply sandbox::show_recipients() const {
  reply out;
  out.body = "{";
  for (const auto& [to, known] : texts_.recipients()) {
    if (out.body.size() > 1) out.body += ',';
    append_json_string(out.body, to);
    fmt::format_to(std::back_inserter(out.body), ":{}", known.texts);
  }
  out.body += '}';
  return out;
}

reply sandbox::show_faults() const {
  json list = json::array();
  for (const fault& one : faults_.all()) list.push_back(fault_as_json(one));
  return answer_json({{"faults", list}});
}

reply sandbox::add_fault(std::string_view body) {
  auto read = read_fault(body);
  if (!read) return refusal(400, read.error());
  const auto id = faults_.add(*std::move(read));
  if (!id) return refusal(409, fmt::format("there are {} faults already", fault_book::faults_max));
  return answer_json({{"id", *id}});
}

reply sandbox::remove_fault(std::string_view id) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc() || end != id.data() + id.size() || !faults_.remove(number)) {
    return refusal(404, "no such fault");
  }
  return answer_json(json::object());
}

reply sandbox::reset() {
  texts_ = mailbox();
  faults_.clear();
  kinde_.forget();
  requests_ = {};
  return answer_json(json::object());
}

reply sandbox::revoke_credential(std::string_view body) {
  const auto asked = json::parse(body, nullptr, false);
  const auto account = text_member(asked, "account");
  const auto credential = text_member(asked, "credential");
  if (account.empty() || credential.empty()) return refusal(400, "the body needs 'account' and 'credential'");
  if (!accounts_.revoke(account, credential)) return refusal(404, "the account has no such credential");
  return answer_json(json::object());
}

reply sandbox::send_receipt(std::string_view body) {
  const auto asked = json::parse(body, nullptr, false);
  const auto sid = text_member(asked, "sid");
  const auto status = text_member(asked, "status");
  if (sid.empty() || status.empty()) return refusal(400, "the body needs 'sid' and 'status'");
  int error_code = 0;
  if (const auto code = asked.find("error_code"); code != asked.end() && !code->is_null()) {
    if (!code->is_number_unsigned()) return refusal(400, "'error_code' must be a number");
    error_code = code->get<int>();
  }
  text* one = texts_.find_sid(sid);
  if (one == nullptr || one->by != sender::twilio) return refusal(404, "no such message of Twilio's");
  if (one->status_callback.empty()) return refusal(409, "the message has no StatusCallback");
  const auto token = accounts_.token_of(one->account);
  if (token.empty()) return refusal(409, "the account's token is not known: start with --account");
  one->status = status;
  one->error_code = error_code;
  reply out;
  out.receipt = make_receipt(*one, token);
  return out;
}

}  // namespace sendcode::sandbox
