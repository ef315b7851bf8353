#include "tests/integration/http/certificates.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace sendcode::tests {
namespace {

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad extension " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

key_and_certificate make(const std::string& name, const key_and_certificate* ca, const std::string& names) {
  static long serial = 1;
  key_and_certificate out;
  out.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
  out.certificate.reset(X509_new(), X509_free);
  X509* certificate = out.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 24 * 3600);
  X509_set_pubkey(certificate, out.key.get());
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509* issuer = ca == nullptr ? certificate : ca->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (ca == nullptr) {
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign");
  } else {
    add_extension(certificate, issuer, NID_subject_alt_name, names);
  }
  X509_sign(certificate, ca == nullptr ? out.key.get() : ca->key.get(), EVP_sha256());
  return out;
}

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return out;
}

}  // namespace

key_and_certificate make_ca(const std::string& name) {
  return make(name, nullptr, {});
}

key_and_certificate issue(const key_and_certificate& ca, const std::string& names) {
  return make("test", &ca, names);
}

std::string certificate_pem(const key_and_certificate& of) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, of.certificate.get());
  return drain(bio);
}

std::string key_pem(const key_and_certificate& of) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, of.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return drain(bio);
}

temporary_file::temporary_file(const std::string& content) {
  std::string folder = (std::filesystem::temp_directory_path() / "sendcode-test-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = folder + "/file";
  std::ofstream(path_) << content;
}

temporary_file::~temporary_file() {
  std::filesystem::remove_all(std::filesystem::path(path_).parent_path());
}

}  // namespace sendcode::tests
