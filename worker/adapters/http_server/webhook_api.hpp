#pragma once

#include <string>

#include "worker/adapters/http_server/server.hpp"
#include "worker/ports/receipt_taker.hpp"

namespace sendcode::http_server {

// The webhook port (schemas/openapi.yaml): POST /webhooks/twilio/{environment_id}, where Twilio's receipts come to. One
// thread, the server's; pass handle() to it.
class webhook_api {
 public:
  // `public_path`: the path of the public address. Whether what stands before us takes it off is all the same.
  webhook_api(ports::receipt_taker& taker, std::string public_path)
      : taker_(taker), public_path_(std::move(public_path)) {}
  webhook_api(const webhook_api&) = delete;
  webhook_api& operator=(const webhook_api&) = delete;

  awaitable<response> handle(request& asked);

 private:
  ports::receipt_taker& taker_;
  std::string public_path_;
};

}  // namespace sendcode::http_server
