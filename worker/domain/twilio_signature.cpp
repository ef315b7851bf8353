#include "worker/domain/twilio_signature.hpp"

#include <algorithm>

#include "common/crypto.hpp"

namespace sendcode::domain {
namespace {

std::string in_signed_order(form_fields fields) {
  std::ranges::sort(fields);
  const auto repeated = std::ranges::unique(fields);
  fields.erase(repeated.begin(), repeated.end());
  std::string out;
  for (const auto& [name, value] : fields) out.append(name).append(value);
  return out;
}

std::string sign(std::string_view token, std::string_view url, std::string_view ordered_fields) {
  std::string text(url);
  text += ordered_fields;
  const auto mac = hmac_sha1(token, text);
  return to_base64(as_text(mac));
}

}  // namespace

std::string make_twilio_signature(std::string_view token, std::string_view url, form_fields fields) {
  return sign(token, url, in_signed_order(std::move(fields)));
}

bool is_signed_by_twilio(std::string_view signature, std::span<const std::string> urls, form_fields fields,
                         std::span<const std::string_view> tokens) {
  const std::string ordered = in_signed_order(std::move(fields));
  bool found = false;
  for (const auto& url : urls) {
    for (const auto token : tokens) {
      const bool same = equal_in_constant_time(sign(token, url, ordered), signature);
      found = found || same;
    }
  }
  return found;
}

}  // namespace sendcode::domain
