// What secrets are bound to and which keys must stay, who is told of many of them, and what is said
// of one that fits no longer.
#include <filesystem>
#include <fstream>
#include <future>

#include "seal/kms_plugin.hpp"
#include "services/schema/vault.hpp"
#include "support/eventually.hpp"
#include "support/log_lines.hpp"
#include "tests/schema_service/secrets_parts.hpp"

namespace seal = millrace::seal;
namespace service = millrace::schema_service;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;
using test::setting_secret;

namespace {

constexpr const char* shop = "module shop { secret api_key String  secret pin Int }";

constexpr const char* key_a = "key-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
constexpr const char* other_key_a = "key-a MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\n";
constexpr const char* key_b = "key-b MjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM=\n";

// Put in the place of what was there, as a person would.
std::string keyring_in(const test::TempDir& folder, const std::string& keys = key_a) {
  const std::string path = folder / "keys";
  std::ofstream(path + ".new") << "# millrace keyring 1\n" << keys;
  std::filesystem::permissions(path + ".new", std::filesystem::perms(0600));
  std::filesystem::rename(path + ".new", path);
  return path;
}

std::size_t count_of(const std::string& part, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

// Of a service whose commits are kept there.
std::unique_ptr<service::Vault> vault_at(const std::string& journal, const std::string& keyring) {
  service::Settings settings;
  settings.journal = journal;
  settings.keyring = keyring;
  return service::make_vault(settings);
}

}  // namespace

TEST_CASE("G10: the secrets of one workspace do not open in another, whatever holds the keys") {
  const test::TempDir folder;
  const std::string keyring = keyring_in(folder);
  const auto sealed =
      vault_at("etcd://h:1/blue", keyring)->seal("shop", "pin", seal::ClearText(std::string("7")));
  REQUIRE(sealed);
  const auto opens = [&](const std::string& journal) {
    const auto opened = vault_at(journal, keyring)->open(*sealed);
    return opened && opened->view() == "7";
  };
  for (const char* same : {"etcd://h:1/blue", "etcd://h:1,i:1/blue?user=mill&password-file=/p/f",
                           "mysql://h:1/data/blue", "mysql://h:1/data/blue?ca=/x/y"})
    CHECK(opens(same));
  for (const char* other :
       {"etcd://h:1/green", "mysql://h:1/data/green", "mysql://h:1/blue/data", "memory:"})
    CHECK_FALSE(opens(other));
}

TEST_CASE("a keyring that is named is not made: who named it has lost it, or misspelt it") {
  const test::TempDir folder;
  const auto vault = vault_at("memory:", folder / "none");
  const auto sealed = vault->seal("shop", "pin", seal::ClearText(std::string("7")));
  REQUIRE(!sealed);
  CHECK(contains(sealed.error().message, folder / "none"));
  CHECK_FALSE(std::filesystem::exists(folder / "none"));
}

TEST_CASE("G10: no key is forgotten while a secret is being sealed") {
  const test::TempDir folder;
  test::KmsPlugin plugin(folder / "kms.sock");
  auto settings = test::settings_in(folder);
  settings.kms = "unix:" + (folder / "kms.sock");
  settings.kms_ms_max = 60'000;
  Running running(settings);
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  test::PluginMood mood;
  mood.hangs = true;
  plugin.feel(mood);
  auto setting = std::async(std::launch::async, [&] {
    return client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok();
  });
  REQUIRE(test::eventually([&] { return plugin.has_hung(); }));
  v2::RotateSecretsRequest request;
  request.set_forget(true);
  const auto refused = client.call(&Stub::RotateSecrets, request);
  CHECK(refused.status.error_code() == grpc::StatusCode::ABORTED);
  CHECK(contains(refused.status.error_message(), "secrets are being set at this moment"));
  plugin.feel({});
  CHECK(setting.get());
  CHECK(test::eventually([&] { return client.call(&Stub::RotateSecrets, request).ok(); }));
}

TEST_CASE("G10: a key that a secret needs still is not forgotten, whatever else is wrong with it") {
  const test::TempDir folder;
  auto settings = test::settings_in(folder);
  settings.keyring = keyring_in(folder);
  Running running(settings);
  test::Client& client = running.client();
  const std::string of_shop = test::deploy_now(client, shop);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok());
  // A key of that name is there, and not the one that wrapped it: it may be put right yet.
  keyring_in(folder, std::string(key_b) + other_key_a);
  v2::RotateSecretsRequest request;
  request.set_forget(true);
  const auto rotated = client.call(&Stub::RotateSecrets, request);
  INFO(rotated.status.error_message());
  REQUIRE(rotated.ok());
  CHECK(rotated->needed().at("key-a") == 1);
  CHECK(rotated->forgotten_size() == 0);
  keyring_in(folder, std::string(key_b) + key_a);
  const auto again = client.call(&Stub::RotateSecrets, request);
  REQUIRE(again->forgotten_size() == 1);
  CHECK(again->forgotten(0) == "key-a");
  CHECK(test::ContextStream(client, of_shop).next() == "api_key= pin=7");
}

TEST_CASE("G10: what a deployment is given is told once for each set of versions") {
  const test::TempDir folder;
  Running running(test::settings_in(folder));
  test::Client& client = running.client();
  const std::string of_shop =
      test::deploy_now(client, "module shop { config limit Int?  secret pin Int }");
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "7")).ok());
  const test::LogLines lines;
  test::ContextStream stream(client, of_shop);
  CHECK(stream.next() == "pin=7");
  // Given again, as it was, since a config changed.
  v2::ChangeConfigRequest config;
  config.add_changes()->set_module("shop");
  config.mutable_changes(0)->set_name("limit");
  config.mutable_changes(0)->set_json("1");
  REQUIRE(client.call(&Stub::ChangeConfig, config).ok());
  CHECK(stream.next() == "pin=7");
  CHECK(count_of("audit.secrets-given", lines.text()) == 1);
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "8")).ok());
  CHECK(stream.next() == "pin=8");
  CHECK(count_of("audit.secrets-given", lines.text()) == 2);
}

TEST_CASE("G10: each of many secrets that are read is told, whoever else declares it") {
  const test::TempDir folder;
  Running running(test::settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, shop);
  auto both = setting_secret("shop", "pin", "7");
  *both.add_changes() = setting_secret("shop", "api_key", "\"x\"").changes(0);
  REQUIRE(client.call(&Stub::ChangeSecrets, both).ok());
  auto ask = test::asking("shop", "pin");
  *ask.add_secrets() = test::asking("shop", "api_key").secrets(0);
  const test::LogLines lines;
  REQUIRE(client.call(&Stub::GetSecrets, ask).ok());
  CHECK(contains(lines.text(), "audit.secret-read secret=shop.pin "));
  CHECK(contains(lines.text(), "audit.secret-read secret=shop.api_key "));
}

TEST_CASE("G10: a secret that fits its type no longer is not given, and nothing of it is said") {
  const test::TempDir folder;
  Running running(test::settings_in(folder));
  test::Client& client = running.client();
  test::deploy_now(client, "module shop { secret pin String }");
  REQUIRE(
      client.call(&Stub::ChangeSecrets, setting_secret("shop", "pin", "\"HIDDENMARKER\"")).ok());
  auto request = test::deploy_request("module shop { secret pin Int }", "b2");
  request.set_allow_breaking(true);
  const auto created = client.create(request);
  INFO(created.status.error_message());
  REQUIRE(created.ok());
  const std::string told = test::ContextStream(client, created->deployments(0).deployment()).next();
  CHECK(contains(told, "pin!pin: wanted Int, got string"));
  CHECK_FALSE(contains(told, "HIDDENMARKER"));
}
