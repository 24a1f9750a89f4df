// The body of a call, as the verb receives it.
#include "cli/call_body.hpp"

#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace;

namespace {

schema::Schema shop() {
  auto parsed = schema::parse(
      "module shop {\n"
      "  data Order {\n    item String\n    count Int +alias json \"n\"\n    tags [String]\n  }\n"
      "  verb buy(Order) Unit\n"
      "  verb sell(Order) Unit\n    +encoding json lenient\n"
      "}\n",
      "shop.schema");
  REQUIRE(parsed.ok());
  schema::resolve(parsed.schema);
  return parsed.schema;
}

}  // namespace

TEST_CASE("a body is coerced, named by field name and completed before the call") {
  const auto body = cli::canonical_body(shop(), {"shop", "buy", {}}, R"({"n":"2","item":"tea"})");
  REQUIRE(body);
  CHECK(*body == R"({"item":"tea","count":2,"tags":[]})");
}

TEST_CASE("a body that does not fit gives every fault with its place") {
  const auto body = cli::canonical_body(shop(), {"shop", "buy", {}}, R"({"n":"x","more":1})");
  REQUIRE_FALSE(body);
  CHECK(body.error().code == statekit::Code::invalid_argument);
  CHECK(body.error().message == "the body does not fit shop.Order");
  CHECK(body.error().details.size() == 3);
}

TEST_CASE("a lenient verb drops unknown fields") {
  CHECK(cli::canonical_body(shop(), {"shop", "sell", {}}, R"({"n":1,"item":"tea","more":1})"));
}

TEST_CASE("an unknown module or verb is answered with those that are there") {
  const auto module = cli::canonical_body(shop(), {"shap", "buy", {}}, "{}");
  REQUIRE_FALSE(module);
  CHECK(module.error().message == "no module shap is deployed; did you mean shop?");
  const auto verb = cli::canonical_body(shop(), {"shop", "by", {}}, "{}");
  REQUIRE_FALSE(verb);
  CHECK(verb.error().message == "module shop has no verb by; it has buy, sell; did you mean buy?");
}
