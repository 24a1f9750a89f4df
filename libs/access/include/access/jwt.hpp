// JSON Web Tokens (RFC 7519) once they are values: which key may have signed one, and whether what
// it claims holds here and now. Bytes, JSON and signatures are the edge's (io/jwt_keys.hpp). Pure
// functions; time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/model.hpp"
#include "statekit/result.hpp"

namespace millrace::access {

// Limits: of one token, of a file of keys, of the list of groups.
inline constexpr std::size_t jwt_bytes_max = 8'192;
inline constexpr std::size_t jwks_bytes_max = 256 * 1'024;
inline constexpr std::size_t jwks_keys_max = 64;
inline constexpr std::size_t jwt_groups_max = 256;
inline constexpr std::size_t rsa_bits_min = 2'048;
// Principals that stand for a group begin so; nobody's own name does.
inline constexpr std::string_view group_prefix = "group:";

struct JwtHeader {
  std::string algorithm;
  std::string key_id;
  bool critical = false;  // demands to be understood in ways that this is not
  bool operator==(const JwtHeader&) const = default;
};

// What a key of the file says of itself.
struct JwtKeyAbout {
  std::string id;
  std::string kind;       // "RSA", "EC"
  std::string curve;      // of EC: "P-256", "P-384"
  std::string algorithm;  // empty: any that its kind has
  std::string use;        // empty, or "sig"
  std::size_t bits = 0;
  bool operator==(const JwtKeyAbout&) const = default;
};

struct JwtClaims {
  std::string issuer;
  std::vector<std::string> audiences;
  std::string subject;
  std::vector<std::string> groups;
  std::optional<WallMs> expires_ms;
  std::optional<WallMs> not_before_ms;
  bool operator==(const JwtClaims&) const = default;
};

struct JwtRules {
  std::string issuer;
  std::string audience;
  std::string prefix;
  std::int64_t leeway_ms = 0;
};

// Who it is, once all of that holds.
struct JwtBearer {
  std::string principal;
  std::vector<std::string> groups;  // principals too
  bool operator==(const JwtBearer&) const = default;
};

// Unauthenticated: `message` is for whoever showed the token and tells nothing that its signature
// has not earned; `details` says why, for those who run the service.
tl::unexpected<statekit::Error> no_such_bearer(std::string why);

// Three parts of base64url, small enough to look at.
statekit::Status check_jwt_form(std::string_view text);
// Signed with one of the algorithms that are taken: asymmetric ones, by RSA or ECDSA.
statekit::Status check_jwt_header(const JwtHeader& header);
// Whether that key may have signed it. REQUIRES: check_jwt_header passed.
statekit::Status check_jwt_key(const JwtHeader& header, const JwtKeyAbout& key);
// REQUIRES: the signature was verified.
statekit::Result<JwtBearer> check_jwt_claims(const JwtClaims& claims, const JwtRules& rules,
                                             WallMs now_ms);

}  // namespace millrace::access
