// The methods of the service over real gRPC in this process, on a journal in memory.
#include "schema/change_codec.hpp"
#include "services/schema/state.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/running.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;

namespace {

constexpr const char* echo_v1 = "module echo { export verb say(String) String }";
constexpr const char* echo_v2 =
    "module echo { export verb say(String) String  verb hear(Unit) Unit }";
constexpr const char* plain = "module plain { data Thing { name String } }";

}  // namespace

TEST_CASE("a module is deployed, its endpoint registers, and it becomes canonical") {
  Running running;
  test::Client& client = running.client();
  const auto created = client.deploy(echo_v1);
  REQUIRE(created.ok());
  REQUIRE(created->deployments_size() == 1);
  CHECK_FALSE(created->deployments(0).joined());
  CHECK(client.modules().empty());

  test::Endpoint endpoint(client, created->deployments(0).deployment(), "127.0.0.1:9001");
  v2::RegisterEndpointResponse answer;
  REQUIRE(endpoint.read(answer));
  CHECK(answer.directive() == v2::RegisterEndpointResponse::DIRECTIVE_SERVE);
  CHECK(answer.lease_ms() == 1'000);
  CHECK(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  CHECK(client.modules() == std::vector<std::string>{"echo"});

  const auto again = client.deploy(echo_v1);
  REQUIRE(again.ok());
  CHECK(again->changeset().empty());
  REQUIRE(again->deployments_size() == 1);
  CHECK(again->deployments(0).joined());
  CHECK(again->deployments(0).deployment() == created->deployments(0).deployment());
}

TEST_CASE("a schema that is wrong is refused with a line for each fault") {
  Running running;
  const auto refused =
      running.client().deploy("module bad { data A { x nope.B } verb go(other.C) Unit }");
  CHECK(refused.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(contains(refused.status.error_message(), "2 faults"));
  CHECK(contains(refused.status.error_message(), "error[unknown-ref]"));
  CHECK(contains(refused.status.error_message(), "nope"));
  CHECK(contains(refused.status.error_message(), "other"));
  CHECK(running.client().status()->head().revision() == 0);
}

TEST_CASE("G8: very many faults do not overflow the status of an answer") {
  Running running;
  std::string text = "module bad {";
  for (int i = 0; i < 500; ++i)
    text += " data A" + std::to_string(i) + " { x nowhere.Thing" + std::to_string(i) + " }";
  const auto refused = running.client().deploy(text + " }");
  CHECK(refused.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(contains(refused.status.error_message(), "more"));
}

TEST_CASE("removing a module that others refer to is refused and names them") {
  Running running;
  test::Client& client = running.client();
  const auto created = client.deploy(
      "module base { export data Thing { name String } } "
      "module user { data Box { thing base.Thing } }");
  REQUIRE(created.ok());
  REQUIRE(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  v2::CreateChangesetRequest removal;
  removal.add_removed_modules("base");
  const auto refused = client.create(removal);
  CHECK(refused.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  INFO(refused.status.error_message());
  CHECK(contains(refused.status.error_message(), "module user refers to base"));
}

TEST_CASE("overlapping routes of two modules are refused") {
  Running running;
  test::Client& client = running.client();
  const auto route = [](const std::string& module) {
    return "module " + module +
           " { export verb get(builtin.HttpRequest<Unit, Unit, Unit>) "
           "builtin.HttpResponse<String, String> +ingress http GET /same }";
  };
  v2::CreateChangesetRequest first = test::deploy_request(route("one"));
  first.mutable_modules(0)->set_fixed_endpoint("127.0.0.1:1");
  REQUIRE(client.create(first).ok());
  const auto refused = client.deploy(route("two"));
  CHECK_FALSE(refused.ok());
  CHECK(contains(refused.status.error_message(), "ingress-overlap"));
}

TEST_CASE("a deploy whose module never answers rolls back with the reason, the old one untouched") {
  Running running;
  test::Client& client = running.client();
  const auto first = client.deploy(echo_v1);
  test::Endpoint endpoint(client, first->deployments(0).deployment(), "127.0.0.1:9001");
  REQUIRE(client.reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));

  v2::CreateChangesetRequest request = test::deploy_request(echo_v2, "b2");
  request.set_deadline_ms(200);
  const auto second = client.create(request);
  REQUIRE(second.ok());
  const auto third = client.deploy(echo_v2, "b3");
  CHECK(third.status.error_code() == grpc::StatusCode::ABORTED);
  CHECK(contains(third.status.error_message(), second->changeset()));
  REQUIRE(client.reaches(second->changeset(), v2::CHANGESET_PHASE_FAILED));
  CHECK(contains(client.changeset(second->changeset())->changeset().failure(),
                 "0 of 1 live endpoints"));
  const auto old = client.deployment(first->deployments(0).deployment());
  CHECK(old->deployment().phase() == v2::DEPLOYMENT_PHASE_CANONICAL);

  test::Endpoint late(client, second->deployments(0).deployment(), "127.0.0.1:9002");
  v2::RegisterEndpointResponse answer;
  REQUIRE(late.read(answer));
  CHECK(answer.directive() == v2::RegisterEndpointResponse::DIRECTIVE_STOP);
}

TEST_CASE("a plan says what would change and changes nothing") {
  Running running;
  v2::CreateChangesetRequest request = test::deploy_request(plain);
  request.set_plan(true);
  const auto answer = running.client().create(request);
  REQUIRE(answer.ok());
  REQUIRE(answer->plan_size() == 1);
  CHECK(answer->plan(0) == "module plain is new");
  CHECK(answer->changeset().empty());
  CHECK(running.client().status()->head().revision() == 0);
}

TEST_CASE("a plan refuses what would not fit in a commit as a deploy does") {
  Running running;
  std::string text = "module big {";
  for (int i = 0; i < 1'000; ++i) {
    text += " data D" + std::to_string(i) + " {";
    for (int f = 0; f < 80; ++f) text += " f" + std::to_string(f) + " Int";
    text += " }";
  }
  v2::CreateChangesetRequest request = test::deploy_request(text + " }");
  const auto deployed = running.client().create(request);
  CHECK(deployed.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  request.set_plan(true);
  const auto planned = running.client().create(request);
  CHECK(planned.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(contains(planned.status.error_message(), "a commit has at most 1000000"));
}

TEST_CASE("G4: a retry with the same token gets the first answer and applies nothing again") {
  Running running;
  test::Client& client = running.client();
  v2::CreateChangesetRequest request = test::deploy_request(plain);
  request.mutable_write()->set_token("t1");
  request.mutable_write()->set_author("ada");
  const auto first = client.create(request);
  REQUIRE(first.ok());
  REQUIRE(client.reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const auto head = client.status()->head().revision();
  const auto again = client.create(request);
  REQUIRE(again.ok());
  CHECK(again->changeset() == first->changeset());
  CHECK(again->position().revision() == first->position().revision());
  REQUIRE(again->deployments_size() == 1);
  CHECK(again->deployments(0).deployment() == first->deployments(0).deployment());
  CHECK(again->deployments(0).joined() == first->deployments(0).joined());
  CHECK(client.status()->head().revision() == head);
  request.set_hold(true);
  CHECK(client.create(request).status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a changeset on hold is committed, rolled back or failed by its clients") {
  Running running;
  test::Client& client = running.client();
  v2::CreateChangesetRequest request = test::deploy_request(plain);
  request.set_hold(true);
  const auto held = client.create(request);
  REQUIRE(client.reaches(held->changeset(), v2::CHANGESET_PHASE_PREPARED));
  v2::ChangesetRequest change;
  change.set_changeset(held->changeset());
  change.mutable_write()->set_reason("not today");
  const auto rolled = client.call(&Stub::RollbackChangeset, change);
  REQUIRE(rolled.ok());
  REQUIRE(client.reaches(held->changeset(), v2::CHANGESET_PHASE_FAILED));
  CHECK(contains(client.changeset(held->changeset())->changeset().failure(), "not today"));
  CHECK(client.call(&Stub::CommitChangeset, change).status.error_code() ==
        grpc::StatusCode::FAILED_PRECONDITION);

  const auto second = client.create(request);
  REQUIRE(client.reaches(second->changeset(), v2::CHANGESET_PHASE_PREPARED));
  change.set_changeset(second->changeset());
  REQUIRE(client.call(&Stub::CommitChangeset, change).ok());
  CHECK(client.modules() == std::vector<std::string>{"plain"});

  v2::ListChangesetsRequest list;
  const auto all = client.call(&Stub::ListChangesets, list);
  REQUIRE(all->changesets_size() == 2);
  CHECK(all->changesets(0).key() == second->changeset());
  change.set_changeset("chs-none");
  CHECK(client.call(&Stub::FailChangeset, change).status.error_code() ==
        grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("the schema and the history can be read as they were at a past revision") {
  Running running;
  test::Client& client = running.client();
  const auto first = client.deploy(plain);
  REQUIRE(client.reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const std::uint64_t then = client.status()->head().revision();
  const auto second = client.deploy("module other { data Thing { name String } }");
  REQUIRE(client.reaches(second->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  CHECK(client.modules() == std::vector<std::string>{"other", "plain"});
  CHECK(client.modules(then) == std::vector<std::string>{"plain"});
  CHECK(client.modules(1).empty());

  v2::GetHistoryRequest history;
  history.set_module("other");
  // Created, prepared, committed and so on, though only the first names the module itself.
  const auto entries = client.call(&Stub::GetHistory, history);
  REQUIRE(entries->entries_size() > 3);
  CHECK(entries->entries(entries->entries_size() - 1).revision() == then + 1);
  CHECK(entries->next_before_revision() == 0);
  CHECK(entries->oldest_revision() == 1);
  CHECK_FALSE(entries->cut());
  history.set_author(entries->entries(0).author());
  CHECK(client.call(&Stub::GetHistory, history)->entries_size() < entries->entries_size());
  history.set_since_ms(entries->entries(0).time_ms() + 3'600'000);
  CHECK(client.call(&Stub::GetHistory, history)->entries_size() == 0);
  history.Clear();
  history.set_limit(2);
  history.set_before_revision(then + 1);
  const auto page = client.call(&Stub::GetHistory, history);
  REQUIRE(page->entries_size() == 2);
  CHECK(page->entries(0).revision() == then);
  CHECK(page->next_before_revision() == then - 1);

  v2::GetSchemaRequest request;
  request.set_at_revision(9'999);
  CHECK(client.call(&Stub::GetSchema, request).status.error_code() == grpc::StatusCode::NOT_FOUND);
  request.set_at_revision(0);
  request.add_modules("nope");
  CHECK(client.call(&Stub::GetSchema, request).status.error_code() == grpc::StatusCode::NOT_FOUND);
}

TEST_CASE("G6: a read waits for the revision that it asks for, within one incarnation") {
  Running running;
  test::Client& client = running.client();
  const auto created = client.deploy(plain);
  const std::string incarnation = created->position().incarnation();
  const auto read_at = [&](const std::string& at, std::int64_t ms) {
    return client.call(&Stub::ListChangesets, v2::ListChangesetsRequest(),
                       {{"millrace-min-revision", at}}, ms);
  };
  const auto mine =
      read_at(incarnation + ":" + std::to_string(created->position().revision()), 5'000);
  REQUIRE(mine.ok());
  CHECK(mine->changesets_size() == 1);
  CHECK(mine->position().revision() >= created->position().revision());
  CHECK(read_at("0123:1", 5'000).status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(read_at("nonsense", 5'000).status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  const auto late = read_at(incarnation + ":99999", 300).status.error_code();
  CHECK((late == grpc::StatusCode::UNAVAILABLE || late == grpc::StatusCode::DEADLINE_EXCEEDED));
}

TEST_CASE("a follower gets every commit, but no tokens and no superseded builds") {
  Running running;
  test::Client& client = running.client();
  v2::CreateChangesetRequest request = test::deploy_request(plain);
  request.mutable_write()->set_token("secret-token");
  REQUIRE(client.create(request).ok());
  statekit::Follower<service::State, schema::ChangeCodec> follower(
      {{"routing", "r1", 1}, "", {}},
      statekit::make_grpc_feed_transport({statekit::connect(running.server().address())}),
      running.clock());
  follower.start();
  CHECK(test::eventually([&] { return follower.read()->canonical("plain") != nullptr; }));
  request.mutable_write()->set_token("second-token");
  request.mutable_modules(0)->set_build("b2");
  const auto second = client.create(request);
  REQUIRE(client.reaches(second->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const std::uint64_t head = client.status()->head().revision();
  CHECK(test::eventually([&] { return follower.read()->revision() == head; }));
  CHECK(follower.read()->snapshot().requests.empty());
  CHECK(test::eventually([&] {
    const auto status = client.status();
    return status->followers_size() == 1 && status->followers(0).live() &&
           status->followers(0).revision() == head && status->followers(0).lag() == 0;
  }));
  follower.stop();
}

TEST_CASE("a port in use is an error that names it and the setting that changes it") {
  Running running;
  service::Settings settings;
  settings.journal = "memory:";
  settings.listen = running.server().address();
  const auto second =
      service::start(settings, {&running.clock(), &running.metrics(), &running.health()});
  REQUIRE_FALSE(second);
  CHECK(contains(second.error().message, settings.listen));
  CHECK(contains(second.error().message, "schema.listen"));
}

TEST_CASE("a replica that listens on every address must say at which one the others reach it") {
  const test::TempDir folder;
  Running running;
  service::Settings settings;
  settings.data = folder / "data";
  // Nothing is there: what is refused is refused before it is asked.
  settings.journal = "etcd://127.0.0.1:1/prod";
  const service::Wiring wiring{&running.clock(), &running.metrics(), &running.health()};
  for (const char* listen : {"0.0.0.0:0", "[::]:0"}) {
    settings.listen = listen;
    const auto started = service::start(settings, wiring);
    REQUIRE_FALSE(started);
    CHECK(started.error().code == statekit::Code::failed_precondition);
    CHECK(contains(started.error().message, std::string("schema.listen = ") + listen));
    CHECK(contains(started.error().message, "set schema.advertise"));
  }
  settings.advertise = "10.0.0.1:8892";
  const auto told = service::start(settings, wiring);
  REQUIRE_FALSE(told);
  CHECK_FALSE(contains(told.error().message, "schema.advertise"));
}
