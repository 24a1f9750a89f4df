// Keys that are rotated while the process is killed, with the real binaries: nothing is lost, what
// is left to do is told, and no key goes that something still needs.
#include <signal.h>

#include <nlohmann/json.hpp>

#include "e2e/cluster.hpp"
#include "seal/kms_plugin.hpp"
#include "support/catch.hpp"

using namespace millrace::e2e;
namespace test = millrace::test;

namespace {

constexpr int secrets = 250;  // more than two commits of rewraps

// A module that declares them, and a file with a value for each.
void prepare(Cluster& cluster) {
  std::string schema = "module shop {\n";
  std::string values = "[modules.shop]\n";
  for (int i = 0; i < secrets; ++i) {
    schema += "  secret s" + std::to_string(i) + " String\n";
    values += "s" + std::to_string(i) + " = \"value " + std::to_string(i) + "\"\n";
  }
  write_file(cluster.folder().path("shop.schema"), schema + "}\n");
  write_file(cluster.folder().path("values.toml"), values);
  REQUIRE(cluster.ready());
  const Outcome deployed =
      cluster.millrace({"deploy", cluster.folder().path("shop.schema"), "--wait"});
  INFO(deployed.out << deployed.err);
  REQUIRE(deployed.exit_code == 0);
  const Outcome imported =
      cluster.millrace({"secret", "import", cluster.folder().path("values.toml")});
  INFO(imported.out << imported.err);
  REQUIRE(imported.exit_code == 0);
  CHECK(imported.out.find("250 secrets set at revision ") != std::string::npos);
}

// How many secrets each key wraps.
std::map<std::string, int> keys_in_use(const Cluster& cluster) {
  const Outcome list = cluster.millrace({"secret", "list", "shop", "--output", "json"});
  REQUIRE(list.exit_code == 0);
  std::map<std::string, int> keys;
  const auto report = nlohmann::json::parse(list.out);
  for (const auto& each : report.at("secrets")) ++keys[each["key"].get<std::string>()];
  return keys;
}

void check_all_open(const Cluster& cluster) {
  const Outcome all = cluster.millrace({"secret", "export", "shop", "--clear"});
  INFO(all.err);
  REQUIRE(all.exit_code == 0);
  const auto values = nlohmann::json::parse(all.out)["modules"]["shop"];
  REQUIRE(values.size() == secrets);
  for (int i = 0; i < secrets; ++i)
    REQUIRE(values["s" + std::to_string(i)] == "value " + std::to_string(i));
}

void kill_and_start(Cluster& cluster) {
  cluster.serve().signal(SIGKILL);
  cluster.serve().wait();
  cluster.start();
  REQUIRE(cluster.ready());
}

}  // namespace

TEST_CASE(
    "G10: a rotation that is killed between two secrets goes on where it was and loses none") {
  const Folder run;
  test::KmsPlugin plugin(run.path("kms.sock"));
  const std::string data = run.path("data");
  std::string keyring_key;
  {
    Cluster before({}, {}, data);
    prepare(before);
    const auto keys = keys_in_use(before);
    REQUIRE(keys.size() == 1);
    keyring_key = keys.begin()->first;
  }
  Cluster cluster(
      {}, {"env", "MILLRACE_SETTINGS_VERSION=2", "MILLRACE_SCHEMA_SECRETS_KMS=" + plugin.address()},
      data);
  REQUIRE(cluster.ready());
  check_all_open(cluster);
  test::PluginMood mood;
  mood.encrypts_before_hanging = 150;
  plugin.feel(mood);
  {
    Process rotation({binary("millrace"), "secret", "rotate", "--schema",
                      "127.0.0.1:" + std::to_string(cluster.port("schema.listen"))},
                     run.path("rotation"));
    REQUIRE(eventually([&] { return plugin.has_hung(); }));
    kill_and_start(cluster);
    rotation.signal(SIGKILL);
    rotation.wait();
  }
  CHECK(keys_in_use(cluster) == std::map<std::string, int>{{"kms:key-1", 100}, {keyring_key, 150}});
  // A provider that refuses: what still needs the old key is counted, and it is not forgotten.
  mood = {};
  mood.refuses = true;
  plugin.feel(mood);
  const Outcome refused = cluster.millrace({"secret", "rotate", "--forget"});
  INFO(refused.out << refused.err);
  CHECK(refused.exit_code == 1);
  CHECK(refused.out.find("key " + keyring_key + " is still needed by 150 secrets") !=
        std::string::npos);
  plugin.feel({});
  const Outcome rest = cluster.millrace({"secret", "rotate"});
  INFO(rest.out << rest.err);
  CHECK(rest.exit_code == 0);
  CHECK(rest.out.find("150 secrets wrapped anew by key kms:key-1") != std::string::npos);
  check_all_open(cluster);
  CHECK(read_file(data + "/keyring").find(keyring_key) != std::string::npos);
}

TEST_CASE("G10: a new key and the old one stay while a killed rotation has secrets of both") {
  Cluster cluster;
  prepare(cluster);
  const std::string old_key = keys_in_use(cluster).begin()->first;
  const std::string keyring = cluster.data() + "/keyring";
  const std::string before = read_file(keyring);
  Process rotation({binary("millrace"), "secret", "rotate", "--new-key", "--forget", "--schema",
                    "127.0.0.1:" + std::to_string(cluster.port("schema.listen"))},
                   cluster.folder().path("rotation"));
  REQUIRE(eventually([&] { return read_file(keyring) != before; }));
  kill_and_start(cluster);
  rotation.signal(SIGKILL);
  rotation.wait();
  check_all_open(cluster);
  const Outcome rest = cluster.millrace({"secret", "rotate", "--forget"});
  INFO(rest.out << rest.err);
  CHECK(rest.exit_code == 0);
  CHECK(keys_in_use(cluster).count(old_key) == 0);
  CHECK(read_file(keyring).find(old_key) == std::string::npos);
  check_all_open(cluster);
}
