#include "tests/sandbox/core/receipt.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>

#include "common/bytes.hpp"

namespace sendcode::sandbox {

std::string sign(std::string_view token, std::string_view url, parameters form_parameters) {
  std::sort(form_parameters.begin(), form_parameters.end());
  form_parameters.erase(std::unique(form_parameters.begin(), form_parameters.end()), form_parameters.end());
  std::string signed_text(url);
  for (const auto& [name, value] : form_parameters) {
    signed_text += name;
    signed_text += value;
  }
  byte_array<EVP_MAX_MD_SIZE> mac;
  unsigned int size = 0;
  if (HMAC(EVP_sha1(), token.data(), static_cast<int>(token.size()),
           reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(),
           &size) == nullptr) {
    throw std::runtime_error("HMAC-SHA-1 failed");
  }
  return to_base64(as_text(mac).substr(0, size));
}

callback make_receipt(const text& one, std::string_view token) {
  parameters fields = {
      {"MessageSid", one.sid},
      {"SmsSid", one.sid},
      {"MessageStatus", one.status},
      {"SmsStatus", one.status},
      {"AccountSid", one.account},
      {"ApiVersion", "2010-04-01"},
      {"To", one.to},
  };
  if (!one.from.empty()) fields.emplace_back("From", one.from);
  if (!one.messaging_service_sid.empty()) fields.emplace_back("MessagingServiceSid", one.messaging_service_sid);
  if (one.error_code != 0) fields.emplace_back("ErrorCode", std::to_string(one.error_code));

  callback out;
  out.url = one.status_callback.substr(0, one.status_callback.find('#'));
  for (const auto& [name, value] : fields) {
    if (!out.form.empty()) out.form += '&';
    append_form_encoded(out.form, name);
    out.form += '=';
    append_form_encoded(out.form, value);
  }
  out.signature = sign(token, out.url, std::move(fields));
  return out;
}

}  // namespace sendcode::sandbox
