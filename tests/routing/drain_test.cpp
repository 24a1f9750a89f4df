// A deployment that is replaced while it is called: the schema service, a router, a module and a
// caller over real gRPC in this process.
#include <future>

#include "support/catch.hpp"
#include "tests/routing/world.hpp"
#include "tests/schema_service/running.hpp"

namespace millrace::test {
namespace {

constexpr const char* shop_v1 = "module shop { export verb get(String) String }";
constexpr const char* shop_v2 =
    "module shop { export verb get(String) String  verb look(Unit) Unit }";

// The calls that the router has told to be in flight to what drains, at `revision` or later.
bool tells(Client& client, std::uint64_t revision, std::uint64_t calls) {
  return eventually([&] {
    const auto status = client.status();
    for (const v2alpha1::FollowerStatus& follower : status->followers())
      if (follower.kind() == "routing" && follower.revision() >= revision)
        return follower.draining_calls() == calls;
    return false;
  });
}

TEST_CASE("a long call holds the drain of what was replaced, and its end releases it") {
  Running running;
  Client& client = running.client();
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  Module module([&](grpc::ServerContext& context, const v2alpha1::CallRequest& request,
                    v2alpha1::CallResponse& response) {
    released.wait_for(std::chrono::seconds(110));
    return Module::echo(context, request, response);
  });
  RouterWorld world;
  world.wiring.feed = {};
  world.wiring.schema = {running.server().in_process()};
  world.start();

  const auto first = client.deploy(shop_v1);
  REQUIRE(first.ok());
  Endpoint old(client, first->deployments(0).deployment(), module.address());
  REQUIRE(client.reaches(first->changeset(), v2alpha1::CHANGESET_PHASE_FINALIZED));
  REQUIRE(eventually([&] { return tells(client, client.status()->head().revision(), 0); }));
  std::future<Reply> call =
      std::async(std::launch::async, [&] { return world.call(RouterWorld::request("shop")); });
  REQUIRE(eventually([&] { return module.calls() == 1; }));

  const auto second = client.deploy(shop_v2, "b2");
  REQUIRE(second.ok());
  Endpoint newer(client, second->deployments(0).deployment(), "127.0.0.1:9002", "p2");
  REQUIRE(client.reaches(second->changeset(), v2alpha1::CHANGESET_PHASE_COMMITTED));
  REQUIRE(tells(client, client.status()->head().revision(), 1));
  CHECK(client.changeset(second->changeset())->changeset().phase() ==
        v2alpha1::CHANGESET_PHASE_COMMITTED);

  release.set_value();
  CHECK(call.get().status.ok());
  // Long before drain_max, which is 30 s.
  CHECK(client.reaches(second->changeset(), v2alpha1::CHANGESET_PHASE_FINALIZED));
  CHECK(tells(client, 1, 0));
}

}  // namespace
}  // namespace millrace::test
