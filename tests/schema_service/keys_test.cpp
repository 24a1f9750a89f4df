// Keyrings that are lost or are others, over real gRPC: nothing takes their place unseen. And who
// asks for config alone.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/schema_service/secrets_parts.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;
using test::contains;
using test::Running;
using test::setting_secret;

namespace {

constexpr const char* shop = "module shop { secret api_key String  secret pin Int }";

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

// A service with two secrets, its keyring, and the key's name.
struct Sealed {
  test::TempDir folder;
  Running running{test::settings_in(folder)};
  test::Client& client = running.client();
  std::string deployment = test::deploy_now(client, shop);
  std::string path = folder / "keyring";
  std::string keyring;
  std::string key;

  Sealed() {
    REQUIRE(set("api_key", "\"one\"").ok());
    REQUIRE(set("pin", "7").ok());
    keyring = read(path);
    key = client.call(&Stub::ListSecrets, v2::ListSecretsRequest())->entries(0).key_id();
  }
  grpc::Status set(const std::string& name, const std::string& json) {
    return client.call(&Stub::ChangeSecrets, setting_secret("shop", name, json)).status;
  }
  auto rotate(bool new_key, bool forget) {
    v2::RotateSecretsRequest request;
    request.set_new_key(new_key);
    request.set_forget(forget);
    return client.call(&Stub::RotateSecrets, request);
  }
  std::string given() { return test::ContextStream(client, deployment).next(); }
};

}  // namespace

TEST_CASE("G10: a lost keyring is asked for by its key, and no other is made in its place") {
  Sealed sealed;
  std::filesystem::remove(sealed.path);
  const std::string needed = "2 secrets sealed with key " + sealed.key;
  for (const auto& [new_key, forget] : {std::pair{false, false}, {true, false}, {false, true}}) {
    const auto rotated = sealed.rotate(new_key, forget);
    CHECK(rotated.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    INFO(rotated.status.error_message());
    CHECK(contains(rotated.status.error_message(), needed));
    CHECK(contains(rotated.status.error_message(), "is not there: put it back, or a copy of it"));
  }
  const grpc::Status refused = sealed.set("pin", "8");
  CHECK(refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  INFO(refused.error_message());
  CHECK(contains(refused.error_message(), "is not there, and no other is made: it is needed by " +
                                              needed + ": put it back, or a copy of it"));
  CHECK_FALSE(std::filesystem::exists(sealed.path));
  CHECK(contains(sealed.given(), "key " + sealed.key + ": keyring"));

  write(sealed.path, sealed.keyring);
  CHECK(sealed.given() == "api_key=\"one\" pin=7");
  CHECK(sealed.set("pin", "8").ok());
  CHECK(read(sealed.path) == sealed.keyring);
}

TEST_CASE("where a keyring is lost for good, what it sealed is unset and there is a new one") {
  Sealed sealed;
  std::filesystem::remove(sealed.path);
  v2::ChangeSecretsRequest unset;
  for (const char* name : {"api_key", "pin"}) {
    v2::SecretChange& change = *unset.add_changes();
    change.set_module("shop");
    change.set_name(name);
  }
  const auto gone = sealed.client.call(&Stub::ChangeSecrets, unset);
  INFO(gone.status.error_message());
  REQUIRE(gone.ok());
  // Only a secret makes one.
  CHECK(sealed.rotate(true, true).status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK_FALSE(std::filesystem::exists(sealed.path));
  REQUIRE(sealed.set("pin", "9").ok());
  CHECK(sealed.given() == "api_key= pin=9");
}

TEST_CASE("G10: another key under the active one's name is told, and nothing is sealed with it") {
  Sealed sealed;
  write(sealed.path, "# millrace keyring 1\n" + sealed.key +
                         " MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n" +
                         "key-old MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n");
  const auto rotated = sealed.rotate(false, true);
  INFO(rotated.status.error_message());
  REQUIRE(rotated.ok());
  REQUIRE(rotated->failures_size() == 2);
  CHECK(contains(rotated->failures(0), "shop.api_key: key " + sealed.key));
  CHECK(contains(rotated->failures(0), "is another than the one that it was wrapped by"));
  CHECK(rotated->rewrapped() == 0);
  CHECK(rotated->forgotten_size() == 0);
  const grpc::Status refused = sealed.set("pin", "8");
  CHECK(refused.error_code() == grpc::StatusCode::DATA_LOSS);
  CHECK(contains(refused.error_message(), "it does not open what is stored"));

  write(sealed.path, sealed.keyring);
  CHECK(sealed.given() == "api_key=\"one\" pin=7");
  CHECK(sealed.rotate(false, false)->failures_size() == 0);
  CHECK(sealed.set("pin", "8").ok());
}

TEST_CASE("G10: who asks for config alone is given no secret, at first or later") {
  const test::TempDir folder;
  Running running(test::settings_in(folder));
  test::Client& client = running.client();
  const std::string deployment =
      test::deploy_now(client, "module shop { config title String  secret api_key String }");
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "api_key", "\"one\"")).ok());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v2::GetDeploymentContextRequest request;
  request.set_deployment(deployment);
  request.set_config_only(true);
  const auto stream = client.stub().GetDeploymentContext(&context, request);
  v2::GetDeploymentContextResponse given;
  REQUIRE(stream->Read(&given));
  CHECK(given.secrets_size() == 0);
  CHECK(given.configs_size() == 1);
  // A secret alone is no news to it; a config is.
  REQUIRE(client.call(&Stub::ChangeSecrets, setting_secret("shop", "api_key", "\"two\"")).ok());
  CHECK(test::ContextStream(client, deployment).next() == "api_key=\"two\"");
  v2::ChangeConfigRequest config;
  config.add_changes()->set_module("shop");
  config.mutable_changes(0)->set_name("title");
  config.mutable_changes(0)->set_json("\"shown\"");
  const auto set = client.call(&Stub::ChangeConfig, config);
  REQUIRE(set.ok());
  REQUIRE(stream->Read(&given));
  CHECK(given.configs(0).json() == "\"shown\"");
  CHECK(given.position().revision() == set->position().revision());
  CHECK(given.secrets_size() == 0);
  context.TryCancel();
}
