// What a request is about, and who is told of what was refused, over real gRPC: patterns of modules
// where secrets are read, changesets that are not known yet, names that were verified.
#include "access/io/grpc_gate.hpp"
#include "kms.grpc.pb.h"
#include "support/eventually.hpp"
#include "support/log_lines.hpp"
#include "support/manual_clock.hpp"
#include "tests/schema_service/guarded.hpp"
#include "tests/schema_service/secrets_parts.hpp"

namespace doors = millrace::access;
namespace test = millrace::test;
namespace pb = millrace::v2alpha1;
using Stub = millrace::v2alpha1::SchemaService::Stub;
using grpc::StatusCode;
using test::bearer;
using test::contains;
using test::Guarded;
using test::verdict;

namespace {

// Metrics tell how many commands were decided and refused.
bool has_refused(Guarded& house, int commands) {
  return contains(house.running->metrics().text(),
                  "millrace_schema_refused_count " + std::to_string(commands) + "\n");
}

// echo.key and shop.key, both set.
void set_secrets(Guarded& house) {
  house.deploy(test::echo);
  house.deploy(test::shop);
  for (const char* module : {"echo", "shop"}) {
    const auto set =
        house.client().call(&Stub::ChangeSecrets, test::setting_secret(module, "key", "\"hidden\""),
                            bearer(house.root));
    INFO(set.status.error_message());
    REQUIRE(set.ok());
  }
}

}  // namespace

TEST_CASE(
    "a changeset that this replica does not know yet is changed by nobody who is held to modules") {
  Guarded house;
  const std::string ed = house.token("ed", {"deployer=echo*"});
  const std::string dora = house.token("dora", {"deployer"});
  pb::ChangesetRequest request;
  request.set_changeset("chs-0123456789");
  // It is not even asked for of the state that decides, which may be newer and know it.
  for (const auto method :
       {&Stub::CommitChangeset, &Stub::RollbackChangeset, &Stub::FailChangeset}) {
    const auto refused = house.client().call(method, request, bearer(ed));
    CHECK(refused.status.error_code() == StatusCode::NOT_FOUND);
    CHECK(contains(refused.status.error_message(), "no changeset chs-0123456789"));
  }
  CHECK(has_refused(house, 0));
  CHECK_FALSE(house.client().call(&Stub::FailChangeset, request, bearer(dora)).ok());
  CHECK(test::eventually([&] { return has_refused(house, 1); }));
}

TEST_CASE("G10: who reads the secrets of some modules reads no other") {
  Guarded house;
  set_secrets(house);
  const std::string rita = house.token("rita", {"secret-reader=echo"});
  const auto reads = [&](const pb::GetSecretsRequest& request) {
    return house.client().call(&Stub::GetSecrets, request, bearer(rita));
  };
  CHECK(reads(test::asking("echo", "key"))->secrets(0).json() == "\"hidden\"");
  pb::GetSecretsRequest both = test::asking("echo", "key");
  *both.add_secrets() = test::asking("shop", "key").secrets(0);
  for (const auto& request : {test::asking("shop", "key"), test::asking("", "key"), both}) {
    const auto refused = reads(request);
    CHECK(verdict(refused) == "no");
    CHECK(refused->secrets_size() == 0);
  }
}

TEST_CASE("G10: who reads a secret is told by the name that was verified") {
  Guarded house;
  set_secrets(house);
  const std::string rita = house.token("rita", {"secret-reader"});
  const test::LogLines lines;
  // It says that it is eve.
  REQUIRE(house.client().call(&Stub::GetSecrets, test::asking("shop", "key"), bearer(rita)).ok());
  INFO(lines.text());
  CHECK(contains(lines.text(), "audit.secret-read secret=shop.key"));
  CHECK(contains(lines.text(), " by=rita "));
  CHECK_FALSE(contains(lines.text(), "eve"));
}

TEST_CASE("what is refused by module is in the audit, with who it was and why") {
  Guarded house;
  const std::string ed = house.token("ed", {"deployer=echo*", "secret-reader=echo"});
  const test::LogLines lines;
  CHECK(verdict(house.client().call(&Stub::CreateChangeset, test::deploy_request(test::shop),
                                    bearer(ed))) == "no");
  CHECK(verdict(house.client().call(&Stub::GetSecrets, test::asking("shop", "key"), bearer(ed))) ==
        "no");
  const std::string who = "access.denied who=\"ed (token " + ed.substr(4, 10) + ")\" what=";
  INFO(lines.text());
  CHECK(contains(lines.text(), who + "CreateChangeset from=ipv4:127.0.0.1:"));
  CHECK(contains(lines.text(), who + "GetSecrets from=ipv4:127.0.0.1:"));
  CHECK(contains(lines.text(), "why=\"ed may not deploy module shop: it takes the role"));
}

TEST_CASE("the author of a token and of roles is who was verified, whatever the request says") {
  Guarded house;
  const std::string text = house.token("ann", {"admin"});
  pb::SetRolesRequest request;
  request.mutable_write()->set_author("root");
  request.set_principal("bob");
  request.add_roles()->set_role("viewer");
  REQUIRE(house.client().call(&Stub::SetRoles, request, bearer(text)).ok());
  const auto list =
      house.client().call(&Stub::ListAccess, pb::ListAccessRequest(), bearer(house.root));
  REQUIRE(list->grants_size() == 2);
  CHECK(list->grants(0).author() == "bootstrap");
  CHECK(list->grants(1).author() == "ann");
}

TEST_CASE("who has to wait over gRPC is told how long") {
  Guarded house;
  std::string told = "nothing";
  for (int i = 0; i < 40 && told == "nothing"; ++i) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + doors::draw_token());
    pb::GetSchemaResponse response;
    const auto status =
        house.client().stub().GetSchema(&context, pb::GetSchemaRequest(), &response);
    if (status.error_code() != StatusCode::RESOURCE_EXHAUSTED) continue;
    const auto& trailing = context.GetServerTrailingMetadata();
    const auto found = trailing.find("grpc-retry-pushback-ms");
    told = found == trailing.end() ? "" : std::string(found->second.data(), found->second.size());
  }
  CHECK(told == "2000");
}

TEST_CASE("a service with a method that has no rule does not start behind a gate") {
  const doors::Trusted trusted;
  const test::ManualClock clock;
  doors::Gate gate(
      trusted, [](const auto& use) { use(doors::Book()); }, clock);
  // Any service that is not of the house.
  ::v2::KeyManagementService::Service other;
  const auto refused = doors::guard(gate, other, "v2.KeyManagementService");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == millrace::statekit::Code::internal);
  CHECK(contains(refused.error().message, "no rule says who may call v2.KeyManagementService."));
}
