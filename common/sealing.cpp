#include "common/sealing.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

#include "common/bytes.hpp"

namespace sendcode {
namespace {

struct freed {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, freed>;

void require(bool went_well) {
  if (!went_well) throw std::runtime_error("AES-256-GCM failed");
}

cipher_context begin(bool encrypt, std::string_view key, const sealing_nonce& nonce, std::string_view bound) {
  require(key.size() == sealing_key_size);
  cipher_context context(EVP_CIPHER_CTX_new());
  int size = 0;
  require(context != nullptr);
  require(EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key), nonce.data(), encrypt ? 1 : 0) ==
          1);
  require(EVP_CipherUpdate(context.get(), nullptr, &size, octets(bound), static_cast<int>(bound.size())) == 1);
  return context;
}

}  // namespace

std::string seal(std::string_view key, const sealing_nonce& nonce, std::string_view text, std::string_view bound) {
  const auto context = begin(true, key, nonce, bound);
  std::string out(text.size() + sealing_tag_size, '\0');
  int size = 0;
  require(EVP_CipherUpdate(context.get(), octets(out), &size, octets(text), static_cast<int>(text.size())) == 1);
  require(EVP_CipherFinal_ex(context.get(), octets(out) + size, &size) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, sealing_tag_size, octets(out) + text.size()) == 1);
  return out;
}

std::optional<std::string> unseal(std::string_view key, const sealing_nonce& nonce, std::string_view sealed,
                                  std::string_view bound) {
  if (sealed.size() < sealing_tag_size) return std::nullopt;
  const auto context = begin(false, key, nonce, bound);
  const auto text = sealed.substr(0, sealed.size() - sealing_tag_size);
  std::string tag(sealed.substr(text.size()));
  std::string out(text.size(), '\0');
  int size = 0;
  require(EVP_CipherUpdate(context.get(), octets(out), &size, octets(text), static_cast<int>(text.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, sealing_tag_size, tag.data()) == 1);
  // What was decrypted is not to be trusted, nor shown, before this.
  if (EVP_CipherFinal_ex(context.get(), octets(out) + size, &size) != 1) return std::nullopt;
  return out;
}

}  // namespace sendcode
