// Three schema services as processes on one etcd: writes at each, one killed, endpoints and
// followers that move.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "statekit/io/grpc_feed.hpp"
#include "tests/schema_service/replicas.hpp"

namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::Replicas;
using test::writer_of;

namespace {

std::string module_named(const std::string& name) {
  return "module " + name + " { data Thing { name String } }";
}

v2::CreateChangesetRequest tokened(const std::string& name) {
  v2::CreateChangesetRequest request = test::deploy_request(module_named(name));
  request.mutable_write()->set_token(name);
  return request;
}

// A follower that acknowledges what comes, and tells of one call in flight until it is over.
class Router {
 public:
  explicit Router(const std::string& schema)
      : transport_(statekit::make_grpc_feed_transport({statekit::connect(schema)})) {
    statekit::Hello hello;
    hello.kind = "routing";
    hello.instance = "r1";
    auto stream = transport_->connect(hello);
    REQUIRE(stream);
    stream_ = std::move(*stream);
    thread_ = std::thread([this] { follow(); });
  }
  ~Router() {
    stopping_ = true;
    thread_.join();
  }
  // Empty: it has none.
  void has_calls_to(const std::string& deployment) {
    const std::lock_guard lock(mutex_);
    draining_ = deployment;
  }

 private:
  void follow() {
    statekit::Position at;
    while (!stopping_) {
      const auto message = stream_->read(200);
      if (message) {
        if (const auto* part = std::get_if<statekit::SnapshotPart>(&*message)) at = part->position;
        if (const auto* commits = std::get_if<statekit::Commits>(&*message)) {
          at.revision = commits->commits.back().revision;
          at.digest = commits->commits.back().digest;
        }
      }
      statekit::Ack ack{at.revision, at.digest, {}};
      ack.draining = statekit::DrainingCalls{};
      const std::lock_guard lock(mutex_);
      if (!draining_.empty()) (*ack.draining)[draining_] = 1;
      (void)stream_->ack(ack);
    }
  }

  const std::unique_ptr<statekit::FeedTransport> transport_;
  std::unique_ptr<statekit::FeedStream> stream_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::string draining_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("each replica takes writes, and all stand at the same revision with the same digest") {
  Replicas replicas("writes");
  writer_of(replicas);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto answer = replicas.client(i).deploy(module_named("m" + std::to_string(i)));
    INFO(answer.status.error_message());
    REQUIRE(answer.ok());
    // Acknowledged at one, so a linearizable read at another has it.
    v2::GetDeploymentRequest request;
    request.set_deployment(answer->deployments(0).deployment());
    const auto there = replicas.client((i + 1) % 3)
                           .call(&Stub::GetDeployment, request, {{"millrace-linearizable", "1"}});
    INFO(there.status.error_message());
    CHECK(there.ok());
  }
  CHECK(test::eventually([&] {
    std::set<std::pair<std::uint64_t, std::string>> heads;
    for (std::size_t i = 0; i < 3; ++i) {
      const v2::GetStatusResponse status = replicas.status(i);
      heads.emplace(status.head().revision(), status.head().digest());
    }
    return heads.size() == 1 && replicas.client(0).modules().size() == 3;
  }));
}

TEST_CASE("G6: a replica that hears nothing from etcd answers no linearizable read from memory") {
  Replicas replicas("held", "10m", true);
  const std::size_t writer = writer_of(replicas), behind = (writer + 1) % 3;
  replicas.hold(behind, true);
  const auto deployed = replicas.client(writer).deploy(module_named("news"));
  INFO(deployed.status.error_message());
  REQUIRE(deployed.ok());
  v2::GetDeploymentRequest request;
  request.set_deployment(deployed->deployments(0).deployment());
  const std::vector<std::pair<std::string, std::string>> linearizable = {
      {"millrace-linearizable", "1"}};
  const auto plain = replicas.client(behind).call(&Stub::GetDeployment, request);
  CHECK(plain.status.error_code() == grpc::StatusCode::NOT_FOUND);
  const auto held =
      replicas.client(behind).call(&Stub::GetDeployment, request, linearizable, 1'000);
  CHECK((held.status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED ||
         held.status.error_code() == grpc::StatusCode::UNAVAILABLE));
  replicas.hold(behind, false);
  CHECK(test::eventually([&] {
    const auto read =
        replicas.client(behind).call(&Stub::GetDeployment, request, linearizable, 5'000);
    CHECK(read.status.error_code() != grpc::StatusCode::NOT_FOUND);
    return read.ok();
  }));
}

TEST_CASE("each replica keeps a history of its own, and all tell the same") {
  Replicas replicas("history");
  writer_of(replicas);
  const auto first = replicas.client(0).deploy(module_named("first"));
  REQUIRE(first.ok());
  REQUIRE(replicas.client(1).deploy(module_named("second")).ok());
  REQUIRE(replicas.client(2).reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  v2::GetHistoryRequest request;
  request.set_module("first");
  std::set<std::string> told;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto page =
        replicas.client(i).call(&Stub::GetHistory, request, {{"millrace-linearizable", "1"}});
    INFO(page.status.error_message());
    REQUIRE(page->entries_size() > 3);
    std::string all;
    for (const auto& each : page->entries()) all += each.SerializeAsString();
    told.insert(all);
  }
  CHECK(told.size() == 1);
  // On disk, so that a replica that starts again goes on with what it has.
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(std::filesystem::exists(replicas.data(i) + "/schema/history.db"));
}

TEST_CASE("G1: kill -9 of the preferred writer under deploys loses nothing that was acknowledged") {
  Replicas replicas("killed");
  const std::size_t writer = writer_of(replicas);
  const std::size_t other = (writer + 1) % 3, third = (writer + 2) % 3;
  std::set<std::string> acknowledged;
  for (int i = 0; i < 20; ++i) {
    if (i == 7) replicas.kill(writer);
    const std::string name = "m" + std::to_string(i);
    const auto answer = replicas.client(other).create(tokened(name));
    INFO(name << ": " << answer.status.error_message());
    REQUIRE(answer.ok());
    acknowledged.insert(answer->deployments(0).deployment());
  }
  CHECK(acknowledged.size() == 20);
  for (const std::string& key : acknowledged) {
    v2::GetDeploymentRequest request;
    request.set_deployment(key);
    CHECK(replicas.client(third)
              .call(&Stub::GetDeployment, request, {{"millrace-linearizable", "1"}})
              .ok());
  }
  // The clockwork went on as well: one of the two decides what is due.
  CHECK(test::eventually([&] { return replicas.client(third).modules().size() == 20; }));
  CHECK(test::eventually([&] { return replicas.status(third).replicas_size() == 2; }));
}

TEST_CASE("G4: a config value that one replica acknowledged is read through each other") {
  Replicas replicas("config");
  writer_of(replicas);
  const auto deployed = replicas.client(0).deploy("module shop { config limit Int }");
  REQUIRE(deployed.ok());
  const std::string key = deployed->deployments(0).deployment();
  grpc::ClientContext context;
  v2::GetDeploymentContextRequest of;
  of.set_deployment(key);
  const auto stream = replicas.client(2).stub().GetDeploymentContext(&context, of);
  v2::GetDeploymentContextResponse given;
  REQUIRE(stream->Read(&given));
  CHECK_FALSE(given.configs(0).has_json());
  for (int i = 0; i < 15; ++i) {
    const auto writer = static_cast<std::size_t>(i % 3);
    v2::ChangeConfigRequest request;
    request.mutable_changes()->Add()->set_module("shop");
    request.mutable_changes(0)->set_name("limit");
    request.mutable_changes(0)->set_json(std::to_string(i));
    const auto set = replicas.client(writer).call(&Stub::ChangeConfig, request);
    INFO(set.status.error_message());
    REQUIRE(set.ok());
    for (const std::size_t reader : {(writer + 1) % 3, (writer + 2) % 3}) {
      const auto list = replicas.client(reader).call(&Stub::ListConfig, v2::ListConfigRequest());
      REQUIRE(list.ok());
      CHECK(list->entries(0).json() == std::to_string(i));
      CHECK(list->entries(0).revision() == set->position().revision());
    }
    // Pushed by a replica that need not be the writer; one in between may be left out.
    while (given.configs(0).json() != std::to_string(i)) REQUIRE(stream->Read(&given));
    CHECK(given.position().revision() >= set->position().revision());
  }
  context.TryCancel();
}

TEST_CASE("G10: a replica makes no keyring of its own once another has sealed a secret") {
  Replicas replicas("keyrings");
  const std::size_t writer = writer_of(replicas);
  const std::size_t other = (writer + 1) % 3, third = (writer + 2) % 3;
  REQUIRE(replicas.client(writer).deploy("module shop { secret pin Int }").ok());
  const auto set = [&](std::size_t at, const std::string& json) {
    v2::ChangeSecretsRequest request;
    request.mutable_changes()->Add()->set_module("shop");
    request.mutable_changes(0)->set_name("pin");
    request.mutable_changes(0)->set_json(json);
    return replicas.client(at).call(&Stub::ChangeSecrets, request).status;
  };
  REQUIRE(set(other, "1").ok());
  // One of them has made it, the one that sealed.
  std::optional<std::size_t> owner;
  for (std::size_t i = 0; i < 3; ++i)
    if (std::filesystem::exists(replicas.data(i) + "/keyring")) owner = i;
  REQUIRE(owner == writer);
  const std::string keyring = replicas.data(writer) + "/keyring";
  replicas.kill(writer);
  grpc::Status refused;
  CHECK(test::eventually([&] {
    refused = set(other, "2");
    return refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION || refused.ok();
  }));
  INFO(refused.error_message());
  CHECK(refused.error_message().find("it is needed by 1 secret sealed with key key-") !=
        std::string::npos);
  for (const std::size_t i : {other, third}) {
    CHECK_FALSE(std::filesystem::exists(replicas.data(i) + "/keyring"));
    std::filesystem::copy_file(keyring, replicas.data(i) + "/keyring");
  }
  CHECK(test::eventually([&] { return set(third, "3").ok(); }));
}

TEST_CASE("an endpoint outlives the replica that held its lease and nothing is journalled") {
  Replicas replicas("leases");
  const std::size_t writer = writer_of(replicas), holder = (writer + 1) % 3;
  const std::size_t next = (writer + 2) % 3;
  const auto deployed =
      replicas.client(writer).deploy("module echo { export verb echo(String) String }");
  REQUIRE(deployed.ok());
  const std::string key = deployed->deployments(0).deployment();
  auto first = std::make_unique<test::Endpoint>(replicas.client(holder), key, "127.0.0.1:9", "p1");
  v2::RegisterEndpointResponse answer;
  REQUIRE(first->read(answer));
  const std::string endpoint = answer.endpoint();
  CHECK(replicas.client(writer).reaches(deployed->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const std::uint64_t revision = replicas.status(writer).head().revision();
  replicas.kill(holder);
  first->cut();
  test::Endpoint second(replicas.client(next), key, "127.0.0.1:9", "p1");
  REQUIRE(second.read(answer));
  CHECK(answer.endpoint() == endpoint);
  // Two leases later it is still there, and no commit was made for it.
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(6'000);
  auto renewed = std::chrono::steady_clock::now();
  CHECK(test::eventually([&] {
    const auto now = std::chrono::steady_clock::now();
    if (now - renewed > std::chrono::milliseconds(400)) second.renew(), renewed = now;
    return now > end;
  }));
  CHECK(replicas.client(writer).deployment(key)->endpoints_size() == 1);
  CHECK(replicas.status(writer).head().revision() == revision);
}

TEST_CASE("a drain ends once a router that follows another replica says that its calls are done") {
  Replicas replicas("drain", "10m");
  const std::size_t writer = writer_of(replicas), other = (writer + 1) % 3;
  Router router(replicas.address(other));
  const auto first =
      replicas.client(writer).deploy("module echo { export verb echo(String) String }");
  REQUIRE(first.ok());
  const std::string old = first->deployments(0).deployment();
  test::Endpoint serves_old(replicas.client(other), old, "127.0.0.1:9", "p1");
  v2::RegisterEndpointResponse answer;
  REQUIRE(serves_old.read(answer));
  CHECK(replicas.client(writer).reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  router.has_calls_to(old);
  auto request = test::deploy_request("module echo { export verb echo(Int) String }", "b2");
  request.set_drain_ms_max(600'000);
  request.set_allow_breaking(true);
  const auto second = replicas.client(writer).create(request);
  INFO(second.status.error_message());
  REQUIRE(second.ok());
  test::Endpoint serves_new(replicas.client(other), second->deployments(0).deployment(),
                            "127.0.0.1:10", "p2");
  REQUIRE(serves_new.read(answer));
  CHECK(replicas.client(writer).reaches(second->changeset(), v2::CHANGESET_PHASE_COMMITTED));
  // All replicas know of the call.
  CHECK(test::eventually([&] {
    for (std::size_t i = 0; i < 3; ++i) {
      const v2::GetStatusResponse status = replicas.status(i);
      for (const auto& each : status.followers())
        if (each.instance() == "r1" && each.draining_calls() != 1) return false;
    }
    return true;
  }));
  CHECK(replicas.client(writer).changeset(second->changeset())->changeset().phase() ==
        v2::CHANGESET_PHASE_COMMITTED);
  router.has_calls_to({});
  CHECK(replicas.client(writer).reaches(second->changeset(), v2::CHANGESET_PHASE_FINALIZED));
}

TEST_CASE("G3: a follower goes from one replica to another and resumes where it stood") {
  Replicas replicas("follower");
  REQUIRE(replicas.client(0).deploy(module_named("one")).ok());
  statekit::Hello hello;
  hello.kind = "routing";
  hello.instance = "r1";
  // A snapshot or commits at the first; then only what is newer, at each of the others.
  std::optional<statekit::Position> at;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto transport =
        statekit::make_grpc_feed_transport({statekit::connect(replicas.address(i))});
    hello.position = at;
    auto stream = transport->connect(hello);
    REQUIRE(stream);
    REQUIRE(replicas.client((i + 1) % 3).deploy(module_named("next" + std::to_string(i))).ok());
    statekit::Position now = at ? *at : statekit::Position{};
    bool snapshot = false;
    const std::uint64_t wanted = replicas.status((i + 1) % 3).head().revision();
    CHECK(test::eventually([&] {
      const auto message = (*stream)->read(2'000);
      if (!message) return message.error().code != statekit::Code::deadline_exceeded;
      if (const auto* part = std::get_if<statekit::SnapshotPart>(&*message)) {
        snapshot = true;
        now = part->position;
      }
      if (const auto* commits = std::get_if<statekit::Commits>(&*message)) {
        CHECK((now.revision == 0 || commits->commits.front().revision == now.revision + 1));
        now.revision = commits->commits.back().revision;
        now.digest = commits->commits.back().digest;
      }
      if (const auto* beat = std::get_if<statekit::Heartbeat>(&*message))
        now.incarnation = beat->head.incarnation;
      return now.revision >= wanted && !now.incarnation.empty();
    }));
    CHECK(now.revision >= wanted);
    if (at) CHECK_FALSE(snapshot);
    at = now;
  }
}
