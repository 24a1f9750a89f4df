// From flags to the changeset that is asked for.
#include "cli/deploy_order.hpp"

#include "support/catch.hpp"

using namespace millrace::cli;

namespace {
millrace::schema::Schema two_modules() {
  millrace::schema::Schema schema;
  schema.modules.resize(2);
  schema.modules[0].name = "echo";
  schema.modules[1].name = "time";
  return schema;
}

std::string fault_of(const std::string& endpoint) {
  DeployFlags flags;
  flags.endpoints = {endpoint};
  const auto order = make_order(two_modules(), flags);
  return order ? "" : order.error().message;
}
}  // namespace

TEST_CASE("a fixed endpoint goes to its module alone, and makes its build") {
  DeployFlags flags;
  flags.endpoints = {"echo=http://10.0.0.7:9000/"};
  flags.replicas = 2;
  const auto order = make_order(two_modules(), flags);
  REQUIRE(order);
  REQUIRE(order->modules.size() == 2);
  CHECK(order->modules[0].fixed_endpoint == "10.0.0.7:9000");
  CHECK(order->modules[0].replicas == 2);
  CHECK(order->modules[1].fixed_endpoint.empty());
}

TEST_CASE("without a build, another schema or another URL is another build") {
  const auto build = [](const std::string& endpoint, bool with_config) {
    auto schema = two_modules();
    if (with_config) schema.modules[0].configs.push_back({"size", {}, {}, {}});
    DeployFlags flags;
    if (!endpoint.empty()) flags.endpoints = {"echo=" + endpoint};
    return make_order(schema, flags)->modules[0].build;
  };
  CHECK(build("", false) == build("", false));
  CHECK(build("h:1", false) == build("http://h:1/", false));
  CHECK(build("", false) != build("h:1", false));
  CHECK(build("", false) != build("", true));
}

TEST_CASE("a build that was given is kept") {
  DeployFlags flags;
  flags.endpoints = {"echo=h:1"};
  flags.build = "v7";
  CHECK(make_order(two_modules(), flags)->modules[0].build == "v7");
}

TEST_CASE("an endpoint that names nothing is refused with what to write") {
  CHECK(fault_of("echo") == "--endpoint echo: write MODULE=URL");
  CHECK(fault_of("ecco=h:1") ==
        "--endpoint ecco=h:1: no module ecco in the files; did you mean echo?");
  CHECK(fault_of("echo=http://h") ==
        "--endpoint echo=http://h: wanted host:port, such as h:PORT, got \"h\"");
  CHECK(fault_of("echo=https://h:1").find("TLS") != std::string::npos);
}
