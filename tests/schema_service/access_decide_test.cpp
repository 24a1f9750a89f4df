// Saying who may do what, decided and folded without a service.
#include "support/catch.hpp"
#include "tests/schema_service/world.hpp"

using namespace millrace;
using namespace millrace::schema_service;
using statekit::Code;
using test::World;

namespace {

CreateToken token_for(const std::string& principal, const std::string& id,
                      std::vector<access::RoleBinding> roles = {}) {
  CreateToken command;
  command.token.id = id;
  command.token.hash = statekit::sha256(id);
  command.token.principal = principal;
  command.roles = std::move(roles);
  return command;
}

template <class Decision>
Code code_of(const Decision& decision) {
  return decision ? Code::ok : decision.error().code;
}

const std::vector<access::RoleBinding> viewer = {{access::Role::viewer, {}}};
const std::vector<access::RoleBinding> admin = {{access::Role::admin, {}}};

}  // namespace

TEST_CASE("a token is made with the roles of its principal, or for those that it has") {
  World world;
  CHECK(code_of(world.run(token_for("ada", "aaaaaaaaaa"))) == Code::failed_precondition);
  REQUIRE(world.run(token_for("ada", "aaaaaaaaaa", viewer), {"root", "", 0, "", {}}));
  const access::Token* token = world.state.book().token("aaaaaaaaaa");
  REQUIRE(token != nullptr);
  CHECK(token->author == "root");
  CHECK(token->revision == world.state.revision());
  CHECK(world.state.book().grant("ada")->roles == viewer);
  CHECK(world.run(token_for("ada", "bbbbbbbbbb")));
  CHECK(world.run(token_for("ada", "cccccccccc", viewer)));
  CHECK(code_of(world.run(token_for("ada", "dddddddddd", admin))) == Code::already_exists);
  CHECK(code_of(world.run(token_for("ada", "aaaaaaaaaa"))) == Code::already_exists);
}

TEST_CASE("a token that says what it cannot is refused") {
  World world;
  CreateToken command = token_for("ada", "aaaaaaaaaa", viewer);
  command.token.expires_ms = world.wall_ms;
  CHECK(code_of(world.run(command)) == Code::invalid_argument);
  command.token.expires_ms = -1;
  CHECK(code_of(world.run(command)) == Code::invalid_argument);
  CHECK(code_of(world.run(token_for("a b", "aaaaaaaaaa", viewer))) == Code::invalid_argument);
  CHECK(code_of(world.run(token_for("ada", "short", viewer))) == Code::invalid_argument);
  for (const char* own : {"schema", "millrace", "bootstrap"}) {
    CHECK(code_of(world.run(token_for(own, "aaaaaaaaaa", viewer))) == Code::invalid_argument);
    CHECK(code_of(world.run(SetRoles{own, viewer})) == Code::invalid_argument);
  }
  command = token_for("ada", "aaaaaaaaaa", viewer);
  command.token.hash = {};
  CHECK(code_of(world.run(command)) == Code::invalid_argument);
  command = token_for("ada", "aaaaaaaaaa", {{access::Role::deployer, {"no pattern"}}});
  CHECK(code_of(world.run(command)) == Code::invalid_argument);
  CHECK(world.state.revision() == 0);
}

TEST_CASE("tokens are revoked all or none") {
  World world;
  REQUIRE(world.run(token_for("ada", "aaaaaaaaaa", viewer)));
  REQUIRE(world.run(token_for("ada", "bbbbbbbbbb")));
  CHECK(code_of(world.run(RevokeTokens{})) == Code::invalid_argument);
  CHECK(code_of(world.run(RevokeTokens{{"aaaaaaaaaa", "xxxxxxxxxx"}})) == Code::not_found);
  CHECK(world.state.book().tokens().size() == 2);
  REQUIRE(world.run(RevokeTokens{{"bbbbbbbbbb", "aaaaaaaaaa", "aaaaaaaaaa"}}));
  CHECK(world.state.book().tokens().empty());
}

TEST_CASE("roles are set, are as they were, and are taken away") {
  World world;
  REQUIRE(world.run(SetRoles{"ada", viewer}));
  const auto same = world.run(SetRoles{"ada", viewer});
  REQUIRE(same);
  CHECK(same->events.empty());
  REQUIRE(world.run(SetRoles{"ada", admin}));
  CHECK(world.state.book().grant("ada")->roles == admin);
  REQUIRE(world.run(SetRoles{"ada", {}}));
  CHECK(world.state.book().grant("ada") == nullptr);
  CHECK(code_of(world.run(SetRoles{"ada", {}})) == Code::not_found);
}

TEST_CASE("G8: tokens and principals with roles are bounded, and room comes back") {
  const auto named = [](std::size_t i) { return "p" + std::to_string(i); };
  const auto id = [](std::size_t i) {
    const std::string digits = std::to_string(i);
    return std::string(access::token_id_characters - digits.size(), 'a') + digits;
  };
  World tokens;
  REQUIRE(tokens.run(SetRoles{"ada", viewer}));
  for (std::size_t i = 0; i < access::tokens_max; ++i) REQUIRE(tokens.run(token_for("ada", id(i))));
  CHECK(code_of(tokens.run(token_for("ada", "zzzzzzzzzz"))) == Code::resource_exhausted);
  REQUIRE(tokens.run(RevokeTokens{{id(7)}}));
  REQUIRE(tokens.run(token_for("ada", "zzzzzzzzzz")));

  World grants;
  for (std::size_t i = 0; i < access::grants_max; ++i)
    REQUIRE(grants.run(SetRoles{named(i), viewer}));
  CHECK(code_of(grants.run(SetRoles{"ada", viewer})) == Code::resource_exhausted);
  CHECK(code_of(grants.run(token_for("ada", "aaaaaaaaaa", viewer))) == Code::resource_exhausted);
  REQUIRE(grants.run(SetRoles{named(7), admin}));  // whoever is there is changed
  REQUIRE(grants.run(SetRoles{named(7), {}}));
  REQUIRE(grants.run(SetRoles{"ada", viewer}));
}

TEST_CASE("who may do what survives a restart") {
  World world;
  REQUIRE(world.run(token_for("ada", "aaaaaaaaaa", {{access::Role::deployer, {"shop*"}}})));
  const access::Book before = world.state.book();
  const std::uint64_t digest = world.state.digest();
  world.restart();
  CHECK(world.state.book() == before);
  CHECK(world.state.digest() == digest);
}
