// Keys of secrets where several replicas run, each with a copy of the keyring: none is forgotten by
// one that has not seen what the others sealed.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/schema_service/replicas.hpp"

namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using Stub = v2::SchemaService::Stub;

namespace {

std::string read(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The keyring of a replica, once it has set a secret.
std::string keyring_of_who_set(test::Replicas& replicas, std::size_t replica) {
  v2::ChangeSecretsRequest request;
  v2::SecretChange& change = *request.add_changes();
  change.set_module("shop");
  change.set_name("pin");
  change.set_json("7");
  const auto set =
      replicas.client(replica).call(&Stub::ChangeSecrets, request, {{"millrace-forwarded", "1"}});
  INFO(set.status.error_message());
  REQUIRE(set.ok());
  return replicas.data(replica) + "/keyring";
}

}  // namespace

TEST_CASE(
    "G10: a key that a secret of another replica needs is not forgotten by one that is behind") {
  test::Replicas replicas("keys", "10m", true);
  const std::size_t writer = test::writer_of(replicas), behind = (writer + 1) % 3;
  const auto deployed = replicas.client(writer).deploy("module shop { secret pin Int }");
  REQUIRE(deployed.ok());
  REQUIRE(replicas.client(behind).reaches(deployed->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  replicas.hold(behind, true);
  const std::string copy = replicas.data(behind) + "/keyring";
  std::filesystem::copy_file(keyring_of_who_set(replicas, writer), copy);
  const std::string before = read(copy);
  // As if it were the one that writes. It has not heard of the secret, and cannot ask whether there
  // is one.
  v2::RotateSecretsRequest request;
  request.set_new_key(true);
  request.set_forget(true);
  const auto rotated = replicas.client(behind).call(&Stub::RotateSecrets, request,
                                                    {{"millrace-forwarded", "1"}}, 3'000);
  CHECK_FALSE(rotated.ok());
  const std::string key = before.substr(before.rfind("\nkey-") + 1);
  CHECK(read(copy).find(key) != std::string::npos);
  replicas.hold(behind, false);
}
