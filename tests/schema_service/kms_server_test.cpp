// Secrets whose keys are in a KMS, over real gRPC on both sides.
#include "seal/kms_plugin.hpp"
#include "support/eventually.hpp"
#include "tests/schema_service/secrets_parts.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;
using test::setting_secret;

namespace {

constexpr const char* shop = "module shop { secret api_key String  secret pin Int }";

millrace::schema_service::Settings with_kms(const test::TempDir& folder, std::int64_t ms_max) {
  auto settings = test::settings_in(folder);
  settings.kms = "unix:" + (folder / "kms.sock");
  settings.kms_ms_max = ms_max;
  return settings;
}

}  // namespace

TEST_CASE("G10: secrets are sealed by a KMS, without a keyring, and rotated when its key changes") {
  const test::TempDir folder;
  test::KmsPlugin plugin(folder / "kms.sock");
  Running running(with_kms(folder, 60'000));
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  const auto set = client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7"));
  INFO(set.status.error_message());
  REQUIRE(set.ok());
  CHECK_FALSE(std::filesystem::exists(folder / "keyring"));
  CHECK(client.call(&Stub::ListSecrets, v2::ListSecretsRequest())->entries(1).key_id() ==
        "kms:key-1");
  CHECK(test::ContextStream(client, of_shop).next() == "api_key= pin=7");
  test::PluginMood mood;
  mood.key_id = "key-2";
  plugin.feel(mood);
  v2::RotateSecretsRequest request;
  const auto rotated = client.call(&Stub::RotateSecrets, request);
  INFO(rotated.status.error_message());
  REQUIRE(rotated.ok());
  CHECK(rotated->active_key() == "kms:key-2");
  CHECK(rotated->rewrapped() == 1);
  CHECK(rotated->needed().empty());
  request.set_new_key(true);
  const auto refused = client.call(&Stub::RotateSecrets, request);
  CHECK(refused.status.error_code() == grpc::StatusCode::UNIMPLEMENTED);
  CHECK(contains(refused.status.error_message(), "rotate the key there"));
}

TEST_CASE(
    "G8: a KMS that hangs is an answer in time, nothing is written, and the next try finds it "
    "back") {
  const test::TempDir folder;
  test::KmsPlugin plugin(folder / "kms.sock");
  Running running(with_kms(folder, 1'000));
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  test::PluginMood mood;
  mood.hangs = true;
  plugin.feel(mood);
  const auto before = client.status()->head().revision();
  const auto set = client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7"));
  CHECK(set.status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(contains(set.status.error_message(), "does not answer within 1000 ms"));
  CHECK(client.status()->head().revision() == before);
  plugin.feel({});
  REQUIRE(test::eventually(
      [&] { return client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok(); }));
  CHECK(test::ContextStream(client, of_shop).next() == "api_key= pin=7");
}
