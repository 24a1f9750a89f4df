// To which workspace a secret is bound, by where the journal is.
#include "support/catch.hpp"

#include "services/schema/vault.hpp"
#include "support/temp_dir.hpp"

namespace test = millrace::test;
using millrace::schema_service::make_vault;
using millrace::schema_service::Settings;
using millrace::schema_service::Vault;

namespace {

std::unique_ptr<Vault> vault_on(const test::TempDir& folder, const std::string& journal) {
  Settings settings;
  settings.data = folder.path().string();
  settings.journal = journal;
  return make_vault(settings);
}

bool opens(Vault& vault, const millrace::schema::SecretValue& secret) {
  const auto clear = vault.open(secret);
  return clear && clear->view() == "7";
}

millrace::schema::SecretValue sealed_by(Vault& vault) {
  auto secret = vault.seal("shop", "pin", millrace::seal::ClearText(std::string("7")));
  REQUIRE(secret);
  return *secret;
}

constexpr const char* prod = "https://keeper:8896/v1/workspaces/prod?ca=ca.pem";
constexpr const char* other = "https://keeper:8896/v1/workspaces/test?ca=ca.pem";

}  // namespace

TEST_CASE("G10: over HTTP a secret is bound to the name of its workspace, however it is written") {
  const test::TempDir folder;
  const auto secret = sealed_by(*vault_on(folder, prod));
  CHECK(opens(*vault_on(folder, prod), secret));
  CHECK_FALSE(opens(*vault_on(folder, other), secret));
  CHECK_FALSE(opens(*vault_on(folder, ""), secret));
  CHECK(opens(*vault_on(folder, "etcd://a:1,b:2/prod"), secret));
  CHECK(opens(*vault_on(folder, "https://keeper:8896/v1/workspaces/prod/"), secret));
}

TEST_CASE("a secret that was sealed when journals over HTTP had no workspace opens still") {
  const test::TempDir folder;
  const auto before = sealed_by(*vault_on(folder, ""));  // bound to `default`
  CHECK(opens(*vault_on(folder, prod), before));
  CHECK_FALSE(opens(*vault_on(folder, "etcd://a:1/prod"), before));
}
