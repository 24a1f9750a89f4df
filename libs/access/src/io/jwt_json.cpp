#include "jwt_json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace millrace::access {

using Json = nlohmann::json;
using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr double seconds_max = 253'402'300'799.0;  // the end of the year 9999

std::string text_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

Json object_of(std::string_view text) {
  Json parsed = Json::parse(text, nullptr, false);
  return parsed.is_object() ? std::move(parsed) : Json();
}

// Null where there is none.
Json claim_of(const Json& claims, const std::string& name) {
  if (name.empty()) return {};
  if (name.front() != '/') {
    const auto found = claims.find(name);
    return found == claims.end() ? Json() : *found;
  }
  try {
    const Json::json_pointer pointer(name);
    return claims.contains(pointer) ? claims.at(pointer) : Json();
  } catch (const Json::exception&) {
    return {};
  }
}

// A text, or a list of texts; what else stands in a list is left out.
std::vector<std::string> texts_of(const Json& value) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> out;
  if (!value.is_array()) return out;
  for (const Json& each : value)
    if (each.is_string()) out.push_back(each.get<std::string>());
  return out;
}

// A NumericDate; false: there is something else.
bool read_moment(const Json& claims, const char* name, std::optional<WallMs>& into) {
  const auto found = claims.find(name);
  if (found == claims.end()) return true;
  if (!found->is_number()) return false;
  const double seconds = found->get<double>();
  if (!std::isfinite(seconds) || seconds < 0) return false;
  into = static_cast<WallMs>(std::min(seconds, seconds_max) * 1'000);
  return true;
}

tl::unexpected<statekit::Error> wrong_file(const std::string& why) {
  return fail(Code::failed_precondition, why);
}

Result<JwtKeyAbout> about_of(const Json& key) {
  JwtKeyAbout about{text_in(key, "kid"), text_in(key, "kty"), text_in(key, "crv"),
                    text_in(key, "alg"), text_in(key, "use"), 0};
  const std::string named = "the key '" + about.id + "'";
  if (about.kind == "oct" || key.contains("k"))
    return wrong_file(named + " is a secret that signs as well: only public keys belong there");
  if (key.contains("d"))
    return wrong_file(named + " is a private key: only public keys belong there");
  return about;
}

// What is left is skipped, as RFC 7517 asks, so that an issuer may have keys for other uses.
bool can_verify(const JwtKeyAbout& about) {
  const bool kind = about.kind == "RSA" ||
                    (about.kind == "EC" && (about.curve == "P-256" || about.curve == "P-384"));
  return kind && !about.id.empty() && (about.use.empty() || about.use == "sig");
}

}  // namespace

Result<JwtHeader> jwt_header_of(std::string_view json) {
  const Json parsed = object_of(json);
  if (parsed.is_null()) return no_such_bearer("its header is no JSON object");
  return JwtHeader{text_in(parsed, "alg"), text_in(parsed, "kid"), parsed.contains("crit")};
}

Result<JwtClaims> jwt_claims_of(std::string_view json, const ClaimNames& names) {
  const Json parsed = object_of(json);
  if (parsed.is_null()) return no_such_bearer("its claims are no JSON object");
  JwtClaims claims;
  claims.issuer = text_in(parsed, "iss");
  claims.audiences = texts_of(claim_of(parsed, "aud"));
  const Json subject = claim_of(parsed, names.subject);
  if (subject.is_string()) claims.subject = subject.get<std::string>();
  claims.groups = texts_of(claim_of(parsed, names.groups));
  if (!read_moment(parsed, "exp", claims.expires_ms) ||
      !read_moment(parsed, "nbf", claims.not_before_ms))
    return no_such_bearer("`exp` or `nbf` is no time");
  return claims;
}

Result<std::vector<KeyText>> jwks_keys_of(std::string_view json) {
  const Json parsed = object_of(json);
  const auto keys = parsed.find("keys");
  if (parsed.is_null() || keys == parsed.end() || !keys->is_array())
    return wrong_file("it is no JWKS: a JSON object with a list `keys`");
  if (keys->size() > jwks_keys_max)
    return wrong_file("it has more than " + std::to_string(jwks_keys_max) + " keys");
  std::vector<KeyText> out;
  for (const Json& key : *keys) {
    if (!key.is_object()) return wrong_file("one of its keys is no JSON object");
    auto about = about_of(key);
    if (!about) return fail(about.error());
    if (!can_verify(*about)) continue;
    for (const KeyText& other : out)
      if (other.about.id == about->id)
        return wrong_file("it has two keys named '" + about->id + "'");
    out.push_back({std::move(*about), key.dump()});
  }
  if (out.empty())
    return wrong_file("it has no key to verify with: RSA or EC (P-256, P-384), with a `kid`");
  return out;
}

}  // namespace millrace::access
