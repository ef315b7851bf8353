#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/form.hpp"

// X-Twilio-Signature of a form: who has the account's auth token, and nobody else, can make it.
namespace sendcode::domain {

// base64 of HMAC-SHA1 under the token over the URL (with its query, without a fragment) and every field, sorted by name
// and then by value, name and value with nothing between; the same field twice counts once.
std::string make_twilio_signature(std::string_view token, std::string_view url, form_fields fields);

// Whether the signature is that of one of the URLs under one of the tokens. The work, and so the time, depends on what
// is given and not on what is right.
bool is_signed_by_twilio(std::string_view signature, std::span<const std::string> urls, form_fields fields,
                         std::span<const std::string_view> tokens);

}  // namespace sendcode::domain
