// The settings that every binary's doors have in common: `auth.*`. Described by each main.cpp,
// once; libs/access makes what is trusted of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "settings/settings.hpp"

namespace millrace::settings {

// Who is believed for JSON Web Tokens: one issuer, by the public keys of a file.
struct Jwt {
  std::string keys;
  std::string issuer;
  std::string audience;
  std::string subject_claim = "sub";
  std::string groups_claim;
  std::string prefix;
  std::int64_t leeway_ms = 30'000;
};
inline constexpr std::int64_t jwt_leeway_ms_max = 300'000;

struct Auth {
  std::string mode = "off";
  std::string token_file;
  std::string bootstrap_token_file;
  std::vector<std::string> service_identities;
  Jwt jwt;
};

inline void describe(Fields& fields, Auth& auth) {
  fields.choice("auth.mode", auth.mode, {"off", "required"},
                "whether callers must say who they are, and may do only what their roles allow");
  fields.text(
      "auth.token_file", auth.token_file,
      "file of mode 0600 with the token that Millrace's own services show to each other, and "
      "others that they take, one a line; `millrace token draw FILE` makes one");
  fields.text("auth.bootstrap_token_file", auth.bootstrap_token_file,
              "file of mode 0600 with a token whose bearer is an admin: how the first one gets in");
  fields.list("auth.service_identities", auth.service_identities,
              "names in certificates of Millrace's own services");
  fields.text("auth.jwt.keys", auth.jwt.keys,
              "JWKS file with the public keys that JWT are signed with; empty: no JWT is taken");
  fields.text("auth.jwt.issuer", auth.jwt.issuer, "the `iss` that a JWT must have");
  fields.text("auth.jwt.audience", auth.jwt.audience, "the `aud` that must be among a JWT's");
  fields.text("auth.jwt.subject_claim", auth.jwt.subject_claim,
              "the claim that names who it is; a JSON pointer where it begins with /");
  fields.text("auth.jwt.groups_claim", auth.jwt.groups_claim,
              "the claim that lists groups, each of which is a principal `group:NAME`");
  fields.text("auth.jwt.prefix", auth.jwt.prefix,
              "what stands before the name of a JWT's bearer, such as `oidc:`");
  fields.duration("auth.jwt.leeway", auth.jwt.leeway_ms, 0, jwt_leeway_ms_max,
                  "how far the issuer's clock may be from this one's");
}

}  // namespace millrace::settings
