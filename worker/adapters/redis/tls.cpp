#include "worker/adapters/redis/tls.hpp"

namespace sendcode::redis {

namespace ssl = boost::asio::ssl;

std::expected<std::shared_ptr<ssl::context>, std::string> make_tls_context(const redis_tls_files& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context->set_verify_mode(ssl::verify_peer);
  boost::system::error_code failure;
  const auto refused = [&](std::string_view key, const std::string& file) {
    std::string what = "redis.tls.";
    what += key;
    what += file.empty() ? "" : " " + file;
    return std::unexpected(what + " cannot be used: " + failure.message());
  };
  if (files.ca_file.empty()) {
    context->set_default_verify_paths(failure);
  } else {
    context->load_verify_file(files.ca_file, failure);
  }
  if (failure) return refused("ca_file", files.ca_file);
  if (files.certificate.empty()) return context;
  context->use_certificate_chain_file(files.certificate, failure);
  if (failure) return refused("certificate", files.certificate);
  context->use_private_key_file(files.key, ssl::context::pem, failure);
  if (failure) return refused("key", files.key);
  return context;
}

}  // namespace sendcode::redis
