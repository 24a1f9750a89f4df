// New kinds of events are written only once everyone who is connected can read them.
#include "journal/open.hpp"
#include "journal/presence.hpp"
#include "services/schema/prober.hpp"
#include "services/schema/service.hpp"
#include "support/eventually.hpp"
#include "tests/schema_service/running.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;

namespace {

constexpr const char* shop = "module shop { config currency String  secret pin Int }";

v2::ChangeConfigRequest setting(const std::string& json) {
  v2::ChangeConfigRequest request;
  v2::ConfigChange& change = *request.add_changes();
  change.set_module("shop");
  change.set_name("currency");
  change.set_json(json);
  return request;
}

// A follower that says which level it reads, and nothing more.
class Follower {
 public:
  Follower(test::Client& client, std::uint32_t level)
      : stream_(client.stub().Subscribe(&context_)) {
    v2::SubscribeRequest hello;
    hello.mutable_hello()->set_kind("routing");
    hello.mutable_hello()->set_instance("of-then");
    hello.mutable_hello()->set_format(1);
    hello.mutable_hello()->set_feature_level(level);
    REQUIRE(stream_->Write(hello));
    v2::SubscribeResponse first;
    REQUIRE(stream_->Read(&first));
  }
  ~Follower() {
    context_.TryCancel();
    stream_->Finish();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v2::SubscribeRequest, v2::SubscribeResponse>> stream_;
};

// What the newest commit that sets a value changed; the rollout commits beside it.
std::vector<std::string> changes_of_newest_value(test::Client& client) {
  const auto history = client.call(&Stub::GetHistory, v2::GetHistoryRequest());
  for (const auto& entry : history->entries()) {
    const std::vector<std::string> changes(entry.changes().begin(), entry.changes().end());
    if (!changes.empty() && contains(changes.back(), "config shop.currency set")) return changes;
  }
  return {};
}

}  // namespace

TEST_CASE("G9: no value is written while a follower of the first release is connected") {
  Running running;
  test::Client& client = running.client();
  const auto created = client.deploy(shop);
  REQUIRE(created.ok());
  {
    const Follower old(client, 0);
    const auto refused = client.call(&Stub::ChangeConfig, setting("\"EUR\""));
    CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(contains(refused.status.error_message(), "feature level 2"));
    CHECK(contains(refused.status.error_message(), "routing of-then reads level 1"));
    CHECK(client.status()->feature_level() == 1);
    // Deploys go on as they were.
    CHECK(client.deploy("module cart { data Thing { name String } }").ok());
  }
  REQUIRE(
      test::eventually([&] { return client.call(&Stub::ChangeConfig, setting("\"EUR\"")).ok(); }));
  CHECK(client.status()->feature_level() == 2);
}

TEST_CASE("no role is given that somebody who is connected would take for more than it is") {
  Running running;
  test::Client& client = running.client();
  const auto gives = [&](const std::string& role, const std::string& pattern) {
    v2::SetRolesRequest request;
    request.set_principal("ed");
    v2::RoleBinding& binding = *request.add_roles();
    binding.set_role(role);
    if (!pattern.empty()) binding.add_modules(pattern);
    return client.call(&Stub::SetRoles, request);
  };
  {
    const Follower of_level_3(client, 3);
    for (const auto& [role, pattern] :
         {std::pair{"deployer", "workspace:shop-*"}, std::pair{"viewer", "workspace:shop-*"},
          std::pair{"operator", "shop"}, std::pair{"admin", "shop*"}}) {
      CAPTURE(role);
      const auto refused = gives(role, pattern);
      CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
      CHECK(contains(refused.status.error_message(), "feature level 4"));
    }
    CHECK(gives("deployer", "shop*").ok());
    CHECK(gives("admin", "").ok());
    CHECK(client.status()->feature_level() == 3);
  }
  REQUIRE(test::eventually([&] { return gives("deployer", "workspace:shop-*").ok(); }));
  CHECK(client.status()->feature_level() == 4);
}

TEST_CASE("G9: a follower that reads the newest level holds nothing up, and the level stays") {
  Running running;
  test::Client& client = running.client();
  REQUIRE(client.deploy(shop).ok());
  const Follower follower(client, schema::feature_level_newest);
  REQUIRE(client.call(&Stub::ChangeConfig, setting("\"EUR\"")).ok());
  const auto first = changes_of_newest_value(client);
  REQUIRE(first.size() == 2);
  CHECK(first[0] == "feature level 2");
  // Once it is written there is no way back, whoever comes.
  const Follower old(client, 0);
  REQUIRE(client.call(&Stub::ChangeConfig, setting("\"USD\"")).ok());
  CHECK(changes_of_newest_value(client).size() == 1);
}

TEST_CASE("G9: no value is written while a replica of the first release is there") {
  const statekit::SystemClock clock;
  const auto room = millrace::journal::make_presence_room(clock);
  auto journal = millrace::journal::open_journal("memory:");
  REQUIRE(journal);
  service::Settings settings;
  settings.journal = "memory:";
  service::Service one(settings, std::move(*journal), service::make_grpc_prober(), clock, {},
                       millrace::journal::make_local_presence(room));
  REQUIRE(one.start());
  one.join("127.0.0.1:1");
  std::uint32_t level = 1;
  {
    service::Replicas other(
        millrace::journal::make_local_presence(room), "zz",
        [&] {
          service::ReplicaFacts facts;
          facts.id = "zz";
          facts.address = "127.0.0.1:2";
          facts.feature_level = level;
          return facts;
        },
        clock);
    other.join("127.0.0.1:2");
    const auto answer = [&] {
      statekit::Status result;
      std::promise<void> told;
      one.change_config({{{"", "currency", "1"}}, {}}, {}, 5'000, [&](const auto& position) {
        result = position ? statekit::Status() : fail(position.error());
        told.set_value();
      });
      told.get_future().wait();
      return result;
    };
    REQUIRE(test::eventually([&] {
      const auto refused = answer();
      return !refused && refused.error().code == statekit::Code::failed_precondition &&
             contains(refused.error().details.at(0), "replica 127.0.0.1:2 reads level 1");
    }));
    level = 2;
    // Past the guard it is refused for another reason: nobody declares such a config.
    REQUIRE(test::eventually([&] {
      const auto refused = answer();
      return !refused && refused.error().code == statekit::Code::not_found;
    }));
    other.leave();
  }
  one.stop();
}
