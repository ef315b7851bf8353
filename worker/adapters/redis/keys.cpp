#include "worker/adapters/redis/keys.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace sendcode::redis {
namespace {

constexpr std::string_view subjects_label = "sendcode subjects v1";

void must(int done) {
  if (done != 1) throw std::runtime_error("SHA-256 failed");
}

// As length_prefixed, without a string in between.
void update_field(EVP_MD_CTX* context, std::string_view field) {
  const auto size = static_cast<std::uint32_t>(field.size());
  const std::array<unsigned char, 4> prefix{
      static_cast<unsigned char>(size >> 24 & 255U), static_cast<unsigned char>(size >> 16 & 255U),
      static_cast<unsigned char>(size >> 8 & 255U), static_cast<unsigned char>(size & 255U)};
  must(EVP_DigestUpdate(context, prefix.data(), prefix.size()));
  must(EVP_DigestUpdate(context, field.data(), field.size()));
}

}  // namespace

subject_hasher::subject_hasher(const secret& subjects_key)
    : sha256_(EVP_MD_fetch(nullptr, "SHA256", nullptr)),
      inner_(EVP_MD_CTX_new()),
      outer_(EVP_MD_CTX_new()),
      work_(EVP_MD_CTX_new()) {
  if (!sha256_ || !inner_ || !outer_ || !work_) throw std::runtime_error("no SHA-256");
  digest derived = hkdf_sha256(subjects_key.expose(), subjects_label);
  std::array<unsigned char, 64> block{};  // RFC 2104: the key, filled up to a block of the hash
  const auto start = [&](EVP_MD_CTX* state, unsigned char pad) {
    block.fill(pad);
    for (std::size_t i = 0; i < derived.size(); ++i) block[i] = static_cast<unsigned char>(derived[i] ^ pad);
    must(EVP_DigestInit_ex2(state, sha256_.get(), nullptr));
    must(EVP_DigestUpdate(state, block.data(), block.size()));
  };
  start(inner_.get(), 0x36);
  start(outer_.get(), 0x5c);
  wipe(block.data(), block.size());
  wipe(derived.data(), derived.size());
}

void subject_hasher::finish(short_hash& out) {
  digest whole;
  must(EVP_DigestFinal_ex(work_.get(), whole.data(), nullptr));
  must(EVP_MD_CTX_copy_ex(work_.get(), outer_.get()));
  must(EVP_DigestUpdate(work_.get(), whole.data(), whole.size()));
  must(EVP_DigestFinal_ex(work_.get(), whole.data(), nullptr));
  std::copy_n(whole.begin(), out.size(), out.begin());
}

short_hash subject_hasher::hash(std::string_view kind, std::string_view environment_id, std::string_view value) {
  must(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
  for (const std::string_view field : {kind, environment_id, value}) update_field(work_.get(), field);
  short_hash out;
  finish(out);
  return out;
}

short_hash subject_hasher::binding(std::string_view environment_id, std::string_view application_id,
                                   domain::purpose purpose, std::string_view phone, std::string_view user_id) {
  must(EVP_MD_CTX_copy_ex(work_.get(), inner_.get()));
  for (const std::string_view field :
       {std::string_view("binding"), environment_id, application_id, domain::to_text(purpose), phone, user_id}) {
    update_field(work_.get(), field);
  }
  short_hash out;
  finish(out);
  return out;
}

short_hash subject_hasher::plain(std::string_view value) {
  digest whole;
  must(EVP_DigestInit_ex2(work_.get(), sha256_.get(), nullptr));
  must(EVP_DigestUpdate(work_.get(), value.data(), value.size()));
  must(EVP_DigestFinal_ex(work_.get(), whole.data(), nullptr));
  short_hash out;
  std::copy_n(whole.begin(), out.size(), out.begin());
  return out;
}

std::string to_key_text(const short_hash& hash) {
  return to_base64url(as_text(hash));
}

redis_command& key_writer::begin(std::string_view kind) {
  return command_.begin().append("sc:{").append(environment_).append("}:").append(kind);
}

void key_writer::event(const domain::request_id& id) {
  begin("e:").append(to_hex(as_text(id))).end();
}
void key_writer::challenge(const short_hash& hash) {
  begin("c:").append(to_key_text(hash)).end();
}
void key_writer::phone(const short_hash& hash) {
  begin("p:").append(to_key_text(hash)).end();
}

void key_writer::list(std::string_view per, std::optional<ports::device_class> device, const short_hash& hash) {
  begin("l:").append(per).append(":");
  if (device) command_.append(*device == ports::device_class::known ? "k:" : "s:");
  command_.append(to_key_text(hash)).end();
}

void key_writer::buckets(std::string_view per, std::string_view subject, milliseconds window) {
  begin("b:").append(per).append(":").append(subject).append(":").append(window.count()).end();
}

void key_writer::fraud(std::string_view prefix) {
  begin("f:").append(prefix).end();
}
// Apart, so that texts of a fallback never make a month's count forgotten, nor the other way round.
void key_writer::allowance(bool monthly) {
  begin(monthly ? "a" : "d").end();
}
void key_writer::trusted(const short_hash& account) {
  begin("t:").append(to_key_text(account)).end();
}
void key_writer::message(const short_hash& hash) {
  begin("m:").append(to_key_text(hash)).end();
}
void key_writer::answer(const short_hash& hash) {
  begin("i:").append(to_key_text(hash)).end();
}

}  // namespace sendcode::redis
