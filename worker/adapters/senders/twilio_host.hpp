#pragma once

#include <string_view>

namespace sendcode::senders {

// The host of base_url that stands for Twilio itself: regions and products have hosts of their own then.
constexpr std::string_view twilio_public_host = "api.twilio.com";

}  // namespace sendcode::senders
