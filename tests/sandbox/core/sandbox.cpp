#include "tests/sandbox/core/sandbox.hpp"

#include "tests/sandbox/core/twilio_sources.hpp"

namespace sendcode::sandbox {

sandbox::sandbox(setup with)
    : latency_(with.latency),
      ids_(with.seed),
      accounts_(std::move(with.accounts), std::move(with.api_keys)),
      twilio_(accounts_, texts_, faults_, ids_),
      kinde_(std::move(with.clients), texts_, faults_, ids_) {}

bool sandbox::resets_at_header(std::string_view method, std::string_view request_target) {
  if (faults_.all().empty()) return false;
  const auto way = find_route(method, request_target);
  const auto index = static_cast<std::size_t>(way.to);
  if (index >= fault_targets || !faults_.strikes_header(way.to, way.account)) return false;
  ++requests_[index];
  return true;
}

reply sandbox::answer(const request& in) {
  const auto way = find_route(in.method, in.target);
  if (const auto index = static_cast<std::size_t>(way.to); index < fault_targets) {
    ++requests_[index];
    reply out = answer_sender(in, way);
    out.delay += latency_;
    return out;
  }
  if (way.to == target::twilio_account) return twilio_.show_account(in, way.account);
  if (way.to == target::control) return answer_control(in, way);
  if (auto source = show_source(in, accounts_)) return *std::move(source);
  reply out;
  out.status = 404;
  out.body = R"({"code":20404,"message":"The requested resource was not found","status":404})";
  return out;
}

reply sandbox::answer_sender(const request& in, const route& way) {
  switch (way.to) {
    case target::twilio:
      return twilio_.send(in, way.account);
    case target::twilio_list:
      return twilio_.list(in, way.account, way.query);
    case target::twilio_feedback:
      return twilio_.take_feedback(in, way.account, way.message);
    case target::kinde:
      return kinde_.send(in);
    default:
      return kinde_.issue_token(in);
  }
}

}  // namespace sendcode::sandbox
