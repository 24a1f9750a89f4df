#include "seal/seal.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <memory>

#include "aes_gcm.hpp"
#include "statekit/journal.hpp"

namespace millrace::seal {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr std::size_t id_bytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Context new_context() {
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  statekit::check(context != nullptr, "OpenSSL has memory for a cipher");
  return context;
}

const unsigned char* octets(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Each part after its length, so that no two lists of parts give one text.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts)
    text += std::to_string(part.size()) + ":" + std::string(part);
  return text;
}

std::string bound_to(const Place& place, const Bytes& id) {
  return joined({"millrace secret 1", place.workspace, place.module, place.name, id});
}

std::string key_bound_to(const Bytes& id) { return joined({"millrace data key 1", id}); }

std::string fingerprint_of(const Bytes& box) {
  static constexpr char digits[] = "0123456789abcdef";
  const statekit::Digest digest = statekit::sha256(box);
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto octet = static_cast<unsigned char>(digest.octets[i]);
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

}  // namespace

std::string random_octets(std::size_t count) {
  std::string out(count, '\0');
  const int done =
      RAND_priv_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count));
  statekit::check(done == 1, "the system gives random numbers");
  return out;
}

Bytes encrypt(const ClearText& key, std::string_view aad, std::string_view clear) {
  statekit::check(key.size() == key_bytes, "an AES-256 key has 32 octets");
  const std::string nonce = random_octets(nonce_bytes);
  Bytes box = nonce;
  box.resize(nonce_bytes + clear.size() + tag_bytes);
  auto* out = reinterpret_cast<unsigned char*>(box.data()) + nonce_bytes;
  const Context context = new_context();
  int length = 0;
  bool good = EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key.view()),
                                 octets(nonce)) == 1;
  good = good && EVP_EncryptUpdate(context.get(), nullptr, &length, octets(aad),
                                   static_cast<int>(aad.size())) == 1;
  good = good && EVP_EncryptUpdate(context.get(), out, &length, octets(clear),
                                   static_cast<int>(clear.size())) == 1;
  good = good && EVP_EncryptFinal_ex(context.get(), out + clear.size(), &length) == 1;
  good = good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes,
                                     out + clear.size()) == 1;
  statekit::check(good, "OpenSSL encrypts");
  return box;
}

std::optional<ClearText> decrypt(const ClearText& key, std::string_view aad,
                                 statekit::BytesView box) {
  if (key.size() != key_bytes || box.size() < nonce_bytes + tag_bytes) return std::nullopt;
  const std::string_view nonce = box.substr(0, nonce_bytes);
  const std::string_view sealed = box.substr(nonce_bytes, box.size() - nonce_bytes - tag_bytes);
  std::string tag(box.substr(box.size() - tag_bytes));
  ClearText clear(std::string(sealed.size(), '\0'));
  auto* out = reinterpret_cast<unsigned char*>(clear.data());
  const Context context = new_context();
  int length = 0;
  bool good = EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, octets(key.view()),
                                 octets(nonce)) == 1;
  good = good && EVP_DecryptUpdate(context.get(), nullptr, &length, octets(aad),
                                   static_cast<int>(aad.size())) == 1;
  good = good && EVP_DecryptUpdate(context.get(), out, &length, octets(sealed),
                                   static_cast<int>(sealed.size())) == 1;
  good =
      good && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1;
  good = good && EVP_DecryptFinal_ex(context.get(), out + sealed.size(), &length) == 1;
  if (!good) return std::nullopt;
  return clear;
}

Result<Sealed> seal(KeyProvider& keys, const Place& place, const ClearText& value) {
  Sealed sealed;
  sealed.id = random_octets(id_bytes);
  const ClearText data_key(random_octets(key_bytes));
  sealed.box = encrypt(data_key, bound_to(place, sealed.id), value.view());
  Result<Wrapped> wrapped = keys.wrap(data_key, key_bound_to(sealed.id));
  if (!wrapped) return fail(std::move(wrapped.error()));
  sealed.key = *std::move(wrapped);
  sealed.fingerprint = fingerprint_of(sealed.box);
  return sealed;
}

Result<ClearText> open(KeyProvider& keys, const Place& place, const Sealed& sealed) {
  const Result<ClearText> data_key = keys.unwrap(sealed.key, key_bound_to(sealed.id));
  if (!data_key) return fail(data_key.error());
  std::optional<ClearText> clear = decrypt(*data_key, bound_to(place, sealed.id), sealed.box);
  if (clear) return std::move(*clear);
  return fail(Code::data_loss, "does not open here: it belongs elsewhere, or was damaged");
}

statekit::Status unwraps(KeyProvider& keys, const Bytes& id, const Wrapped& key) {
  const Result<ClearText> data_key = keys.unwrap(key, key_bound_to(id));
  if (!data_key) return fail(data_key.error());
  return {};
}

Result<Wrapped> rewrap(KeyProvider& keys, const Bytes& id, const Wrapped& key) {
  const Result<ClearText> data_key = keys.unwrap(key, key_bound_to(id));
  if (!data_key) return fail(data_key.error());
  return keys.wrap(*data_key, key_bound_to(id));
}

}  // namespace millrace::seal
