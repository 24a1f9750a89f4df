// Secrets that people ask for, over real gRPC: given by name, told in the log and the timeline, and
// changed only as they were seen.
#include "schema/change.hpp"
#include "support/eventually.hpp"
#include "support/log_lines.hpp"
#include "tests/schema_service/secrets_parts.hpp"

namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::asking;
using test::contains;
using test::Running;
using test::setting_secret;

namespace {

constexpr const char* shop = "module shop { secret api_key String  secret pin Int }";
constexpr const char* cart = "module cart { secret api_key String? }";

// The level of the log, as it was before, at the end.
struct Quiet {
  Quiet() { statekit::set_up_logging({statekit::LogLevel::off, statekit::LogFormat::text}); }
  ~Quiet() { statekit::set_up_logging({}); }
};

}  // namespace

TEST_CASE(
    "G10: a secret is shown to who asks for it by name, and that is told before, whatever the "
    "log's level") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  const auto set =
      client.call(&Stub::ChangeSecrets, setting_secret("shop", "api_key", "\"marker\""));
  REQUIRE(set.ok());
  const Quiet quiet;
  const test::LogLines lines;
  const auto seen = client.call(&Stub::GetSecrets, asking("shop", "api_key"));
  INFO(seen.status.error_message());
  REQUIRE(seen.ok());
  REQUIRE(seen->secrets_size() == 1);
  CHECK(seen->secrets(0).json() == "\"marker\"");
  CHECK(seen->secrets(0).version() == set->position().revision());
  const std::string told = lines.text();
  INFO(told);
  CHECK(contains(told, "audit.secret-read secret=shop.api_key version=" +
                           std::to_string(set->position().revision())));
  CHECK(contains(told, " by=eve "));
  CHECK(contains(told, " from=ipv4:127.0.0.1:"));
  CHECK(contains(told, " reason=\"to look\""));
  CHECK_FALSE(contains(told, "marker"));
}

TEST_CASE("G10: a deployment that is given its secrets is told of, with their versions, and once") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  const std::string version = std::to_string(
      client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7"))->position().revision());
  const test::LogLines lines;
  test::ContextStream stream(client, of_shop);
  CHECK(stream.next() == "api_key= pin=7");
  CHECK(contains(lines.text(), "audit.secrets-given deployment=" + of_shop +
                                   " module=shop secrets=pin@" + version));
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "api_key", "\"marker\"")).ok());
  CHECK(stream.next() == "api_key=\"marker\" pin=7");
  CHECK(contains(lines.text(), "secrets=\"api_key@"));
  CHECK_FALSE(contains(lines.text(), "marker"));
}

TEST_CASE("a secret for all is shown as those who declare it are given it, and to no other name") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  test::deploy_now(client, cart);
  test::deploy_now(client, "module other { config title String }");
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("", "api_key", "\"all\"")).ok());
  const auto of_cart = client.call(&Stub::GetSecrets, asking("cart", "api_key"));
  CHECK(of_cart->secrets(0).json() == "\"all\"");
  CHECK(of_cart->secrets(0).from_global());
  CHECK(client.call(&Stub::GetSecrets, asking("", "api_key"))->secrets(0).json() == "\"all\"");
  const test::LogLines lines;
  const auto other = client.call(&Stub::GetSecrets, asking("other", "api_key"));
  CHECK(other.status.error_code() == grpc::StatusCode::NOT_FOUND);
  // All or none: what is there is not shown, and not told of, beside what is not.
  v2::GetSecretsRequest both = asking("shop", "api_key");
  *both.add_secrets() = asking("shop", "pin").secrets(0);
  const auto refused = client.call(&Stub::GetSecrets, both);
  CHECK(refused.status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(contains(refused.status.error_message(), "shop.pin has no value"));
  CHECK_FALSE(contains(lines.text(), "audit"));
}

TEST_CASE("secrets are changed only as they were seen, where that is asked for") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  const auto first = client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "1"));
  auto again = setting_secret("shop", "pin", "2");
  again.set_if_revision(first->position().revision() - 1);
  const auto stale = client.call(&Stub::ChangeSecrets, again);
  CHECK(stale.status.error_code() == grpc::StatusCode::ABORTED);
  CHECK(contains(
      stale.status.error_message(),
      "shop.pin was set at revision " + std::to_string(first->position().revision()) + " by ada"));
  again.set_if_revision(first->position().revision());
  REQUIRE(client.call(&Stub::ChangeSecrets, again).ok());
  again.set_if_revision(1'000);
  CHECK(client.call(&Stub::ChangeSecrets, again).status.error_code() ==
        grpc::StatusCode::INVALID_ARGUMENT);
  // One that was unset since is noticed too.
  v2::ChangeSecretsRequest unset;
  unset.add_changes()->set_module("shop");
  unset.mutable_changes(0)->set_name("pin");
  const auto gone = client.call(&Stub::ChangeSecrets, unset);
  REQUIRE(gone.ok());
  again.set_if_revision(gone->position().revision() - 1);
  CHECK(client.call(&Stub::ChangeSecrets, again).status.error_code() == grpc::StatusCode::ABORTED);
}

TEST_CASE("G10: a plan checks secrets, says what would change, and seals and changes nothing") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  auto request = setting_secret("shop", "api_key", "\"marker\"");
  request.set_plan(true);
  const auto before = client.status()->head().revision();
  const auto planned = client.call(&Stub::ChangeSecrets, request);
  REQUIRE(planned.ok());
  REQUIRE(planned->plan_size() == 1);
  CHECK(planned->plan(0) == "shop.api_key: set");
  CHECK(client.status()->head().revision() == before);
  CHECK_FALSE(std::filesystem::exists(folder / "keyring"));
  *request.add_changes() = setting_secret("shop", "pin", "\"marker\"").changes(0);
  const auto unfit = client.call(&Stub::ChangeSecrets, request);
  CHECK(unfit.status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK_FALSE(contains(unfit.status.error_message(), "marker"));
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok());
  v2::ChangeSecretsRequest unset;
  unset.set_plan(true);
  unset.add_changes()->set_module("shop");
  unset.mutable_changes(0)->set_name("pin");
  CHECK(contains(client.call(&Stub::ChangeSecrets, unset)->plan(0), "shop.pin: version "));
}

TEST_CASE(
    "a deployment whose secret cannot be opened is told why, and given it once the key is back") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok());
  // The last commit: once the clockwork has told of its end nothing else gives values anew.
  const test::LogLines lines;
  test::deploy_now(client, cart);
  REQUIRE(test::eventually([&] {
    const std::string text = lines.text();
    const std::size_t finalized = text.rfind("changeset.finalized");
    return finalized != std::string::npos && contains(text.substr(finalized), "modules=cart");
  }));
  std::filesystem::rename(folder / "keyring", folder / "away");
  test::ContextStream stream(client, of_shop);
  CHECK(contains(stream.next(), ": keyring " + (folder / "keyring") + " is not there"));
  std::filesystem::rename(folder / "away", folder / "keyring");
  CHECK(stream.next() == "api_key= pin=7");
}

TEST_CASE("G10: no feed, no other deployment's context and no history holds a secret in clear") {
  const test::TempDir folder;
  Running running(settings_in(folder));
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  const std::string of_cart = test::deploy_now(client, "module cart { secret other String? }");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto feed = client.stub().Subscribe(&context);
  v2::SubscribeRequest hello;
  hello.mutable_hello()->set_kind("console");
  hello.mutable_hello()->set_instance("spy");
  hello.mutable_hello()->set_format(1);
  hello.mutable_hello()->set_feature_level(millrace::schema::feature_level_newest);
  REQUIRE(feed->Write(hello));
  test::ContextStream spy(client, of_cart);
  CHECK(spy.next() == "other=");
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "api_key", "\"HIDDENMARKER\""))
              .ok());
  v2::RotateSecretsRequest rotate;
  rotate.set_new_key(true);
  REQUIRE(client.call(&Stub::RotateSecrets, rotate).ok());
  const auto last = client.call(&Stub::ChangeSecrets, setting_secret("cart", "other", "\"mine\""));
  CHECK(spy.next() == "other=\"mine\"");
  // Every commit, the snapshot before them, and a snapshot of now.
  std::string heard;
  v2::SubscribeResponse message;
  while (feed->Read(&message)) {
    heard += message.SerializeAsString();
    if (message.has_commits() &&
        message.commits().first_revision() +
                static_cast<std::uint64_t>(message.commits().commits_size()) >
            last->position().revision())
      break;
  }
  context.TryCancel();
  feed->Finish();
  grpc::ClientContext of_state;
  const auto parts = client.stub().GetState(&of_state, v2::GetStateRequest());
  v2::FeedSnapshotPart part;
  while (parts->Read(&part)) heard += part.SerializeAsString();
  heard += client.call(&Stub::GetHistory, v2::GetHistoryRequest())->SerializeAsString();
  heard += client.call(&Stub::ListSecrets, v2::ListSecretsRequest())->SerializeAsString();
  heard += client.call(&Stub::GetDeployments, v2::GetDeploymentsRequest())->SerializeAsString();
  CHECK(contains(heard, "api_key"));
  CHECK_FALSE(contains(heard, "HIDDENMARKER"));
  CHECK(test::ContextStream(client, of_shop).next() == "api_key=\"HIDDENMARKER\" pin=");
}
