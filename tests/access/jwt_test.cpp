// What a JWT claims, held against the rules: each refusal, with what its bearer is told and what
// those who run the service read of it.
#include "access/jwt.hpp"

#include <functional>

#include "support/catch.hpp"

using namespace millrace::access;
using millrace::statekit::Code;

namespace {

constexpr WallMs now = 1'700'000'000'000;
const JwtRules rules{"https://id.example", "millrace", "", 30'000};

JwtClaims good() {
  return {"https://id.example", {"millrace"}, "ada", {}, now + 60'000, std::nullopt};
}

template <class Result>
std::string why(const Result& result) {
  return result ? "" : result.error().details.at(0);
}

struct Case {
  const char* name;
  std::function<void(JwtClaims&)> spoil;
  const char* told;
  const char* why;
};
const char* const nothing = "this token is not known, or was revoked";

}  // namespace

TEST_CASE("claims that hold name who it is") {
  const auto bearer = check_jwt_claims(good(), rules, now);
  REQUIRE(bearer);
  CHECK(*bearer == JwtBearer{"ada", {}});
  JwtClaims claims = good();
  claims.audiences = {"others", "millrace"};
  claims.groups = {"ops", "with space", ""};
  JwtRules prefixed = rules;
  prefixed.prefix = "oidc:";
  CHECK(check_jwt_claims(claims, prefixed, now).value() == JwtBearer{"oidc:ada", {"group:ops"}});
}

TEST_CASE("each claim that does not hold refuses the token, and only its times are told") {
  const std::vector<Case> cases = {
      {"issuer", [](auto& c) { c.issuer = "https://evil.example"; }, nothing,
       "JWT: it was issued by 'https://evil.example'"},
      {"issuer that begins so", [](auto& c) { c.issuer = "https://id.example.evil"; }, nothing,
       "JWT: it was issued by 'https://id.example.evil'"},
      {"no issuer", [](auto& c) { c.issuer = ""; }, nothing, "JWT: it was issued by ''"},
      {"audience", [](auto& c) { c.audiences = {"shop"}; }, nothing,
       "JWT: it is for another audience"},
      {"audience that begins so", [](auto& c) { c.audiences = {"millrace-test"}; }, nothing,
       "JWT: it is for another audience"},
      {"no audience", [](auto& c) { c.audiences = {}; }, nothing,
       "JWT: it is for another audience"},
      {"no expiry", [](auto& c) { c.expires_ms.reset(); }, nothing,
       "JWT: it never expires (`exp`)"},
      {"expired", [](auto& c) { c.expires_ms = now - 30'000; }, "this token has expired",
       "JWT: this token has expired"},
      {"not yet", [](auto& c) { c.not_before_ms = now + 30'001; }, "this token is not valid yet",
       "JWT: this token is not valid yet"},
      {"nobody", [](auto& c) { c.subject = ""; }, nothing,
       "JWT: it names nobody, or somebody whom no grant can name"},
      {"two words", [](auto& c) { c.subject = "ada lovelace"; }, nothing,
       "JWT: it names nobody, or somebody whom no grant can name"},
      {"a group's name", [](auto& c) { c.subject = "group:ops"; }, nothing,
       "JWT: nobody is called group:ops"},
      {"Millrace's own name", [](auto& c) { c.subject = "schema"; }, nothing,
       "JWT: nobody is called schema"},
      {"too many groups", [](auto& c) { c.groups.assign(jwt_groups_max + 1, "g"); }, nothing,
       "JWT: it lists more than 256 groups"},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    JwtClaims claims = good();
    each.spoil(claims);
    const auto refused = check_jwt_claims(claims, rules, now);
    CHECK_FALSE(refused);
    if (refused) continue;
    CHECK(refused.error().code == Code::unauthenticated);
    CHECK(refused.error().message == each.told);
    CHECK(why(refused) == each.why);
  }
}

TEST_CASE("clocks may differ by the leeway and no more") {
  JwtClaims claims = good();
  claims.expires_ms = now;
  claims.not_before_ms = now;
  CHECK(check_jwt_claims(claims, rules, now + 29'999));
  CHECK_FALSE(check_jwt_claims(claims, rules, now + 30'000));
  CHECK(check_jwt_claims(claims, rules, now - 30'000));
  CHECK_FALSE(check_jwt_claims(claims, rules, now - 30'001));
}

TEST_CASE("only asymmetric algorithms are taken, and `crit` is not") {
  for (const char* taken : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"})
    CHECK(check_jwt_header({taken, "k", false}));
  for (const char* refused :
       {"none", "None", "", "HS256", "HS384", "HS512", "rs256", "EdDSA", "ES512", "RSA-OAEP"})
    CHECK(why(check_jwt_header({refused, "k", false})) ==
          "JWT: the algorithm '" + std::string(refused) + "' is not taken");
  CHECK(why(check_jwt_header({"ES256", "k", true})) ==
        "JWT: `crit` demands what is not known here");
  CHECK(why(check_jwt_header({"ES256", "", false})) == "JWT: it does not name its key (`kid`)");
}

TEST_CASE("a key verifies what it is for and nothing else") {
  const JwtKeyAbout rsa{"k", "RSA", "", "", "", 2'048};
  const JwtKeyAbout ec{"k", "EC", "P-256", "", "", 256};
  CHECK(check_jwt_key({"RS256", "k", false}, rsa));
  CHECK(check_jwt_key({"ES256", "k", false}, ec));
  CHECK_FALSE(check_jwt_key({"ES256", "k", false}, rsa));
  CHECK_FALSE(check_jwt_key({"RS256", "k", false}, ec));
  CHECK_FALSE(check_jwt_key({"ES384", "k", false}, ec));
  CHECK_FALSE(check_jwt_key({"HS256", "k", false}, rsa));
  JwtKeyAbout held = rsa;
  held.algorithm = "RS512";
  CHECK(why(check_jwt_key({"RS256", "k", false}, held)) ==
        "JWT: key 'k' is for RS512, not for RS256");
  held.algorithm.clear();
  held.use = "enc";
  CHECK(why(check_jwt_key({"RS256", "k", false}, held)) == "JWT: key 'k' is not for signatures");
}

TEST_CASE("a token has three parts of base64url and is not too long to look at") {
  CHECK(check_jwt_form("a.b.c"));
  for (const char* bad : {"", ".", "..", "a.b", "a.b.", ".b.c", "a..c", "a.b.c.d", "a.b=.c",
                          "a.b.c ", "a+.b.c", "a.b.c\n"})
    CHECK_FALSE(check_jwt_form(bad));
  CHECK_FALSE(check_jwt_form(std::string(jwt_bytes_max, 'a') + ".b.c"));
  CHECK(why(check_jwt_form(std::string(1'000'000, 'a'))) ==
        "JWT: it has 1000000 bytes, and 8192 are looked at");
}
