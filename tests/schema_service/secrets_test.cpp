// Secrets over real gRPC: sealed when they are set, given in clear to their deployment alone, and
// wrapped anew when keys change.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "services/schema/vault.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/running.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;

namespace {

constexpr const char* shop = "module shop { secret api_key String  secret pin Int }";
constexpr const char* cart = "module cart { secret api_key String? }";

millrace::schema_service::Settings in(const test::TempDir& folder) {
  millrace::schema_service::Settings settings;
  settings.data = folder.path().string();
  return settings;
}

v2::ChangeSecretsRequest setting(const std::string& module, const std::string& name,
                                 const std::string& json) {
  v2::ChangeSecretsRequest request;
  request.mutable_write()->set_author("ada");
  v2::SecretChange& change = *request.add_changes();
  change.set_module(module);
  change.set_name(name);
  change.set_json(json);
  return request;
}

std::string deploy(test::Client& client, const std::string& text) {
  const auto created = client.deploy(text);
  REQUIRE(created.ok());
  REQUIRE(client.reaches(created->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  return created->deployments(0).deployment();
}

// The first answer of a context stream: "api_key=... pin=".
std::string given(test::Client& client, const std::string& deployment,
                  std::string* problem = nullptr) {
  grpc::ClientContext context;
  v2::GetDeploymentContextRequest request;
  request.set_deployment(deployment);
  const auto stream = client.stub().GetDeploymentContext(&context, request);
  v2::GetDeploymentContextResponse answer;
  REQUIRE(stream->Read(&answer));
  context.TryCancel();
  std::string text;
  for (const v2::ContextSecret& secret : answer.secrets()) {
    text += (text.empty() ? "" : " ") + secret.name() + "=" + secret.json();
    if (problem != nullptr) *problem += secret.problem();
  }
  return text;
}

}  // namespace

TEST_CASE("G10: a secret is sealed, listed without its value and given to its deployment alone") {
  const test::TempDir folder;
  Running running(in(folder));
  test::Client& client = running.client();
  const std::string of_shop = deploy(client, shop);
  const std::string of_cart = deploy(client, cart);
  CHECK_FALSE(std::filesystem::exists(folder / "keyring"));
  const auto set = client.call(&Stub::ChangeSecrets, setting("shop", "api_key", "\"marker\""));
  INFO(set.status.error_message());
  REQUIRE(set.ok());
  struct stat there {};
  REQUIRE(stat((folder / "keyring").c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);

  const auto list = client.call(&Stub::ListSecrets, v2::ListSecretsRequest());
  REQUIRE(list->entries_size() == 3);
  CHECK(list->entries(1).name() == "api_key");
  CHECK(list->entries(1).version() == set->position().revision());
  CHECK(list->entries(1).fingerprint().size() == 16);
  CHECK(list->entries(1).author() == "ada");
  CHECK_FALSE(contains(list->ShortDebugString(), "marker"));
  CHECK(given(client, of_shop) == "api_key=\"marker\" pin=");
  CHECK(given(client, of_cart) == "api_key=");

  // One for all is for those without their own.
  REQUIRE(client.call(&Stub::ChangeSecrets, setting("", "api_key", "\"all\"")).ok());
  CHECK(given(client, of_shop) == "api_key=\"marker\" pin=");
  CHECK(given(client, of_cart) == "api_key=\"all\"");
  v2::ChangeSecretsRequest unset;
  unset.add_changes()->set_name("api_key");
  REQUIRE(client.call(&Stub::ChangeSecrets, unset).ok());
  CHECK(given(client, of_cart) == "api_key=");

  v2::GetStateRequest of_now;
  grpc::ClientContext context;
  const auto parts = client.stub().GetState(&context, of_now);
  v2::FeedSnapshotPart part;
  while (parts->Read(&part)) CHECK_FALSE(contains(part.data(), "marker"));
}

TEST_CASE("G10: what refuses a secret says nothing of it") {
  const test::TempDir folder;
  Running running(in(folder));
  test::Client& client = running.client();
  deploy(client, shop);
  v2::ChangeSecretsRequest request = setting("shop", "pin", "\"marker\"");
  *request.add_changes() = setting("shop", "api_key", "\"marker\"").changes(0);
  const auto unfit = client.call(&Stub::ChangeSecrets, request);
  CHECK(unfit.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(contains(unfit.status.error_message(), "shop.pin: wanted Int, got string"));
  CHECK_FALSE(contains(unfit.status.error_message(), "marker"));
  const auto broken = client.call(&Stub::ChangeSecrets, setting("shop", "api_key", "marker"));
  CHECK(broken.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_FALSE(contains(broken.status.error_message(), "marker"));
  const auto unknown = client.call(&Stub::ChangeSecrets, setting("shop", "api_kee", "\"marker\""));
  CHECK(unknown.status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(contains(unknown.status.error_message(), "did you mean `api_key`?"));
  const auto large = client.call(
      &Stub::ChangeSecrets, setting("shop", "api_key", "\"" + std::string(70'000, 'm') + "\""));
  CHECK(large.status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  const auto list = client.call(&Stub::ListSecrets, v2::ListSecretsRequest());
  for (const v2::SecretEntry& entry : list->entries()) CHECK_FALSE(entry.set());
}

TEST_CASE("keys are rotated, old ones are forgotten only when no secret needs them") {
  const test::TempDir folder;
  Running running(in(folder));
  test::Client& client = running.client();
  const std::string of_shop = deploy(client, shop);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting("shop", "api_key", "\"one\"")).ok());
  REQUIRE(client.call(&Stub::ChangeSecrets, setting("shop", "pin", "7")).ok());
  const auto before = client.call(&Stub::ListSecrets, v2::ListSecretsRequest());
  v2::RotateSecretsRequest request;
  request.set_new_key(true);
  const auto rotated = client.call(&Stub::RotateSecrets, request);
  INFO(rotated.status.error_message());
  REQUIRE(rotated.ok());
  CHECK(rotated->rewrapped() == 2);
  CHECK(rotated->needed().empty());
  const auto after = client.call(&Stub::ListSecrets, v2::ListSecretsRequest());
  CHECK(after->entries(0).key_id() == rotated->active_key());
  CHECK(after->entries(0).key_id() != before->entries(0).key_id());
  // The same value under another key: neither version nor fingerprint changes.
  CHECK(after->entries(0).version() == before->entries(0).version());
  CHECK(after->entries(0).fingerprint() == before->entries(0).fingerprint());
  request.set_new_key(false);
  request.set_forget(true);
  const auto forgotten = client.call(&Stub::RotateSecrets, request);
  REQUIRE(forgotten->forgotten_size() == 1);
  CHECK(forgotten->forgotten(0) == before->entries(0).key_id());
  CHECK(given(client, of_shop) == "api_key=\"one\" pin=7");
}

TEST_CASE("a lost key is named, what it sealed is not given, and nothing of it is forgotten") {
  const test::TempDir folder;
  Running running(in(folder));
  test::Client& client = running.client();
  const std::string of_shop = deploy(client, shop);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting("shop", "api_key", "\"one\"")).ok());
  const std::string lost =
      client.call(&Stub::ListSecrets, v2::ListSecretsRequest())->entries(0).key_id();
  std::ofstream(folder / "keyring")
      << "# millrace keyring 1\nkey-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  v2::RotateSecretsRequest request;
  request.set_forget(true);
  const auto rotated = client.call(&Stub::RotateSecrets, request);
  REQUIRE(rotated.ok());
  CHECK(rotated->needed().at(lost) == 1);
  CHECK(rotated->forgotten_size() == 0);
  REQUIRE(rotated->failures_size() == 1);
  CHECK(contains(rotated->failures(0), "shop.api_key: key " + lost + " is not in keyring"));
  // Nor while it is there but does not open it: what is needed stays.
  std::ofstream(folder / "keyring", std::ios::app)
      << lost + " MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  const auto again = client.call(&Stub::RotateSecrets, request);
  REQUIRE(again.ok());
  CHECK(again->needed().at(lost) == 1);
  CHECK(again->forgotten_size() == 0);
  std::ofstream(folder / "keyring")
      << "# millrace keyring 1\nkey-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  std::string problem;
  CHECK(given(client, of_shop, &problem) == "api_key= pin=");
  CHECK(contains(problem, "key " + lost + " is not in keyring"));
}

TEST_CASE("a keyring that others can read seals nothing, and one must be named off loopback") {
  const test::TempDir folder;
  millrace::schema_service::Settings settings = in(folder);
  settings.keyring = folder / "keys";
  std::ofstream(settings.keyring)
      << "# millrace keyring 1\nkey-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  std::filesystem::permissions(settings.keyring, std::filesystem::perms(0644));
  Running running(settings);
  test::Client& client = running.client();
  deploy(client, shop);
  const auto refused = client.call(&Stub::ChangeSecrets, setting("shop", "pin", "7"));
  CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(contains(refused.status.error_message(), "can be read by others: chmod 600"));
  std::filesystem::permissions(settings.keyring, std::filesystem::perms(0600));
  CHECK(client.call(&Stub::ChangeSecrets, setting("shop", "pin", "7")).ok());

  millrace::schema_service::Settings open;
  open.listen = "0.0.0.0:0";
  const auto vault = millrace::schema_service::make_vault(open);
  const auto sealed = vault->seal("shop", "pin", millrace::seal::ClearText(std::string("7")));
  REQUIRE(!sealed);
  CHECK(contains(sealed.error().message,
                 "name a keyring (schema.secrets.keyring) or a KMS (schema.secrets.kms)"));
}

TEST_CASE("a deploy that changes the type of a secret that is set is refused") {
  const test::TempDir folder;
  Running running(in(folder));
  test::Client& client = running.client();
  deploy(client, shop);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting("shop", "pin", "7")).ok());
  // The type of the other one, which has no value, may change.
  const auto refused = client.deploy("module shop { secret api_key Int  secret pin String }", "b2");
  CHECK(refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(contains(refused.status.error_message(),
                 "shop.pin: Int is now String [stored-value]: the stored value of shop.pin"));
  CHECK_FALSE(contains(refused.status.error_message(), "api_key"));
}
