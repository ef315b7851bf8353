#pragma once

#include <string>
#include <string_view>

#include "worker/adapters/http_server/server.hpp"

// The forms that answers of the internal port have.
namespace sendcode::http_server {

response plain_text(unsigned status, std::string body);
response json_text(std::string body);  // 200
response no_content();
// RFC 9457. `detail` is in our own words. 429 and 503 say when to ask again, 401 how to show who one is.
response problem(unsigned status, std::string_view title, std::string_view detail = {});
response bad_request(std::string_view detail);
response method_not_allowed(std::string_view allowed);

}  // namespace sendcode::http_server
