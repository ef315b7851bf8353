#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sendcode::e2e {

struct http_answer {
  int status = 0;  // 0: nobody answered
  std::string body;
  std::string head;  // status line and headers
};

// One plain HTTP/1.1 request to 127.0.0.1, on a connection of its own; gives up after 10 s.
http_answer http_call(std::uint16_t port, const std::string& method, const std::string& target,
                      const std::string& body = "",
                      const std::vector<std::pair<std::string, std::string>>& headers = {});

}  // namespace sendcode::e2e
