// Which calls the router tells to be in flight to deployments that get no new ones.
#include "support/catch.hpp"
#include "tests/routing/fakes.hpp"

using namespace millrace::test;
using namespace millrace;

namespace {

Arrival arrival(const v2alpha1::CallRequest& request) {
  return {Payload(request.SerializeAsString()), std::nullopt, {}};
}

}  // namespace

TEST_CASE("calls to what was replaced are counted until they end, even when the endpoint left") {
  Router router;
  router.deploy_echo();
  Answered held;
  const auto pending = router.service->call(arrival(request_of("echo", "get")), held.taker());
  CHECK(router.service->draining().empty());

  schema::ChangesetCreated created;
  created.changeset.key = "chs-2";
  created.changeset.deployments = {"dpl-2"};
  created.deployments = {deployment_of("dpl-2", "echo", {"get"})};
  router.tell({created, schema::ChangesetCommitted{"chs-2", {"dpl-1"}}});
  const statekit::DrainingCalls one{{"dpl-1", 1}};
  CHECK(router.service->draining() == one);
  router.tell({schema::EndpointRemoved{"ept-1", "left"}, schema::EndpointRemoved{"ept-2", "left"}});
  router.service->tidy();
  CHECK(router.service->draining() == one);
  router.transport.sent.front()->finish(FakeTransport::body(""));
  CHECK(router.service->draining().empty());
}
