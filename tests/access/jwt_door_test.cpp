// JWT with real keys and signatures: what is forged, cut or signed by others, and keys that change
// while tokens are in use.
#include "access/io/jwt_door.hpp"

#include <filesystem>

#include "access/house.hpp"
#include "access/io/http_gate.hpp"
#include "support/catch.hpp"
#include "support/jwt.hpp"
#include "support/temp_dir.hpp"

#include <fstream>

using namespace millrace::test;
using millrace::statekit::Code;

namespace {

constexpr WallMs now = 1'700'000'000'000;

// Made once: it takes a while.
const JwtKey& rsa() {
  static const JwtKey key = JwtKey::rsa("rsa-1");
  return key;
}
const JwtKey& ec() {
  static const JwtKey key = JwtKey::ec("ec-1");
  return key;
}

std::string claims(const std::string& more = "", std::int64_t expires_s = now / 1'000 + 60) {
  return R"({"iss":"https://id.example","aud":["millrace"],"sub":"ada","exp":)" +
         std::to_string(expires_s) + more + "}";
}

class Issuer {
 public:
  Issuer() { write(rsa().public_json() + "," + ec().public_json()); }

  void write(const std::string& keys) { put("{\"keys\":[" + keys + "]}"); }
  void put(const std::string& text) {
    std::ofstream(path() + ".new", std::ios::binary | std::ios::trunc) << text;
    std::filesystem::rename(path() + ".new", path());
  }
  std::string path() const { return folder_ / "jwks.json"; }

  millrace::settings::Jwt settings() const {
    millrace::settings::Jwt jwt;
    jwt.keys = path();
    jwt.issuer = "https://id.example";
    jwt.audience = "millrace";
    jwt.groups_claim = "groups";
    return jwt;
  }
  std::shared_ptr<JwtDoor> door() const {
    auto made = JwtDoor::open(settings());
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    return *made;
  }

 private:
  TempDir folder_;
};

std::string verdict(JwtDoor& door, const std::string& token, millrace::statekit::MonoMs mono = 0) {
  const auto bearer = door.bearer(token, now, mono);
  return bearer ? bearer->principal : bearer.error().details.at(0);
}

}  // namespace

TEST_CASE("a JWT is believed that a key of the file has signed with an algorithm of its kind") {
  const Issuer issuer;
  const auto door = issuer.door();
  for (const char* algorithm : {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
    CHECK(verdict(*door, rsa().sign(algorithm, claims())) == "ada");
  CHECK(verdict(*door, ec().sign("ES256", claims())) == "ada");
  const std::string token = ec().sign("ES256", claims());
  CHECK_FALSE(door->knows(token));
  CHECK(verdict(*door, token) == "ada");
  CHECK(door->knows(token));
  CHECK(door->bearer(token, now + 90'000, 0).error().message == "this token has expired");
}

TEST_CASE("a JWT that is forged, cut or signed by others is refused") {
  const Issuer issuer;
  const auto door = issuer.door();
  const std::string good = rsa().sign("RS256", claims());
  const std::string hs256 = R"({"alg":"HS256","kid":"rsa-1"})";

  // The public key taken for a secret, in either spelling.
  CHECK(verdict(*door, sign_hs256(hs256, claims(), rsa().public_json())) ==
        "JWT: the algorithm 'HS256' is not taken");
  CHECK(verdict(*door,
                sign_hs256(R"({"alg":"RS256","kid":"rsa-1"})", claims(), rsa().public_json())) ==
        "JWT: its signature is not that of key 'rsa-1'");
  CHECK(verdict(*door, base64url(R"({"alg":"none","kid":"rsa-1"})") + "." + base64url(claims()) +
                           ".AA") == "JWT: the algorithm 'none' is not taken");
  CHECK(verdict(*door, base64url(R"({"alg":"ES256","kid":"rsa-1"})") +
                           good.substr(good.find('.'))) == "JWT: key 'rsa-1' is not one for ES256");
  CHECK(verdict(*door, base64url(R"({"alg":"RS256","alg":"HS256","kid":"rsa-1"})") +
                           good.substr(good.find('.'))) ==
        "JWT: the algorithm 'HS256' is not taken");

  const JwtKey other = JwtKey::ec("ec-1");
  CHECK(verdict(*door, other.sign("ES256", claims())) ==
        "JWT: its signature is not that of key 'ec-1'");
  const JwtKey unknown = JwtKey::ec("ec-2");
  CHECK(verdict(*door, unknown.sign("ES256", claims())) ==
        "JWT: no key of the file is called 'ec-2'");

  // Other claims under the same signature, and each way to cut it.
  const std::size_t first = good.find('.'), last = good.rfind('.');
  CHECK(verdict(*door, good.substr(0, first + 1) + base64url(claims(",\"sub\":\"root\"")) +
                           good.substr(last)) == "JWT: its signature is not that of key 'rsa-1'");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, first, last, last + 1, last + 2, good.size() - 1}) {
    CAPTURE(size);
    CHECK(verdict(*door, good.substr(0, size)) != "ada");
  }
  CHECK(verdict(*door, std::string(1'000'000, 'a') + ".b.c").ends_with("8192 are looked at"));
  CHECK(verdict(*door, rsa().sign("RS256", "[]")) == "JWT: its claims are no JSON object");
  CHECK(verdict(*door, rsa().sign("RS256", claims(",\"nbf\":\"soon\""))) ==
        "JWT: `exp` or `nbf` is no time");
  CHECK(verdict(*door, rsa().sign("RS256", claims(",\"exp\":1e300"))) == "ada");
  CHECK(verdict(*door, rsa().sign("RS256", claims(",\"exp\":-1"))) ==
        "JWT: `exp` or `nbf` is no time");
}

TEST_CASE("a claim may lie deeper, and is nobody's where it is no text") {
  const Issuer issuer;
  auto settings = issuer.settings();
  settings.subject_claim = "/realm/name";
  settings.groups_claim = "/realm/roles";
  auto door = JwtDoor::open(settings);
  REQUIRE(door);
  const auto bearer = (*door)->bearer(
      ec().sign("ES256", claims(R"(,"realm":{"name":"bob","roles":["ops",7,"dev"]})")), now, 0);
  REQUIRE(bearer);
  CHECK(*bearer == JwtBearer{"bob", {"group:ops", "group:dev"}});
  CHECK(verdict(**door, ec().sign("ES256", claims(R"(,"realm":{"name":7})"))) ==
        "JWT: it names nobody, or somebody whom no grant can name");
  CHECK(verdict(**door, ec().sign("ES256", claims(R"(,"realm":[])"))) ==
        "JWT: it names nobody, or somebody whom no grant can name");
}

TEST_CASE("a file of keys that is wrong is refused at the start, with what is wrong") {
  Issuer issuer;
  const auto said = [&](const std::string& text) {
    issuer.put(text);
    const auto made = JwtDoor::open(issuer.settings());
    return made ? "" : made.error().message;
  };
  const auto keys = [](const std::string& text) { return "{\"keys\":[" + text + "]}"; };
  CHECK(said("").ends_with("it cannot be read, or is empty"));
  CHECK(said("{").ends_with("it is no JWKS: a JSON object with a list `keys`"));
  CHECK(said("{\"keys\":{}}").ends_with("it is no JWKS: a JSON object with a list `keys`"));
  CHECK(said(keys("")).find("no key to verify with") != std::string::npos);
  CHECK(said(keys("7")).ends_with("one of its keys is no JSON object"));
  CHECK(said(keys(ec().private_json())).find("'ec-1' is a private key") != std::string::npos);
  CHECK(said(keys(R"({"kty":"oct","kid":"s","k":"AAAA"})")).find("'s' is a secret") !=
        std::string::npos);
  CHECK(said(keys(ec().public_json() + "," + ec().public_json())).find("two keys named 'ec-1'") !=
        std::string::npos);
  CHECK(said(keys(R"({"kty":"EC","crv":"P-256","kid":"x","x":"AA","y":"AA"})")).find("'x'") !=
        std::string::npos);
  const std::string weak = said(keys(JwtKey::rsa("weak", 1'024).public_json()));
  CHECK(weak.find("'weak' has 1024 bits") != std::string::npos);
  CHECK(said(std::string(jwks_bytes_max + 1, ' ')).find("larger than") != std::string::npos);
  // Of other kinds, or for other uses: an issuer may have them.
  CHECK(said(keys(ec().public_json() + R"(,{"kty":"OKP","kid":"o"},{"kty":"RSA","use":"enc"})")) ==
        "");
  auto settings = issuer.settings();
  settings.audience.clear();
  const auto open = JwtDoor::open(settings);
  REQUIRE_FALSE(open);
  CHECK(open.error().message.find("auth.jwt.audience is empty") != std::string::npos);
  settings = issuer.settings();
  settings.keys = "/nowhere";
  CHECK_FALSE(JwtDoor::open(settings));
}

TEST_CASE("keys that change in the file are taken, and what is wrong there changes nothing") {
  Issuer issuer;
  const auto door = issuer.door();
  const JwtKey next = JwtKey::ec("ec-2");
  const std::string old_token = ec().sign("ES256", claims());
  const std::string new_token = next.sign("ES256", claims());
  CHECK(verdict(*door, old_token, 0) == "ada");
  CHECK(verdict(*door, new_token, 0) == "JWT: no key of the file is called 'ec-2'");

  issuer.write(ec().public_json() + "," + next.public_json());
  CHECK(verdict(*door, new_token, 999) == "JWT: no key of the file is called 'ec-2'");
  CHECK(verdict(*door, new_token, 1'000) == "ada");
  CHECK(verdict(*door, old_token, 1'000) == "ada");

  issuer.put("{\"keys\":[");
  CHECK(verdict(*door, old_token, 2'000) == "ada");
  std::filesystem::remove(issuer.path());
  CHECK(verdict(*door, new_token, 3'000) == "ada");

  // What a key has signed is believed no longer than that key is there.
  issuer.write(next.public_json());
  CHECK(verdict(*door, new_token, 4'000) == "ada");
  CHECK(verdict(*door, old_token, 4'000) == "JWT: no key of the file is called 'ec-1'");
}

TEST_CASE("a gate lets the bearer of a JWT in by the roles of their name and of their groups") {
  const Issuer issuer;
  House house;
  house.trusted.jwt = issuer.door();
  house.book.put(Grant{"group:ops", {{Role::deployer, {"shop*"}}}, 0, "", 0});
  Arrival arrival;
  arrival.method = looks;
  arrival.authorization = "Bearer " + ec().sign("ES256", claims());
  CHECK(house.verdict(arrival) == "ada");
  arrival.method = deploys;
  CHECK(house.verdict(arrival) == "permission-denied");
  arrival.authorization = "Bearer " + ec().sign("ES256", claims(",\"groups\":[\"ops\",\"all\"]"));
  const auto caller = house.gate().admit(arrival);
  REQUIRE(caller);
  CHECK(text_of(caller->roles) == "viewer deployer=shop*");
  CHECK(caller->shown == "JWT");

  // Nobody learns why theirs is not believed; those who run the service do.
  house.told.clear();
  arrival.authorization = "Bearer " + JwtKey::ec("ec-1").sign("ES256", claims());
  const auto refused = house.gate().admit(arrival);
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == millrace::statekit::Error{Code::unauthenticated,
                                                     "this token is not known, or was revoked",
                                                     {}});
  REQUIRE(house.told.size() == 1);
  CHECK(house.told[0].who == "a JWT");
  CHECK(house.told[0].why == "JWT: its signature is not that of key 'ec-1'");

  // Where no keys are named a JWT is what any text is.
  house.trusted.jwt = nullptr;
  arrival.authorization = "Bearer " + ec().sign("ES256", claims());
  CHECK(house.verdict(arrival) == "unauthenticated");
}

TEST_CASE("a JWT is the password of Basic too, as long as it may be") {
  const Issuer issuer;
  House house;
  house.trusted.jwt = issuer.door();
  const std::string pad(4'000, 'x');
  std::string basic = base64url("ada:" + ec().sign("ES256", claims(",\"pad\":\"" + pad + "\"")));
  for (char& c : basic) c = c == '-' ? '+' : (c == '_' ? '/' : c);
  while (basic.size() % 4 != 0) basic += '=';
  millrace::httpkit::Request request;
  request.headers = {{"authorization", "Basic " + basic}};
  CHECK(house.verdict(arrival_of(request, "console")) == "ada");
}

TEST_CASE("a stream ends once its JWT has expired, and when the key that signed it is gone") {
  Issuer issuer;
  House house;
  house.trusted.jwt = issuer.door();
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> ended;
  const auto stay = [&](const std::string& token) {
    Arrival arrival;
    arrival.method = looks;
    arrival.authorization = "Bearer " + token;
    const auto caller = house.gate().admit(arrival);
    REQUIRE(caller);
    house.gate().stay(arrival, *caller, [&](const millrace::statekit::Error& why) {
      const std::lock_guard lock(mutex);
      ended.push_back(std::string(name_of(why.code)) + ": " + why.message);
      changed.notify_all();
    });
  };
  const auto wait_for = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(60), [&] { return ended.size() == count; });
  };
  stay(ec().sign("ES256", claims("", now / 1'000 + 60)));
  stay(rsa().sign("RS256", claims("", now / 1'000 + 600)));
  house.clock.advance(89'000);
  house.clock.advance(1'000);
  REQUIRE(wait_for(1));
  CHECK(ended[0] == "unauthenticated: this token has expired");
  issuer.write(ec().public_json());
  house.clock.advance(jwks_look_ms);
  REQUIRE(wait_for(2));
  CHECK(ended[1] == "unauthenticated: this token is not known, or was revoked");
}
