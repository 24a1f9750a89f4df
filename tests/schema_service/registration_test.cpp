// How endpoints register, leave and are probed, over real gRPC in this process.
#include "support/eventually.hpp"
#include "tests/schema_service/running.hpp"
#include "v2alpha1/verb.grpc.pb.h"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;

namespace {

constexpr const char* echo_v1 = "module echo { export verb say(String) String }";
constexpr const char* echo_v2 =
    "module echo { export verb say(String) String  verb hear(Unit) Unit }";

// A module's server, for probes.
class Module final : public v2::VerbService::Service {
 public:
  Module() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Module() override { server_->Shutdown(std::chrono::system_clock::now()); }
  grpc::Status Ping(grpc::ServerContext*, const v2::PingRequest*, v2::PingResponse*) override {
    return grpc::Status::OK;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// True when a line of the history has these words.
bool history_says(test::Client& client, const std::string& words) {
  const auto history = client.call(&Stub::GetHistory, v2::GetHistoryRequest());
  for (const v2::HistoryEntry& entry : history->entries()) {
    for (const std::string& change : entry.changes()) {
      if (contains(change, words)) return true;
    }
  }
  return false;
}

}  // namespace

TEST_CASE("an endpoint is told to drain when its deployment is replaced") {
  Running running;
  test::Client& client = running.client();
  const auto first = client.deploy(echo_v1);
  test::Endpoint old(client, first->deployments(0).deployment(), "127.0.0.1:9001");
  v2::RegisterEndpointResponse answer;
  REQUIRE(old.read(answer));
  REQUIRE(client.reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const auto second = client.deploy(echo_v2, "b2");
  test::Endpoint newer(client, second->deployments(0).deployment(), "127.0.0.1:9002", "p2");
  REQUIRE(old.read(answer));
  CHECK(answer.directive() == v2::RegisterEndpointResponse::DIRECTIVE_DRAIN);
  CHECK(contains(answer.reason(), second->deployments(0).deployment()));
}

TEST_CASE("an endpoint that closes its stream is taken out at once") {
  Running running;
  test::Client& client = running.client();
  const auto created = client.deploy(echo_v1);
  const std::string key = created->deployments(0).deployment();
  test::Endpoint endpoint(client, key, "127.0.0.1:9001");
  v2::RegisterEndpointResponse answer;
  REQUIRE(endpoint.read(answer));
  REQUIRE(client.deployment(key)->endpoints_size() == 1);
  CHECK(endpoint.close().ok());
  CHECK(test::eventually([&] { return client.deployment(key)->endpoints_size() == 0; }));
  CHECK(history_says(client, "removed: left"));
}

TEST_CASE("an endpoint that says it leaves is taken out while its stream is open") {
  Running running;
  test::Client& client = running.client();
  const std::string key = client.deploy(echo_v1)->deployments(0).deployment();
  test::Endpoint endpoint(client, key, "127.0.0.1:9001");
  v2::RegisterEndpointResponse answer;
  REQUIRE(endpoint.read(answer));
  endpoint.renew(true);
  REQUIRE(endpoint.read(answer));
  CHECK(answer.directive() == v2::RegisterEndpointResponse::DIRECTIVE_DRAIN);
  // The answer comes when it is so, and says since when.
  const auto there = client.deployment(key);
  CHECK(there->endpoints_size() == 0);
  CHECK(answer.revision() > 0);
  CHECK(answer.revision() == there->position().revision());
  CHECK(history_says(client, "removed: left"));
}

TEST_CASE("an endpoint whose connection breaks stays until its lease runs out") {
  millrace::schema_service::Settings settings;
  settings.lease_ms = 1'000;
  Running running(settings);
  test::Client& client = running.client();
  const std::string key = client.deploy(echo_v1)->deployments(0).deployment();
  test::Endpoint endpoint(client, key, "127.0.0.1:9001");
  v2::RegisterEndpointResponse answer;
  REQUIRE(endpoint.read(answer));
  endpoint.cut();
  CHECK(test::eventually([&] { return client.deployment(key)->endpoints_size() == 0; }));
  CHECK(history_says(client, "expired"));
}

TEST_CASE("an offer that names no deployment or address is refused") {
  Running running;
  for (const auto& [deployment, address] :
       std::vector<std::pair<std::string, std::string>>{{"", "a:1"}, {"d", "9001"}, {"d", "a:0"}}) {
    test::Endpoint endpoint(running.client(), deployment, address);
    CHECK(endpoint.close().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE("a fixed endpoint is probed, and its module goes live when it answers") {
  Running running;
  test::Client& client = running.client();
  Module module;
  v2::CreateChangesetRequest request = test::deploy_request(echo_v1);
  request.mutable_modules(0)->set_fixed_endpoint("http://" + module.address() + "/");
  const auto created = client.create(request);
  REQUIRE(created.ok());
  CHECK(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
}

TEST_CASE("a fixed endpoint that serves only grpc.health is taken as well") {
  grpc::EnableDefaultHealthCheckService(true);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = builder.BuildAndStart();
  Running running;
  v2::CreateChangesetRequest request = test::deploy_request(echo_v1);
  request.mutable_modules(0)->set_fixed_endpoint("127.0.0.1:" + std::to_string(port));
  const auto created = running.client().create(request);
  REQUIRE(created.ok());
  CHECK(running.client().reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  server->Shutdown(std::chrono::system_clock::now());
}

TEST_CASE("a fixed endpoint that is no address is refused") {
  Running running;
  for (const char* wrong : {"https://a:1", "a", "http://a:1/path", "a:70000"}) {
    v2::CreateChangesetRequest request = test::deploy_request(echo_v1);
    request.mutable_modules(0)->set_fixed_endpoint(wrong);
    const auto refused = running.client().create(request);
    CHECK(refused.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  }
}

TEST_CASE("a stream that never says whose it is ends at its limit (G8)") {
  millrace::schema_service::Settings settings;
  settings.first_message_ms_max = 50;
  Running running(settings);
  const auto silence_of = [](auto& stream, auto& answer) {
    CHECK_FALSE(stream->Read(&answer));
    return stream->Finish();
  };
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(60);
  grpc::ClientContext endpoint_context;
  endpoint_context.set_deadline(deadline);
  auto endpoint = running.client().stub().RegisterEndpoint(&endpoint_context);
  v2::RegisterEndpointResponse advice;
  const grpc::Status endpoint_ended = silence_of(endpoint, advice);
  CHECK(endpoint_ended.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED);
  CHECK(contains(endpoint_ended.error_message(), "schema.first_message_max"));

  grpc::ClientContext follower_context;
  follower_context.set_deadline(deadline);
  auto follower = running.client().stub().Subscribe(&follower_context);
  v2::SubscribeResponse message;
  CHECK(contains(silence_of(follower, message).error_message(), "no hello"));
}

TEST_CASE("one endpoint more than may be registered is refused until another one leaves") {
  millrace::schema_service::Settings settings;
  settings.registrations_max = 1;
  Running running(settings);
  test::Client& client = running.client();
  const auto created = client.deploy(echo_v1);
  REQUIRE(created.ok());
  const std::string deployment = created->deployments(0).deployment();
  test::Endpoint first(client, deployment, "127.0.0.1:9001", "p1");
  v2::RegisterEndpointResponse answer;
  REQUIRE(first.read(answer));

  test::Endpoint second(client, deployment, "127.0.0.1:9002", "p2");
  CHECK_FALSE(second.read(answer));
  const grpc::Status refused = second.close();
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(contains(refused.error_message(), "schema.registrations_max"));

  REQUIRE(first.close().ok());
  CHECK(test::eventually([&] {
    test::Endpoint third(client, deployment, "127.0.0.1:9003", "p3");
    return third.read(answer);
  }));
}
