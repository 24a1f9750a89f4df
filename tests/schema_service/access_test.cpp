// Who may do what, over real gRPC and with a hostile client: without a token, with a wrong one,
// with one that may less, with somebody else's name.
#include <google/protobuf/descriptor.h>

#include "support/eventually.hpp"
#include "tests/schema_service/guarded.hpp"

using namespace millrace;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using grpc::StatusCode;
using test::bearer;
using test::contains;
using test::echo;
using test::Guarded;
using test::knock;
using test::Metadata;
using test::shop;
using test::verdict;

TEST_CASE("without a token every method but Ping is refused, streams too") {
  Guarded house;
  const auto* service = v2::FeedHello::descriptor()->file()->FindServiceByName("SchemaService");
  const std::string address = house.running->server().address();
  for (int i = 0; i < service->method_count(); ++i) {
    const std::string name = service->method(i)->name();
    CAPTURE(name);
    const grpc::Status status = knock(address, "/" + service->full_name() + "/" + name);
    if (name == "Ping") {
      CHECK(status.ok());
      continue;
    }
    CHECK(status.error_code() == StatusCode::UNAUTHENTICATED);
    CHECK(contains(status.error_message(), "a token is wanted"));
  }
}

TEST_CASE("a token that is wrong, over, revoked or of a lesser role opens nothing") {
  Guarded house;
  test::Client& client = house.client();
  const v2::GetSchemaRequest look;
  std::string wrong = house.root;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  CHECK(verdict(client.call(&Stub::GetSchema, look, bearer(wrong))) == "who?");
  CHECK(verdict(client.call(&Stub::GetSchema, look, bearer(access::draw_token()))) == "who?");
  const std::string viewer = house.token("vera", {"viewer"});
  CHECK(verdict(client.call(&Stub::GetSchema, look, bearer(viewer))) == "ok");
  CHECK(verdict(client.call(&Stub::CreateChangeset, test::deploy_request(echo), bearer(viewer))) ==
        "no");
  CHECK(verdict(client.call(&Stub::ListAccess, v2::ListAccessRequest(), bearer(viewer))) == "no");
  v2::RevokeTokensRequest revoke;
  revoke.add_ids(std::string(access::id_of_token(viewer)));
  CHECK(verdict(client.call(&Stub::RevokeTokens, revoke, bearer(viewer))) == "no");
  CHECK(verdict(client.call(&Stub::RevokeTokens, revoke, bearer(house.root))) == "ok");
  CHECK(verdict(client.call(&Stub::GetSchema, look, bearer(viewer))) == "who?");
  // Made with an end that comes soon, though not before it is made, on a busy machine either.
  const std::string brief = house.token("bo", {"viewer"}, house.running->clock().wall_ms() + 2'000);
  CHECK(test::eventually(
      [&] { return verdict(client.call(&Stub::GetSchema, look, bearer(brief))) == "who?"; }));
}

TEST_CASE("the author of a change is who was verified, whatever the request says") {
  Guarded house;
  const std::string token = house.token("dora", {"deployer"});
  v2::CreateChangesetRequest request = test::deploy_request(echo);
  request.mutable_write()->set_author("root");
  request.mutable_write()->set_reason("said to be root");
  REQUIRE(house.client().call(&Stub::CreateChangeset, request, bearer(token)).ok());
  v2::GetHistoryRequest ask;
  ask.set_limit(100);
  const auto history = house.client().call(&Stub::GetHistory, ask, bearer(token));
  bool found = false;
  for (const v2::HistoryEntry& entry : history->entries()) {
    if (entry.reason() != "said to be root") continue;
    found = true;
    CHECK(entry.author() == "dora");
  }
  CHECK(found);
}

TEST_CASE("a deployer for some modules changes no other, in whatever way it is asked") {
  Guarded house;
  test::Client& client = house.client();
  house.deploy(shop);
  const std::string token = house.token("ed", {"deployer=echo*"});
  CHECK(verdict(client.call(&Stub::CreateChangeset, test::deploy_request(echo), bearer(token))) ==
        "ok");
  CHECK(verdict(client.call(&Stub::CreateChangeset, test::deploy_request(shop, "b2"),
                            bearer(token))) == "no");
  v2::CreateChangesetRequest removing;
  removing.add_removed_modules("shop");
  CHECK(verdict(client.call(&Stub::CreateChangeset, removing, bearer(token))) == "no");
  removing.set_plan(true);
  CHECK(verdict(client.call(&Stub::CreateChangeset, removing, bearer(token))) == "no");
  v2::ChangeConfigRequest config;
  config.add_changes()->set_module("shop");
  config.mutable_changes(0)->set_name("name");
  CHECK(verdict(client.call(&Stub::ChangeConfig, config, bearer(token))) == "no");
  config.mutable_changes(0)->clear_module();
  CHECK(verdict(client.call(&Stub::ChangeConfig, config, bearer(token))) == "no");
  v2::ChangeSecretsRequest secrets;
  secrets.add_changes()->set_module("shop");
  CHECK(verdict(client.call(&Stub::ChangeSecrets, secrets, bearer(token))) == "no");
  v2::RollbackToRequest back;
  back.set_revision(1);
  CHECK(verdict(client.call(&Stub::RollbackTo, back, bearer(token))) == "no");
  CHECK(verdict(client.call(&Stub::PlanRollback, back, bearer(token))) == "no");
  const auto all =
      client.call(&Stub::ListChangesets, v2::ListChangesetsRequest(), bearer(house.root));
  v2::ChangesetRequest fail;
  for (const v2::Changeset& each : all->changesets())
    if (contains(each.deployments(0), "dpl-shop-")) fail.set_changeset(each.key());
  CHECK(verdict(client.call(&Stub::FailChangeset, fail, bearer(token))) == "no");
  CHECK(verdict(client.call(&Stub::RollbackChangeset, fail, bearer(token))) == "no");
}

TEST_CASE(
    "an admin or operator for some modules makes nobody more than that, and rotates no keys") {
  Guarded house;
  test::Client& client = house.client();
  const std::string eve = house.token("eve", {"admin=echo*", "operator=echo*"});
  v2::SetRolesRequest more;
  more.set_principal("eve");
  more.add_roles()->set_role("admin");
  const auto raised = client.call(&Stub::SetRoles, more, bearer(eve));
  CHECK(verdict(raised) == "no");
  CHECK(contains(raised.status.error_message(), "it takes the role admin, for all modules"));
  CHECK(verdict(client.call(&Stub::CreateToken, v2::CreateTokenRequest(), bearer(eve))) == "no");
  CHECK(verdict(client.call(&Stub::ListAccess, v2::ListAccessRequest(), bearer(eve))) == "no");
  CHECK(verdict(client.call(&Stub::RotateSecrets, v2::RotateSecretsRequest(), bearer(eve))) ==
        "no");
  const std::string address = house.running->server().address();
  CHECK(knock(address, "/millrace.v2alpha1.SchemaService/Subscribe", bearer(eve)).error_code() ==
        StatusCode::PERMISSION_DENIED);
  CHECK(knock(address, "/millrace.v2alpha1.SchemaService/GetState", bearer(eve)).error_code() ==
        StatusCode::PERMISSION_DENIED);
  CHECK(verdict(client.call(&Stub::CreateChangeset, test::deploy_request(echo), bearer(eve))) ==
        "ok");
}

TEST_CASE("what is denied, failed and slowed down is counted, by door") {
  Guarded house;
  test::Client& client = house.client();
  const std::string viewer = house.token("vera", {"viewer"});
  const auto deploys = [&](const std::string& token) {
    return client.call(&Stub::CreateChangeset, test::deploy_request(echo), bearer(token));
  };
  CHECK(verdict(deploys(viewer)) == "no");
  for (int i = 0; i < 40; ++i) (void)deploys(access::draw_token());
  const std::string text = house.running->metrics().text();
  INFO(text);
  CHECK(contains(text, "millrace_access_denied_total{door=\"schema\"} 41"));
  for (const std::string name : {"failed", "slowed"}) {
    const std::string counted = "millrace_access_" + name + "_total{door=\"schema\"} ";
    CHECK(contains(text, counted));
    CHECK_FALSE(contains(text, counted + "0"));
  }
}

TEST_CASE("G10: a deployment's values go to its own identity alone, not even to an admin") {
  Guarded house;
  const std::string deployment = house.deploy(echo);
  const auto first = [&](const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    v2::GetDeploymentContextRequest request;
    request.set_deployment(deployment);
    const auto stream = house.client().stub().GetDeploymentContext(&context, request);
    v2::GetDeploymentContextResponse answer;
    if (stream->Read(&answer)) {
      context.TryCancel();
      return std::string("given");
    }
    return stream->Finish().error_code() == StatusCode::PERMISSION_DENIED ? std::string("no")
                                                                          : std::string("else");
  };
  CHECK(first(house.token("echo-1", {"service=echo"})) == "given");
  CHECK(first(house.token("shop-1", {"service=shop*"})) == "no");
  CHECK(first(house.token("router", {"service"})) == "no");
  CHECK(first(house.root) == "no");
  CHECK(first(house.token("dee", {"deployer"})) == "no");
}

TEST_CASE("an endpoint is registered by the identity of its module only") {
  Guarded house;
  const std::string deployment = house.deploy(echo);
  const auto registers = [&](const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + token);
    const auto stream = house.client().stub().RegisterEndpoint(&context);
    v2::RegisterEndpointRequest request;
    request.set_deployment(deployment);
    request.set_address("127.0.0.1:1");
    request.set_instance("p1");
    stream->Write(request);
    v2::RegisterEndpointResponse answer;
    if (stream->Read(&answer)) {
      context.TryCancel();
      return std::string("ok");
    }
    return stream->Finish().error_code() == StatusCode::PERMISSION_DENIED ? std::string("no")
                                                                          : std::string("else");
  };
  CHECK(registers(house.token("echo-1", {"service=echo"})) == "ok");
  CHECK(registers(house.token("shop-1", {"service=shop"})) == "no");
  CHECK(registers(house.token("dee", {"deployer"})) == "no");
}

TEST_CASE("a feed that runs ends with a clear error when its token is revoked") {
  Guarded house;
  const std::string token = house.token("router", {"service"});
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = house.client().stub().Subscribe(&context);
  v2::SubscribeRequest hello;
  hello.mutable_hello()->set_kind("routing");
  hello.mutable_hello()->set_instance("r1");
  REQUIRE(stream->Write(hello));
  v2::SubscribeResponse message;
  REQUIRE(stream->Read(&message));
  v2::RevokeTokensRequest revoke;
  revoke.add_ids(std::string(access::id_of_token(token)));
  REQUIRE(house.client().call(&Stub::RevokeTokens, revoke, bearer(house.root)).ok());
  while (stream->Read(&message)) {
  }
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == StatusCode::UNAUTHENTICATED);
  CHECK(status.error_message() == "this token is not known, or was revoked");
}

TEST_CASE("the feed is for services of the platform, and nobody speaks for others") {
  Guarded house;
  const std::string address = house.running->server().address();
  const std::string subscribe = "/millrace.v2alpha1.SchemaService/Subscribe";
  for (const char* role : {"viewer", "deployer", "operator", "secret-reader", "service=echo"}) {
    CAPTURE(role);
    const std::string token = house.token(std::string("of-") + role, {role});
    CHECK(knock(address, subscribe, bearer(token)).error_code() == StatusCode::PERMISSION_DENIED);
    Metadata forged = bearer(token);
    forged.emplace_back("millrace-on-behalf-of", "root");
    forged.emplace_back("millrace-on-behalf-of-roles", "admin");
    CHECK(knock(address, "/millrace.v2alpha1.SchemaService/ListAccess", forged).error_code() ==
          StatusCode::PERMISSION_DENIED);
  }
  // A replica that hands on a write vouches for its caller, whose roles hold.
  Metadata handed = bearer(house.trusted.own->token());
  handed.emplace_back("millrace-on-behalf-of", "vera");
  handed.emplace_back("millrace-on-behalf-of-roles", "viewer");
  CHECK(verdict(house.client().call(&Stub::CreateChangeset, test::deploy_request(echo), handed)) ==
        "no");
  handed.back().second = "deployer=echo";
  CHECK(verdict(house.client().call(&Stub::CreateChangeset, test::deploy_request(echo), handed)) ==
        "ok");
}

TEST_CASE("G10: no token is in the journal, the feed or what is listed") {
  Guarded house;
  const std::string token = house.token("vera", {"viewer"});
  const std::string secret = token.substr(token.rfind('_') + 1);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + house.trusted.own->token());
  const auto parts = house.client().stub().GetState(&context, v2::GetStateRequest());
  v2::FeedSnapshotPart part;
  bool listed = false;
  while (parts->Read(&part)) {
    CHECK_FALSE(contains(part.data(), secret));
    listed = listed || contains(part.data(), "vera");
  }
  CHECK(listed);
  const auto list =
      house.client().call(&Stub::ListAccess, v2::ListAccessRequest(), bearer(house.root));
  REQUIRE(list->tokens_size() == 1);
  CHECK(list->tokens(0).hash().empty());
  CHECK_FALSE(contains(list->ShortDebugString(), secret));
}
