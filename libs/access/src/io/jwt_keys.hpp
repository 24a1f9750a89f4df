// JwtKeys: the public keys of a JWKS file, and the signatures that they verify. A value that is
// replaced whole when the file changes. Thread safe: nothing in it changes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "jwt_json.hpp"

namespace millrace::access {

class JwtKeys {
 public:
  // FailedPrecondition says what is wrong with the file's text.
  static statekit::Result<std::shared_ptr<const JwtKeys>> read(std::string_view text);

  // The claims of a token that one of these keys has signed. Unauthenticated as in access/jwt.hpp.
  statekit::Result<JwtClaims> verify(std::string_view token, const ClaimNames& names) const;

  std::size_t size() const { return keys_.size(); }

 private:
  struct Key;
  std::map<std::string, std::shared_ptr<const Key>> keys_;  // by `kid`
};

}  // namespace millrace::access
