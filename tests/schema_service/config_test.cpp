// Config values: held against the types that modules declare when they are set and when a deploy
// changes a type, all of a command or nothing of it.
#include "services/schema/config_types.hpp"
#include "support/catch.hpp"
#include "tests/schema_service/desk.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
using millrace::test::Desk;
using statekit::Code;
using Lines = std::vector<std::string>;

namespace {

constexpr const char* shop = R"(module shop {
  config currency String
  config limits shop.Limits
  data Limits { most Int items [Int] }
  verb get(Unit) Unit
})";
constexpr const char* shop_in_numbers = R"(module shop {
  config currency Int
  config limits shop.Limits
  data Limits { most String items [Int] }
  verb get(Unit) Unit
})";
constexpr const char* cart = R"(module cart {
  config currency String?
  verb pay(Unit) Unit
})";

service::ConfigChange set(const std::string& module, const std::string& name,
                          const std::string& json) {
  return {module, name, json};
}
service::ConfigChange unset(const std::string& module, const std::string& name) {
  return {module, name, {}};
}

class Values : public Desk {
 public:
  statekit::Result<service::Decision> change(
      std::vector<service::ConfigChange> changes,
      std::optional<statekit::Revision> if_revision = std::nullopt) {
    return world.run(service::ChangeConfig{std::move(changes), if_revision},
                     {"ada", "", 0, "", {}});
  }
  statekit::Error refusal(std::vector<service::ConfigChange> changes,
                          std::optional<statekit::Revision> if_revision = std::nullopt) {
    const service::State before = world.state;
    const auto answer = change(std::move(changes), if_revision);
    REQUIRE(!answer);
    REQUIRE(world.state == before);
    return answer.error();
  }
  // What a module is given; "" for nothing.
  std::string given(const std::string& module, const std::string& name) const {
    const service::ConfigValue* value = world.state.config_of(module, name);
    return value == nullptr ? "" : value->json;
  }
};

}  // namespace

TEST_CASE("a value is made canonical for its type and knows who set it when") {
  Values values;
  values.deploy("a", {shop});
  REQUIRE(values.change({set("shop", "limits", " { \"items\" : [1, 2.0], \"most\": \"7\" } ")}));
  const service::ConfigValue* value = values.world.state.config({"shop", "limits"});
  REQUIRE(value != nullptr);
  CHECK(value->json == R"({"most":7,"items":[1,2]})");
  CHECK(value->author == "ada");
  CHECK(value->revision == values.world.state.revision());
  CHECK(value->time_ms == values.world.state.time_ms());
}

TEST_CASE("one value that does not fit, in the middle of many, and nothing is set") {
  Values values;
  values.deploy("a", {shop, cart});
  const statekit::Error error = values.refusal(
      {set("cart", "currency", "\"EUR\""), set("shop", "limits", R"({"most":"x","items":[1,"y"]})"),
       set("shop", "currency", "\"EUR\"")});
  CHECK(error.code == Code::invalid_argument);
  CHECK(error.message == "the values do not fit, in 2 places, so nothing was done");
  CHECK(error.details == Lines{"shop.limits/most: wanted Int, got string \"x\"",
                               "shop.limits/items/1: wanted Int, got string \"y\""});
}

TEST_CASE("names that nobody declares are all told, with what was meant") {
  Values values;
  values.deploy("a", {shop, cart});
  const statekit::Error error =
      values.refusal({set("shpo", "currency", "1"), set("shop", "curency", "1"),
                      set("", "limit", "1"), unset("cart", "nothing")});
  CHECK(error.code == Code::not_found);
  CHECK(error.details ==
        Lines{"shpo.currency: no module shpo is deployed; did you mean `shop`?",
              "shop.curency: module shop declares no config curency; did you mean `currency`?",
              "limit: no module that is deployed declares a config limit; did you mean `limits`?",
              "cart.nothing: module cart declares no config nothing"});
  // Beside one that is declared they are refused as well.
  CHECK(values.refusal({set("shop", "currency", "\"EUR\""), unset("cart", "nothing")}).code ==
        Code::not_found);
}

TEST_CASE("a value for all goes to each module that declares it and has none of its own") {
  Values values;
  values.deploy("a", {shop, cart});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\""), set("", "currency", "\"USD\"")}));
  CHECK(values.given("shop", "currency") == "\"EUR\"");
  CHECK(values.given("cart", "currency") == "\"USD\"");
  REQUIRE(values.change({unset("shop", "currency")}));
  CHECK(values.given("shop", "currency") == "\"USD\"");
}

TEST_CASE("a value for all has to fit wherever it is given") {
  Values values;
  values.deploy("a", {shop, cart});
  // null is a value of cart's optional type only.
  CHECK(values.refusal({set("", "currency", "null")}).details ==
        Lines{"shop.currency: wanted String, got null"});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\""), set("", "currency", "null")}));
  // Without its own, shop would be given it.
  CHECK(values.refusal({unset("shop", "currency")}).details ==
        Lines{"shop.currency: wanted String, got null"});
  REQUIRE(values.change({unset("shop", "currency"), unset("", "currency")}));
  CHECK(values.given("shop", "currency").empty());
}

TEST_CASE("what is so already needs no commit") {
  Values values;
  values.deploy("a", {shop});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\"")}));
  const auto again = values.change({set("shop", "currency", " \"EUR\""), unset("shop", "limits")});
  REQUIRE(again);
  CHECK(again->events.empty());
}

TEST_CASE("a change is refused where one of its values has changed since the revision it names") {
  Values values;
  values.deploy("a", {shop});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\"")}));
  const statekit::Revision seen = values.world.state.revision();
  REQUIRE(values.change({set("shop", "limits", R"({"most":1})")}, seen));
  REQUIRE(values.change({set("shop", "currency", "\"USD\"")}, seen));
  const statekit::Error stale = values.refusal({set("shop", "currency", "\"GBP\"")}, seen);
  CHECK(stale.code == Code::aborted);
  CHECK(stale.details ==
        Lines{"shop.currency was set at revision " + std::to_string(seen + 2) + " by ada"});
  CHECK(values.refusal({set("shop", "currency", "\"GBP\"")}, seen + 1).code == Code::aborted);
  REQUIRE(values.change({unset("shop", "currency")}));
  CHECK(values.refusal({set("shop", "currency", "\"GBP\"")}, seen + 2).code == Code::aborted);
  REQUIRE(values.change({set("shop", "currency", "\"GBP\"")}, seen + 3));
  CHECK(values.refusal({unset("shop", "currency")}, 99).code == Code::invalid_argument);
}

TEST_CASE("G8: a change, a value and all values together have a limit") {
  Values values;
  values.deploy("a", {shop});
  CHECK(values.refusal({}).code == Code::invalid_argument);
  const std::vector<service::ConfigChange> many(service::config_changes_max + 1,
                                                set("shop", "currency", "\"EUR\""));
  CHECK(values.refusal(many).code == Code::resource_exhausted);
  const std::string most(service::config_value_bytes_max - 2, 'x');
  REQUIRE(values.change({set("shop", "currency", "\"" + most + "\"")}));
  CHECK(values.refusal({set("shop", "currency", "\"" + most + "x\"")}).code ==
        Code::resource_exhausted);
  CHECK(values.world.state.config_bytes() == service::config_value_bytes_max);
  CHECK(values.refusal({set("shop", "currency", "1"), set("shop", "currency", "2")}).message ==
        "config shop.currency comes twice");
  CHECK(values.refusal({set("shop", "a-b", "1")}).code == Code::invalid_argument);
}

TEST_CASE("G8: values beyond the limit of all together are refused, less are always taken") {
  Values values;
  std::string module = "module big {";
  const std::size_t count = service::config_bytes_max / service::config_value_bytes_max + 1;
  for (std::size_t i = 0; i < count; ++i) module += " config c" + std::to_string(i) + " String";
  values.deploy("a", {module + " verb get(Unit) Unit }"});
  const std::string text = "\"" + std::string(service::config_value_bytes_max - 2, 'x') + "\"";
  for (std::size_t i = 0; i + 1 < count; ++i)
    REQUIRE(values.change({set("big", "c" + std::to_string(i), text)}));
  const std::string last = "c" + std::to_string(count - 1);
  CHECK(values.refusal({set("big", last, "\"\"")}).code == Code::resource_exhausted);
  REQUIRE(values.change({set("big", "c0", "\"\""), set("big", last, "\"y\"")}));
}

TEST_CASE("a deploy that changes a type is refused with the values that no longer fit") {
  Values values;
  values.deploy("a", {shop});
  REQUIRE(values.change(
      {set("shop", "currency", "\"EUR\""), set("shop", "limits", R"({"most":3,"items":[]})")}));
  auto command = values.asked("d", {shop_in_numbers});
  const statekit::Error error = values.refused(command);
  CHECK(error.code == Code::failed_precondition);
  const Lines breaks{
      "shop.currency: wanted Int, got string \"EUR\" [stored-value]: the value of config "
      "shop.currency",
      "shop.limits/most: wanted String, got number 3 [stored-value]: the value of config "
      "shop.limits"};
  CHECK(error.details == breaks);
  command.allow_breaking = true;
  command.accepted_breaks = {breaks[0]};
  CHECK(values.refused(command).details == Lines{breaks[1]});
  command.accepted_breaks = breaks;
  REQUIRE(values.world.run(command));
  values.serve(command);
  CHECK(values.phase("d") == schema::ChangesetPhase::finalized);
  // What did not fit before is not broken by the next deploy.
  auto next = values.asked("e", {shop_in_numbers});
  next.modules[0].build = "next";
  CHECK(values.world.run(next));
}

TEST_CASE("a type of a config without a value may change") {
  Values values;
  values.deploy("a", {shop});
  values.deploy("b", {shop_in_numbers});
}

TEST_CASE("a module that is new is held against the value for all") {
  Values values;
  values.deploy("a", {cart});
  REQUIRE(values.change({set("", "currency", "null")}));
  const statekit::Error error = values.refused(values.asked("b", {shop}));
  CHECK(
      error.details ==
      Lines{"shop.currency: wanted String, got null [stored-value]: the value of config currency"});
}

TEST_CASE("a type that is imported counts as the module's own") {
  const std::string types = "module types { export data Point { x Int } }";
  const std::string user = "module user { config at types.Point verb get(Unit) Unit }";
  Values values;
  values.deploy("a", {types, user});
  REQUIRE(values.change({set("user", "at", R"({"x":1})")}));
  const statekit::Error error =
      values.refused(values.asked("b", {"module types { export data Point { x Int y Int } }"}));
  CHECK(error.details.back() ==
        "user.at/y: the field is missing; wanted Int [stored-value]: the value of config user.at");
}

TEST_CASE("a value that is set while a changeset is on its way is judged when that takes effect") {
  Values values;
  values.deploy("a", {cart});
  auto command = values.asked("b", {shop});
  REQUIRE(values.world.run(command));
  // What is about to be there can be given its values already.
  REQUIRE(values.change({set("shop", "currency", "\"EUR\"")}));
  REQUIRE(values.change({set("shop", "limits", R"({"most":1})")}));
  values.serve(command);
  REQUIRE(values.phase("b") == schema::ChangesetPhase::finalized);
  auto second = values.asked("c", {shop_in_numbers});
  second.allow_breaking = true;
  REQUIRE(values.change({unset("shop", "limits")}));
  REQUIRE(values.world.run(second));
  REQUIRE(values.change({set("shop", "limits", R"({"most":2})")}));
  values.serve(second);
  CHECK(values.phase("c") == schema::ChangesetPhase::failed);
}

TEST_CASE("values outlive their module, and what is left over can be unset") {
  Values values;
  values.deploy("a", {shop, cart});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\"")}));
  service::CreateChangeset removal;
  removal.key = "chs-b";
  removal.removed_modules = {"shop"};
  REQUIRE(values.world.run(removal));
  values.world.settle();
  values.world.pass(3'600'000);
  REQUIRE(values.world.state.canonical("shop") == nullptr);
  CHECK(values.given("shop", "currency") == "\"EUR\"");
  CHECK(values.refusal({set("shop", "currency", "\"USD\"")}).code == Code::not_found);
  REQUIRE(values.change({unset("shop", "currency")}));
  CHECK(values.refusal({unset("shop", "currency")}).code == Code::not_found);
}

TEST_CASE("a plan of config says what would change and changes nothing") {
  Values values;
  values.deploy("a", {shop, cart});
  REQUIRE(values.change({set("shop", "currency", "\"EUR\""), set("cart", "currency", "\"EUR\"")}));
  const auto lines = service::plan(
      values.world.state,
      service::ChangeConfig{{set("shop", "currency", "\"USD\""), unset("cart", "currency"),
                             set("", "currency", "\"GBP\"")},
                            {}});
  REQUIRE(lines);
  CHECK(*lines == Lines{"shop.currency: \"EUR\" becomes \"USD\"", "cart.currency: \"EUR\" is unset",
                        "currency: set to \"GBP\""});
}

TEST_CASE("the values of config come back from a snapshot with their digest") {
  Values values;
  values.deploy("a", {shop, cart});
  const std::uint64_t none = values.world.state.digest();
  REQUIRE(values.change({set("", "currency", "\"EUR\""), set("cart", "currency", "\"USD\"")}));
  REQUIRE(values.change({unset("cart", "currency")}));
  const service::State before = values.world.state;
  CHECK(before.digest() != none);
  values.world.restart();
  CHECK(values.world.state == before);
  CHECK(values.world.state.digest() == before.digest());
}

TEST_CASE(
    "G9: the first value raises the feature level in its own commit, before itself, and once") {
  Values values;
  values.deploy("a", {shop});
  CHECK(values.world.state.feature_level() == 1);
  const auto first = values.change({set("shop", "currency", "\"EUR\"")});
  REQUIRE(first);
  REQUIRE(first->events.size() == 2);
  CHECK(first->events[0] == schema::Event(schema::FeatureLevelRaised{2}));
  CHECK(values.world.state.feature_level() == 2);
  CHECK(values.change({set("shop", "currency", "\"USD\"")})->events.size() == 1);
}

TEST_CASE("G9: no event of a level that not all can read is decided, whatever the command") {
  Values values;
  values.deploy("a", {shop});
  const service::State before = values.world.state;
  service::ChangeConfig command{{set("shop", "currency", "\"EUR\"")}, {}};
  command.readers_level = 1;
  const auto refused = values.world.run(command, {"ada", "", 0, "", {}});
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(values.world.state == before);
}
