#include "worker/adapters/http_server/served_identity.hpp"

#include <utility>

#include "common/logging.hpp"

namespace sendcode::http_server {
namespace {

namespace ssl = boost::asio::ssl;
using made_context = std::expected<std::unique_ptr<ssl::context>, std::string>;

made_context make_context(const tls_identity& identity) {
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  boost::system::error_code error;
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_options(context->native_handle(), SSL_OP_CLEANSE_PLAINTEXT | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  context->use_certificate_chain_file(identity.certificate_file, error);
  if (error) return std::unexpected("tls.certificate: cannot read " + identity.certificate_file);
  context->use_private_key_file(identity.key_file, ssl::context::pem, error);
  if (error) return std::unexpected("tls.key: cannot read " + identity.key_file + ", or it is not the certificate's");
  if (identity.client_ca_file.empty()) return context;
  context->load_verify_file(identity.client_ca_file, error);
  if (error) return std::unexpected("tls.client_ca: cannot read " + identity.client_ca_file);
  context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert, error);
  return context;
}

}  // namespace

std::expected<served_identity, std::string> served_identity::open(tls_identity files) {
  served_identity out(std::move(files));
  auto made = make_context(out.files_);
  if (!made) return std::unexpected(made.error());
  out.context_ = std::move(*made);
  return out;
}

served_identity::stamps served_identity::look() const {
  return {config::stamp_of(files_.certificate_file), config::stamp_of(files_.key_file),
          config::stamp_of(files_.client_ca_file)};
}

void served_identity::poll() {
  const auto now = look();  // before the files are read: what changes meanwhile is read again
  if (now == seen_) return;
  seen_ = now;
  auto made = make_context(files_);
  if (!made) {
    log::error("the changed certificate cannot be used: the last one stays in force", {{"why", made.error()}});
    return;
  }
  context_ = std::move(*made);
  log::info("a changed certificate is in force", {{"certificate", files_.certificate_file}});
}

}  // namespace sendcode::http_server
