#include "tests/sandbox/server/certificates.hpp"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace sendcode::sandbox {
namespace {

template <auto Free>
struct freed_by {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using extension_ptr = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;
using file_ptr = std::unique_ptr<std::FILE, freed_by<std::fclose>>;

constexpr long a_day_s = 24L * 60 * 60;

void need(bool good, const std::string& what) {
  if (good) return;
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  throw std::runtime_error(what + ": " + reason.data());
}

key_ptr make_key() {
  key_ptr key(EVP_EC_gen("P-256"));
  need(key != nullptr, "cannot make a key");
  return key;
}

struct extension {
  int kind;
  const char* value;
};

// Signed by the issuer's key; the issuer is the certificate itself for a CA (nullptr).
certificate_ptr make_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key,
                                 const std::vector<extension>& extensions) {
  certificate_ptr out(X509_new());
  need(out != nullptr, "no memory for a certificate");
  X509* certificate = out.get();
  std::array<unsigned char, 16> serial{};
  need(RAND_bytes(serial.data(), static_cast<int>(serial.size())) == 1, "no random bytes");
  serial[0] &= 0x7F;  // a serial is positive
  serial[0] |= 0x40;
  using number_ptr = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
  const number_ptr number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
  need(number != nullptr && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
       "cannot set the serial");
  X509_set_version(certificate, X509_VERSION_3);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -a_day_s);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 30 * a_day_s);
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  need(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name), -1, -1,
                                  0) == 1,
       "cannot set the name");
  if (issuer == nullptr) issuer = certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));

  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  for (const extension& one : extensions) {
    const extension_ptr made(X509V3_EXT_conf_nid(nullptr, &context, one.kind, one.value));
    need(made != nullptr && X509_add_ext(certificate, made.get(), -1) == 1, "cannot add an extension");
  }
  need(X509_sign(certificate, issuer_key, EVP_sha256()) > 0, "cannot sign the certificate");
  return out;
}

file_ptr create(const std::filesystem::path& path, mode_t mode) {
  std::filesystem::remove(path);  // an old file would keep its old mode
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  file_ptr out(descriptor < 0 ? nullptr : ::fdopen(descriptor, "w"));
  if (out == nullptr) throw std::runtime_error("cannot write " + path.string());
  return out;
}

}  // namespace

certificate_files make_certificates(const std::filesystem::path& directory) {
  const auto ca_key = make_key();
  const auto ca = make_certificate("sendcode-sandbox CA (tests alone)", ca_key.get(), nullptr, ca_key.get(),
                                   {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                                    {NID_key_usage, "critical,keyCertSign,cRLSign"},
                                    {NID_subject_key_identifier, "hash"}});
  const auto key = make_key();
  const auto leaf = make_certificate("localhost", key.get(), ca.get(), ca_key.get(),
                                     {{NID_basic_constraints, "critical,CA:FALSE"},
                                      {NID_key_usage, "critical,digitalSignature"},
                                      {NID_ext_key_usage, "serverAuth"},
                                      {NID_subject_alt_name,
                                       "DNS:localhost,IP:127.0.0.1,IP:::1,DNS:*.twilio.com,DNS:*.dublin.ie1.twilio.com,"
                                       "DNS:*.sydney.au1.twilio.com"},
                                      {NID_subject_key_identifier, "hash"},
                                      {NID_authority_key_identifier, "keyid"}});

  std::filesystem::create_directories(directory);
  certificate_files files{directory / "ca.pem", directory / "server.pem", directory / "server.key"};
  need(PEM_write_X509(create(files.ca, 0644).get(), ca.get()) == 1, "cannot write the CA");
  need(PEM_write_X509(create(files.chain, 0644).get(), leaf.get()) == 1, "cannot write the certificate");
  need(PEM_write_PrivateKey(create(files.key, 0600).get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
       "cannot write the key");
  return files;
}

}  // namespace sendcode::sandbox
