#include "access/jwt.hpp"

#include <algorithm>
#include <array>

namespace millrace::access {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

struct Algorithm {
  std::string_view name;
  std::string_view kind;
  std::string_view curve;
};
// Not among them: `none`, and HS256 and its kin, whose key would have to be secret.
constexpr std::array<Algorithm, 8> algorithms = {{{"RS256", "RSA", ""},
                                                  {"RS384", "RSA", ""},
                                                  {"RS512", "RSA", ""},
                                                  {"PS256", "RSA", ""},
                                                  {"PS384", "RSA", ""},
                                                  {"PS512", "RSA", ""},
                                                  {"ES256", "EC", "P-256"},
                                                  {"ES384", "EC", "P-384"}}};

const Algorithm* algorithm_of(std::string_view name) {
  const auto* found = std::find_if(algorithms.begin(), algorithms.end(),
                                   [&](const Algorithm& each) { return each.name == name; });
  return found == algorithms.end() ? nullptr : found;
}

bool is_base64url(std::string_view text) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  return !text.empty() && text.find_first_not_of(letters) == std::string_view::npos;
}

// Whose token it is may know that it was right once.
tl::unexpected<statekit::Error> not_now(std::string message) {
  return fail(Code::unauthenticated, message, {"JWT: " + message});
}

}  // namespace

tl::unexpected<statekit::Error> no_such_bearer(std::string why) {
  return fail(Code::unauthenticated, "this token is not known, or was revoked",
              {"JWT: " + std::move(why)});
}

Status check_jwt_form(std::string_view text) {
  if (text.size() > jwt_bytes_max)
    return no_such_bearer("it has " + std::to_string(text.size()) + " bytes, and " +
                          std::to_string(jwt_bytes_max) + " are looked at");
  const std::size_t first = text.find('.');
  const std::size_t last = text.rfind('.');
  if (first == std::string_view::npos || first == last || !is_base64url(text.substr(0, first)) ||
      !is_base64url(text.substr(first + 1, last - first - 1)) ||
      !is_base64url(text.substr(last + 1)))
    return no_such_bearer("it is not three parts of base64url");
  return {};
}

Status check_jwt_header(const JwtHeader& header) {
  if (algorithm_of(header.algorithm) == nullptr)
    return no_such_bearer("the algorithm '" + header.algorithm + "' is not taken");
  if (header.critical) return no_such_bearer("`crit` demands what is not known here");
  if (header.key_id.empty()) return no_such_bearer("it does not name its key (`kid`)");
  return {};
}

Status check_jwt_key(const JwtHeader& header, const JwtKeyAbout& key) {
  const Algorithm* wanted = algorithm_of(header.algorithm);
  const std::string named = "key '" + key.id + "'";
  if (wanted == nullptr || wanted->kind != key.kind || wanted->curve != key.curve)
    return no_such_bearer(named + " is not one for " + header.algorithm);
  if (!key.algorithm.empty() && key.algorithm != header.algorithm)
    return no_such_bearer(named + " is for " + key.algorithm + ", not for " + header.algorithm);
  if (!key.use.empty() && key.use != "sig") return no_such_bearer(named + " is not for signatures");
  return {};
}

Result<JwtBearer> check_jwt_claims(const JwtClaims& claims, const JwtRules& rules, WallMs now_ms) {
  if (claims.issuer != rules.issuer)
    return no_such_bearer("it was issued by '" + claims.issuer + "'");
  if (std::find(claims.audiences.begin(), claims.audiences.end(), rules.audience) ==
      claims.audiences.end())
    return no_such_bearer("it is for another audience");
  if (!claims.expires_ms) return no_such_bearer("it never expires (`exp`)");
  if (*claims.expires_ms + rules.leeway_ms <= now_ms) return not_now("this token has expired");
  if (claims.not_before_ms && *claims.not_before_ms - rules.leeway_ms > now_ms)
    return not_now("this token is not valid yet");
  JwtBearer bearer{rules.prefix + claims.subject, {}};
  if (claims.subject.empty() || !is_principal(bearer.principal))
    return no_such_bearer("it names nobody, or somebody whom no grant can name");
  // Otherwise whoever picks their own name picks a group's rights.
  if (bearer.principal.starts_with(group_prefix) || is_own_name(bearer.principal))
    return no_such_bearer("nobody is called " + bearer.principal);
  if (claims.groups.size() > jwt_groups_max)
    return no_such_bearer("it lists more than " + std::to_string(jwt_groups_max) + " groups");
  for (const std::string& group : claims.groups) {
    std::string principal = std::string(group_prefix) + group;
    if (!group.empty() && is_principal(principal)) bearer.groups.push_back(std::move(principal));
  }
  return bearer;
}

}  // namespace millrace::access
