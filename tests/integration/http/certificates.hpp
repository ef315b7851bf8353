#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

// Certificates made for one test run by OpenSSL's own calls.
namespace sendcode::tests {

struct key_and_certificate {
  std::shared_ptr<EVP_PKEY> key;
  std::shared_ptr<X509> certificate;
};

key_and_certificate make_ca(const std::string& name);
// `names` as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Good for servers and clients.
key_and_certificate issue(const key_and_certificate& ca, const std::string& names);

std::string certificate_pem(const key_and_certificate& of);
std::string key_pem(const key_and_certificate& of);

// A file in a new folder of its own, removed at the end.
class temporary_file {
 public:
  explicit temporary_file(const std::string& content);
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file();
  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

}  // namespace sendcode::tests
