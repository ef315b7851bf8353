#include "worker/adapters/senders/twilio_sources.hpp"

#include <utility>

#include "common/bytes.hpp"
#include "common/json_cursor.hpp"
#include "common/secret.hpp"
#include "worker/adapters/senders/twilio_host.hpp"

namespace sendcode::senders {
namespace {

using domain::sms_source;
using domain::twilio_region;

// Between the product's name and twilio.com; us1 needs none.
std::string_view edge_of(twilio_region region) {
  switch (region) {
    case twilio_region::ie1:
      return ".dublin.ie1";
    case twilio_region::au1:
      return ".sydney.au1";
    case twilio_region::us1:
      break;
  }
  return "";
}

std::string authorization_of(const domain::twilio_settings& account) {
  std::string pair(account.account_sid);
  const auto password = account.auth_tokens.front().value->expose();
  pair.reserve(pair.size() + 1 + password.size());
  pair.append(":").append(password);
  const wiped_at_end wiped(pair);
  std::string encoded = to_base64(pair);
  const wiped_at_end wiped_too(encoded);
  return "Basic " + encoded;
}

// False: not understood. {"incoming_phone_numbers": [{"phone_number": …, "capabilities": {"sms": true, …}, …}], …}
bool read_numbers(std::string_view body, std::string_view wanted, source_answer& out) {
  json_cursor in(body);
  const auto read_number = [&] {
    std::string number;
    bool texts = false;
    const bool whole = in.object([&](std::string_view name) {
      if (name == "phone_number") return in.text(number);
      if (name != "capabilities") return in.skip();
      return in.object([&](std::string_view capability) {
        const bool is_sms = capability == "sms" || capability == "SMS";
        return is_sms ? in.truth(texts) : in.skip();
      });
    });
    if (whole && number == wanted) {
      out.found = true;
      out.texts = texts;
    }
    return whole;
  };
  return in.object(
      [&](std::string_view name) { return name == "incoming_phone_numbers" ? in.array(read_number) : in.skip(); });
}

}  // namespace

twilio_sources::twilio_sources(ports::https_client& client, url base_url, std::string ca_file)
    : client_(client), base_url_(std::move(base_url)), ca_file_(std::move(ca_file)) {}

bool twilio_sources::knows_regions() const {
  return base_url_.host == twilio_public_host;
}

std::string twilio_sources::host_of(sms_source source, twilio_region region) const {
  if (!knows_regions()) return base_url_.host;
  const std::string_view product = source == sms_source::messaging_service ? "messaging" : "api";
  return std::string(product).append(edge_of(region)).append(".twilio.com");
}

awaitable<std::expected<source_answer, std::string>> twilio_sources::ask(domain::twilio_settings account,
                                                                         ports::steady_time deadline) {
  const bool is_service = account.source == sms_source::messaging_service;
  const ports::origin to{base_url_.tls, host_of(account.source, account.region), base_url_.port, ca_file_};
  ports::https_request request;
  request.method = "GET";
  request.to = &to;
  request.target = base_url_.path;
  if (is_service) {
    request.target.append("/v1/Services/").append(account.messaging_service_sid);
  } else {
    request.target.append("/2010-04-01/Accounts/").append(account.account_sid);
    request.target.append("/IncomingPhoneNumbers.json?PhoneNumber=");
    append_form_encoded(request.target, account.phone_number);
  }
  request.headers = {
      {"Authorization", authorization_of(account)}, {"Accept", "application/json"}, {"User-Agent", "sendcode"}};
  const wiped_at_end wiped(request.headers.front().second);
  const auto answer = co_await client_.exchange(request, deadline);
  if (!answer) co_return std::unexpected(answer.error().what);
  source_answer out{.http_status = answer->status};
  if (answer->status == 200 && is_service) {
    out.found = true;
    out.texts = true;
  } else if (answer->status == 200 && !(answer->complete && read_numbers(answer->body, account.phone_number, out))) {
    co_return std::unexpected(std::string("its answer is not understood"));
  }
  co_return out;
}

std::string_view to_text(twilio_region region) noexcept {
  switch (region) {
    case twilio_region::ie1:
      return "ie1";
    case twilio_region::au1:
      return "au1";
    case twilio_region::us1:
      break;
  }
  return "us1";
}

}  // namespace sendcode::senders
