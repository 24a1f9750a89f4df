// Two schema services as processes on one etcd, whose callers must say who they are: a write is
// handed on to the one that writes under its caller's name, and nobody else may speak for others.
#include <filesystem>
#include <fstream>
#include <optional>

#include "statekit/types.hpp"
#include "support/catch.hpp"
#include "support/etcd_server.hpp"
#include "support/eventually.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/client.hpp"

namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using Metadata = std::vector<std::pair<std::string, std::string>>;

namespace {

std::string token_text(char letter) {
  return "mlr_" + std::string(10, letter) + "_" + std::string(52, letter);
}
Metadata bearer(char letter) { return {{"authorization", "Bearer " + token_text(letter)}}; }
constexpr char root = 'r', platform = 'p', ada = 'a', vera = 'v';

class Pair {
 public:
  Pair() {
    for (const auto& [name, letter] : {std::pair{"root", root}, std::pair{"platform", platform}}) {
      const std::string path = folder_ / name;
      std::ofstream(path) << token_text(letter) << '\n';
      std::filesystem::permissions(path, std::filesystem::perms(0600));
    }
    for (std::size_t i = 0; i < 2; ++i)
      processes_.push_back(std::make_unique<test::Process>(
          std::vector<std::string>{
              MILLRACE_SCHEMA, "--settings-version=2",
              "--data=" + (folder_ / ("data" + std::to_string(i))), "--schema.listen=127.0.0.1:0",
              "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0",
              "--schema.journal.url=etcd://" + test::shared_etcd().endpoints() + "/guarded",
              "--auth.mode=required", "--auth.token_file=" + (folder_ / "platform"),
              "--auth.bootstrap_token_file=" + (folder_ / "root")},
          folder_ / ("log" + std::to_string(i))));
    for (auto& process : processes_) {
      addresses_.push_back(process->logged("schema.started listen="));
      INFO(process->log());
      REQUIRE_FALSE(addresses_.back().empty());
      clients_.push_back(std::make_unique<test::Client>(statekit::connect(addresses_.back())));
    }
    REQUIRE(test::eventually([&] { return find_writer(); }));
  }

  test::Client& writer() { return *clients_[writer_]; }
  test::Client& other() { return *clients_[1 - writer_]; }

 private:
  // Both name the same one.
  bool find_writer() {
    std::optional<std::string> named;
    for (auto& client : clients_) {
      const auto told = client->call(&Stub::GetStatus, v2::GetStatusRequest(), bearer(root));
      if (!told.ok() || told->replicas_size() != 2) return false;
      for (const auto& each : told->replicas())
        if (each.writer() && named.value_or(each.address()) != each.address()) return false;
      for (const auto& each : told->replicas())
        if (each.writer()) named = each.address();
    }
    if (!named) return false;
    writer_ = *named == addresses_[0] ? 0 : 1;
    return true;
  }

  test::TempDir folder_;
  std::vector<std::unique_ptr<test::Process>> processes_;
  std::vector<std::string> addresses_;
  std::vector<std::unique_ptr<test::Client>> clients_;
  std::size_t writer_ = 0;
};

v2::CreateTokenRequest token_for(char letter, const std::string& principal) {
  v2::CreateTokenRequest request;
  request.set_id(std::string(10, letter));
  request.set_hash(statekit::to_bytes(statekit::sha256(token_text(letter))));
  request.set_principal(principal);
  return request;
}

void give(test::Client& client, char letter, const std::string& principal,
          const std::string& role) {
  v2::CreateTokenRequest request = token_for(letter, principal);
  request.add_roles()->set_role(role);
  const auto made = client.call(&Stub::CreateToken, request, bearer(root));
  INFO(made.status.error_message());
  REQUIRE(made.ok());
}

v2::CreateChangesetRequest module_named(const std::string& name) {
  return test::deploy_request("module " + name + " { data Thing { name String } }");
}

// Empty where its history does not tell of the module, as one that is behind the other's does not.
std::string author_of(test::Client& client, const std::string& module) {
  v2::GetHistoryRequest request;
  request.set_module(module);
  const auto told = client.call(&Stub::GetHistory, request, bearer(root));
  INFO(told.status.error_message());
  REQUIRE(told.ok());
  if (told->entries_size() == 0) return {};
  return told->entries(told->entries_size() - 1).author();
}

}  // namespace

TEST_CASE("a write that one replica hands to another is its caller's in the history of both") {
  Pair pair;
  give(pair.other(), ada, "ada", "deployer");  // itself handed on
  give(pair.other(), vera, "vera", "viewer");
  REQUIRE(test::eventually([&] {
    return pair.other().call(&Stub::GetSchema, v2::GetSchemaRequest(), bearer(vera)).ok();
  }));
  const auto made = pair.other().call(&Stub::CreateChangeset, module_named("shop"), bearer(ada));
  INFO(made.status.error_message());
  REQUIRE(made.ok());
  REQUIRE(test::eventually([&] { return author_of(pair.writer(), "shop") == "ada"; }));
  REQUIRE(test::eventually([&] { return author_of(pair.other(), "shop") == "ada"; }));

  // Who may not is told so by the first that they ask, and by the second, whoever they say they
  // are.
  for (test::Client* each : {&pair.other(), &pair.writer()}) {
    const auto refused = each->call(&Stub::CreateChangeset, module_named("more"), bearer(vera));
    CHECK(refused.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
    Metadata forged = bearer(vera);
    forged.emplace_back("millrace-on-behalf-of", "ada");
    forged.emplace_back("millrace-on-behalf-of-roles", "admin");
    forged.emplace_back("millrace-forwarded", "1");
    const auto spoken = each->call(&Stub::CreateChangeset, module_named("more"), forged);
    CHECK(spoken.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
  }
}

// As of somebody in hundreds of groups: more than fits into the headers of a call.
TEST_CASE("a write of somebody with very many roles is decided by the replica that was asked") {
  Pair pair;
  v2::CreateTokenRequest request = token_for('g', "gail");
  for (int i = 0; i < 60; ++i) {
    v2::RoleBinding& role = *request.add_roles();
    role.set_role("deployer");
    for (const char* kind : {"a", "b"})
      role.add_modules("team" + std::to_string(i) + kind + std::string(180, 'x') + "*");
  }
  request.mutable_roles()->rbegin()->set_modules(0, "shop*");
  REQUIRE(pair.writer().call(&Stub::CreateToken, request, bearer(root)).ok());
  REQUIRE(test::eventually([&] {
    return pair.other().call(&Stub::GetSchema, v2::GetSchemaRequest(), bearer('g')).ok();
  }));
  const auto made = pair.other().call(&Stub::CreateChangeset, module_named("shop"), bearer('g'));
  INFO(made.status.error_message());
  REQUIRE(made.ok());
  CHECK(test::eventually([&] { return author_of(pair.writer(), "shop") == "gail"; }));
  const auto refused = pair.other().call(&Stub::CreateChangeset, module_named("more"), bearer('g'));
  CHECK(refused.status.error_code() == grpc::StatusCode::PERMISSION_DENIED);
}
