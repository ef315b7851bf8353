#pragma once

#include <boost/asio/ssl/context.hpp>
#include <expected>
#include <memory>
#include <string>

#include "worker/adapters/redis/redis_options.hpp"

namespace sendcode::redis {

// TLS 1.2 or later, the server's certificate always checked. The error names the file that could not be used.
std::expected<std::shared_ptr<boost::asio::ssl::context>, std::string> make_tls_context(const redis_tls_files& files);

}  // namespace sendcode::redis
