// An issuer of JSON Web Tokens: keys of its own, their JWKS file, and tokens signed with them.
#pragma once

#include <string>

namespace millrace::test {

class JwtKey {
 public:
  static JwtKey rsa(const std::string& id, int bits = 2'048);
  static JwtKey ec(const std::string& id, const std::string& curve = "P-256");
  ~JwtKey();
  JwtKey(JwtKey&& other) noexcept;
  JwtKey(const JwtKey&) = delete;
  JwtKey& operator=(const JwtKey&) = delete;

  const std::string& id() const { return id_; }
  std::string public_json() const;  // one JWK
  std::string private_json() const;
  // `claims` is JSON.
  std::string sign(const std::string& algorithm, const std::string& claims) const;

 private:
  JwtKey(std::string id, void* jwk) : id_(std::move(id)), jwk_(jwk) {}
  std::string id_;
  void* jwk_;
};

std::string base64url(const std::string& octets);
// Signed with a secret, as HS256 does: for those who take a public key for one.
std::string sign_hs256(const std::string& header, const std::string& claims,
                       const std::string& secret);

}  // namespace millrace::test
