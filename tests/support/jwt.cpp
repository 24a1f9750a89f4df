#include "support/jwt.hpp"

#include <cjose/cjose.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace millrace::test {

namespace {

cjose_jwk_t* of(void* jwk) { return static_cast<cjose_jwk_t*>(jwk); }

void* named(cjose_jwk_t* jwk, const std::string& id) {
  if (jwk == nullptr || !cjose_jwk_set_kid(jwk, id.data(), id.size(), nullptr))
    throw std::runtime_error("no key was made");
  return jwk;
}

std::string json_of(void* jwk, bool secrets) {
  char* const text = cjose_jwk_to_json(of(jwk), secrets, nullptr);
  std::string out(text);
  std::free(text);
  return out;
}

}  // namespace

JwtKey JwtKey::rsa(const std::string& id, int bits) {
  const std::uint8_t exponent[] = {1, 0, 1};
  return {id, named(cjose_jwk_create_RSA_random(static_cast<std::size_t>(bits), exponent,
                                                sizeof exponent, nullptr),
                    id)};
}

JwtKey JwtKey::ec(const std::string& id, const std::string& curve) {
  const auto which = curve == "P-384" ? CJOSE_JWK_EC_P_384 : CJOSE_JWK_EC_P_256;
  return {id, named(cjose_jwk_create_EC_random(which, nullptr), id)};
}

JwtKey::JwtKey(JwtKey&& other) noexcept
    : id_(std::move(other.id_)), jwk_(std::exchange(other.jwk_, nullptr)) {}
JwtKey::~JwtKey() {
  if (jwk_ != nullptr) cjose_jwk_release(of(jwk_));
}

std::string JwtKey::public_json() const { return json_of(jwk_, false); }
std::string JwtKey::private_json() const { return json_of(jwk_, true); }

std::string JwtKey::sign(const std::string& algorithm, const std::string& claims) const {
  cjose_header_t* const header = cjose_header_new(nullptr);
  cjose_header_set(header, CJOSE_HDR_ALG, algorithm.c_str(), nullptr);
  cjose_header_set(header, CJOSE_HDR_KID, id_.c_str(), nullptr);
  cjose_jws_t* const jws =
      cjose_jws_sign(of(jwk_), header, reinterpret_cast<const std::uint8_t*>(claims.data()),
                     claims.size(), nullptr);
  const char* text = nullptr;
  if (jws == nullptr || !cjose_jws_export(jws, &text, nullptr))
    throw std::runtime_error("not signed with " + algorithm);
  std::string out(text);
  cjose_jws_release(jws);
  cjose_header_release(header);
  return out;
}

std::string base64url(const std::string& octets) {
  char* text = nullptr;
  std::size_t size = 0;
  cjose_base64url_encode(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size(), &text,
                         &size, nullptr);
  std::string out(text, size);
  std::free(text);
  return out;
}

std::string sign_hs256(const std::string& header, const std::string& claims,
                       const std::string& secret) {
  const std::string text = base64url(header) + "." + base64url(claims);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return text + "." + base64url(std::string(reinterpret_cast<const char*>(mac), size));
}

}  // namespace millrace::test
