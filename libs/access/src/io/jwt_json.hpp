// What stands in the JSON of a JWT and of a JWKS file, as values. Any bytes give an answer. Pure
// but for its library.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/jwt.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

struct ClaimNames {
  std::string subject = "sub";  // a JSON pointer where it begins with /
  std::string groups;           // empty: none are read
};

statekit::Result<JwtHeader> jwt_header_of(std::string_view json);
statekit::Result<JwtClaims> jwt_claims_of(std::string_view json, const ClaimNames& names);

struct KeyText {
  JwtKeyAbout about;
  std::string json;  // one JWK
};
// Those that could verify something. FailedPrecondition where it is no JWKS, holds a secret, names
// a key twice, or has none to verify with.
statekit::Result<std::vector<KeyText>> jwks_keys_of(std::string_view json);

}  // namespace millrace::access
