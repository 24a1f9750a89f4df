#include "jwt_keys.hpp"

#include <cjose/cjose.h>

#include <cstdlib>

namespace millrace::access {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

struct ReleaseJws {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};

// Empty: it is none.
std::string decode_base64url(std::string_view text) {
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  if (!cjose_base64url_decode(text.data(), text.size(), &octets, &size, nullptr)) return {};
  std::string out(reinterpret_cast<const char*>(octets), size);
  std::free(octets);
  return out;
}

}  // namespace

struct JwtKeys::Key {
  Key(JwtKeyAbout of, cjose_jwk_t* taken) : about(std::move(of)), jwk(taken) {}
  ~Key() { cjose_jwk_release(jwk); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  JwtKeyAbout about;
  cjose_jwk_t* const jwk;
};

Result<std::shared_ptr<const JwtKeys>> JwtKeys::read(std::string_view text) {
  auto texts = jwks_keys_of(text);
  if (!texts) return fail(texts.error());
  auto keys = std::make_shared<JwtKeys>();
  for (KeyText& each : *texts) {
    cjose_err error{};
    const std::string named = "the key '" + each.about.id + "'";
    cjose_jwk_t* const jwk = cjose_jwk_import(each.json.data(), each.json.size(), &error);
    if (jwk == nullptr)
      return fail(Code::failed_precondition,
                  named + " is damaged: " + (error.message != nullptr ? error.message : "unknown"));
    each.about.bits = cjose_jwk_get_keysize(jwk, nullptr);
    auto key = std::make_shared<const Key>(each.about, jwk);
    if (key->about.kind == "RSA" && key->about.bits < rsa_bits_min)
      return fail(Code::failed_precondition, named + " has " + std::to_string(key->about.bits) +
                                                 " bits, which is too few to be safe");
    keys->keys_.emplace(key->about.id, std::move(key));
  }
  return std::shared_ptr<const JwtKeys>(std::move(keys));
}

Result<JwtClaims> JwtKeys::verify(std::string_view token, const ClaimNames& names) const {
  if (auto form = check_jwt_form(token); !form) return fail(form.error());
  auto header = jwt_header_of(decode_base64url(token.substr(0, token.find('.'))));
  if (!header) return fail(header.error());
  if (auto taken = check_jwt_header(*header); !taken) return fail(taken.error());
  const auto found = keys_.find(header->key_id);
  if (found == keys_.end())
    return no_such_bearer("no key of the file is called '" + header->key_id + "'");
  const Key& key = *found->second;
  if (auto fits = check_jwt_key(*header, key.about); !fits) return fail(fits.error());

  const std::unique_ptr<cjose_jws_t, ReleaseJws> jws(
      cjose_jws_import(token.data(), token.size(), nullptr));
  if (!jws) return no_such_bearer("it cannot be read");
  // The library reads the header by itself: both must have seen the same algorithm.
  const char* const seen =
      cjose_header_get(cjose_jws_get_protected(jws.get()), CJOSE_HDR_ALG, nullptr);
  if (seen == nullptr || header->algorithm != seen)
    return no_such_bearer("its header can be read in two ways");
  if (!cjose_jws_verify(jws.get(), key.jwk, nullptr))
    return no_such_bearer("its signature is not that of key '" + key.about.id + "'");
  std::uint8_t* octets = nullptr;
  std::size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &octets, &size, nullptr))
    return no_such_bearer("it has no claims");
  return jwt_claims_of({reinterpret_cast<const char*>(octets), size}, names);
}

}  // namespace millrace::access
