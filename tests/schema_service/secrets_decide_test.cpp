// Secrets, decided and folded without a service: what was sealed or wrapped meanwhile is not
// written over, and what was checked must still be what declares it.
#include "support/catch.hpp"
#include "tests/schema_service/desk.hpp"

using namespace millrace;
using namespace millrace::schema_service;
using statekit::Code;
using test::Desk;

namespace {

constexpr const char* shop = "module shop { secret pin Int  verb get(Unit) Unit }";
constexpr const char* cart = "module cart { secret pin Int  verb pay(Unit) Unit }";

ChangeSecrets setting(const std::string& module, const std::string& id,
                      std::vector<std::string> checked) {
  ChangeSecrets command;
  command.changes = {{module, "pin",
                      schema::SecretValue{module, "pin", id, "box of " + id, "wrapped by old",
                                          "old", "f", 0, "", 0}}};
  command.checked = std::move(checked);
  return command;
}

RewrapSecrets wrapping(const std::string& id, const std::string& key) {
  return {{schema::SecretRewrapped{"shop", "pin", id, "wrapped by " + key, key}}};
}

}  // namespace

TEST_CASE("what was set anew while keys were rotated keeps the key that it was sealed with") {
  Desk desk;
  desk.deploy("a", {shop});
  REQUIRE(desk.world.run(setting("shop", "first", {"dpl-shop-a"})));
  // A rotation has unwrapped the first; before it is decided another value comes.
  REQUIRE(desk.world.run(setting("shop", "second", {"dpl-shop-a"})));
  const auto late = desk.world.run(wrapping("first", "new"));
  REQUIRE(late);
  CHECK(late->events.empty());
  CHECK(desk.world.state.secret({"shop", "pin"})->wrapped_key == "wrapped by old");
  REQUIRE(desk.world.run(wrapping("second", "new")));
  const schema::SecretValue* secret = desk.world.state.secret({"shop", "pin"});
  CHECK(secret->wrapped_key == "wrapped by new");
  CHECK(secret->key_id == "new");
  CHECK(secret->box == "box of second");
  // What is wrapped so already needs no commit.
  CHECK(desk.world.run(wrapping("second", "new"))->events.empty());
}

TEST_CASE("a secret is judged again where who declares it changed after it was checked") {
  Desk desk;
  desk.deploy("a", {shop});
  // Checked against shop alone, before cart came with a type of its own.
  const ChangeSecrets for_all = setting("", "first", {"dpl-shop-a"});
  desk.deploy("b", {cart});
  const auto stale = desk.world.run(for_all);
  REQUIRE(!stale);
  CHECK(stale.error().code == Code::aborted);
  CHECK(desk.world.state.secret({"", "pin"}) == nullptr);
  REQUIRE(desk.world.run(setting("", "first", {"dpl-cart-b", "dpl-shop-a"})));
  // Nor is one taken that was checked against a deployment that is not the module's any more.
  const auto of_another = desk.world.run(setting("shop", "second", {"dpl-shop-z"}));
  REQUIRE(!of_another);
  CHECK(of_another.error().code == Code::aborted);
}
