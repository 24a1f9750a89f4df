// Bad days of a store, as an operator meets them: each ends in a clear error, and nothing is lost.
#include <signal.h>
#include <unistd.h>

#include <filesystem>

#include "e2e/steps.hpp"
#include "support/catch.hpp"

using namespace millrace;
using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

std::string store_of(const Cluster& cluster) { return cluster.data() + "/schema/journal.db"; }

// Every file of a folder with its octets.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> found;
  for (const auto& each : fs::recursive_directory_iterator(folder))
    if (each.is_regular_file()) found[each.path().string()] = read_file(each.path().string());
  return found;
}

// In mount namespaces of their own, where this system lets us make them.
bool may_mount() {
  return run({"unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"}).exit_code == 0;
}

}  // namespace

TEST_CASE("a second process on one store is told who has it, and the first goes on") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  const std::string holder = "process " + std::to_string(cluster.serve().pid()) + " on ";
  const auto second = run({binary("millrace-schema"), "--data", cluster.data(),
                           "--schema.listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0"});
  CHECK(second.exit_code == 2);
  CHECK(holds(second.err, holder));
  CHECK(holds(second.err, store_of(cluster)));
  for (const Words& writes :
       {Words{"migrate", "--format", "1"}, Words{"compact"}, Words{"accept-rewind"}}) {
    Words words = writes;
    words.insert(words.end(), {"--data", cluster.data()});
    const auto refused = storage(words);
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, holder));
  }
  CHECK(storage({"verify", "--data", cluster.data()}).exit_code == 0);
  deploy(cluster, "second");
}

TEST_CASE("a restore into a store in use is refused with who uses it, and the store stays") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  const std::string backup = cluster.folder().path("monday.db");
  REQUIRE(storage({"backup", backup, "--data", cluster.data()}).exit_code == 0);
  deploy(cluster, "second");
  const auto in_use = storage({"restore", backup, "--data", cluster.data()});
  CHECK(in_use.exit_code == 2);
  CHECK(holds(in_use.err, "process " + std::to_string(cluster.serve().pid()) + " on "));
  stop(cluster);
  const auto before = contents(cluster.data() + "/schema");
  const auto not_empty = storage({"restore", backup, "--data", cluster.data()});
  CHECK(not_empty.exit_code == 1);
  CHECK(holds(not_empty.err, "it is not empty"));
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(holds(cluster.millrace({"schema", "get"}).out, "module second"));
}

TEST_CASE("a truncated backup restores nothing, wherever it was cut") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  const std::string backup = cluster.folder().path("monday.db");
  REQUIRE(storage({"backup", backup, "--data", cluster.data()}).exit_code == 0);
  const auto whole = fs::file_size(backup);
  const std::string target = cluster.folder().path("new");
  for (const auto size : {std::uintmax_t{0}, std::uintmax_t{99}, whole / 2, whole - 1}) {
    INFO("cut to " << size << " of " << whole);
    const std::string cut = cluster.folder().path("cut.db");
    fs::copy_file(backup, cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, size);
    const auto verified = storage({"verify", cut});
    CHECK(verified.exit_code != 0);
    CHECK(holds(verified.err, cut));
    const auto restored = storage({"restore", cut, "--data", target});
    CHECK(restored.exit_code != 0);
    CHECK(holds(restored.err, cut));
    CHECK_FALSE(fs::exists(target));
  }
  const auto restored = storage({"restore", backup, "--data", target});
  INFO(restored.err);
  CHECK(restored.exit_code == 0);
}

TEST_CASE("a store is refused by the wrong driver, and a wrong file by the right one") {
  const Folder folder;
  const auto serve = [&](const std::string& journal) {
    return run({binary("millrace-schema"), "--data", folder.path("data"),
                "--schema.journal=" + journal, "--schema.listen=127.0.0.1:0",
                "--schema.health_listen=127.0.0.1:0"});
  };
  const std::string text = folder.path("notes.txt");
  write_file(text, std::string(300, 'n'));
  const auto no_store = serve("sqlite:" + text);
  CHECK(no_store.exit_code == 2);
  CHECK(holds(no_store.err, "no journal of Millrace's"));
  CHECK(read_file(text) == std::string(300, 'n'));
  const auto unknown = serve("postgres://localhost/millrace");
  CHECK(unknown.exit_code != 0);
  CHECK(holds(unknown.err, "there is no driver for postgres:"));
  CHECK(serve("etcd:" + text).exit_code != 0);
  CHECK(holds(serve("etcd:" + text).err, "etcd://"));
  const auto folder_given = serve("sqlite:" + folder.path());
  CHECK(folder_given.exit_code == 2);
  CHECK(holds(folder_given.err, "it is a folder"));
  CHECK(holds(storage({"info", "--journal", "etcd://127.0.0.1:1/prod"}).err,
              "etcd cannot be reached at 127.0.0.1:1"));
}

TEST_CASE("a full disk is told everywhere, reads and the feed go on, and room ends it") {
  if (!may_mount()) {
    WARN("not tried here: this needs the right to mount");
    return;
  }
  const Folder folder;
  const std::string disk = folder.path("disk");
  fs::create_directories(disk);
  // serve alone sees this disk of a few hundred KB, which a ballast shares with it.
  Cluster cluster({},
                  {"unshare", "--mount", "sh", "-c",
                   "mount -t tmpfs -o size=2000k none " + disk + " && head -c 500000 /dev/zero >" +
                       disk + "/ballast && exec \"$@\"",
                   "sh"},
                  disk);
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  Outcome refused;
  for (int i = 0; i < 60 && refused.err.empty(); ++i) {
    const auto next = try_deploy(cluster, "m" + std::to_string(i), 3'000);
    if (next.exit_code != 0) refused = next;
  }
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "the disk is full, nothing was written"));
  CHECK(eventually([&] { return holds(readyz(cluster), "the disk is full: free some space"); }));
  CHECK(holds(cluster.millrace({"schema", "get", "first"}).out, "module first"));
  const auto status = cluster.millrace({"status"});
  CHECK(holds(status.out, "the disk is full: free some space"));
  CHECK(holds(status.out, "live"));
  CHECK(cluster.http("GET", "/nothing/here").status == 404);
  const std::string pid = std::to_string(cluster.serve().pid());
  REQUIRE(run({"nsenter", "--mount", "--target", pid, "rm", disk + "/ballast"}).exit_code == 0);
  CHECK(eventually([&] { return !holds(readyz(cluster), "full"); }));
  CHECK(eventually([&] { return try_deploy(cluster, "last").exit_code == 0; }));
  const auto whole = run({"nsenter", "--mount", "--target", pid, binary("millrace"), "storage",
                          "verify", "--data", disk});
  INFO(whole.err);
  CHECK(whole.exit_code == 0);
  CHECK(holds(cluster.millrace({"schema", "history", "--module", "last"}).out, "finalized"));
}

TEST_CASE("a folder that may not be written stops a service and lets a store be looked at") {
  if (!may_mount()) {
    WARN("not tried here: this needs the right to mount");
    return;
  }
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  stop(cluster);
  const auto before = contents(cluster.data());
  const auto read_only = [&](Words words) {
    Words all = {"unshare",
                 "--mount",
                 "sh",
                 "-c",
                 "mount --bind " + cluster.data() + " " + cluster.data() +
                     " && mount -o remount,ro,bind " + cluster.data() + " && exec \"$@\"",
                 "sh"};
    all.insert(all.end(), words.begin(), words.end());
    return run(all);
  };
  const auto refused = read_only(cluster.serve_words());
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, cluster.data()));
  CHECK((holds(refused.err, "may not be written") || holds(refused.err, "Read-only file system")));
  for (const char* looks : {"info", "verify"})
    CHECK(read_only({binary("millrace"), "storage", looks, "--data", cluster.data()}).exit_code ==
          0);
  CHECK(contents(cluster.data()) == before);
  cluster.start();
  CHECK(cluster.ready());
}

TEST_CASE("a second service on a store of the first generation is told who has it open") {
  Cluster cluster;
  REQUIRE(cluster.ready());
  deploy(cluster, "first");
  stop(cluster);
  REQUIRE(storage({"migrate", "--format", "1", "--data", cluster.data()}).exit_code == 0);
  CHECK(holds(storage({"info", "--data", cluster.data()}).out, "held by              -"));
  cluster.start();
  REQUIRE(cluster.ready());
  const std::string holder = "process " + std::to_string(cluster.serve().pid()) + " on ";
  CHECK(holds(storage({"info", "--data", cluster.data()}).out, holder));
  CHECK_FALSE(holds(readyz(cluster), "has it open as well"));
  {
    Process second({binary("millrace-schema"), "--data", cluster.data(),
                    "--schema.timeline=", "--schema.listen=127.0.0.1:0",
                    "--schema.http_listen=127.0.0.1:0", "--schema.health_listen=127.0.0.1:0"},
                   cluster.folder().path("second"));
    REQUIRE(second.says("schema.started"));
    CHECK(holds(second.output(), "schema.journal-warns"));
    CHECK(holds(second.output(), holder));
    const std::string other = "process " + std::to_string(second.pid()) + " on ";
    CHECK(holds(readyz(cluster), other));
    const std::string info = storage({"info", "--data", cluster.data()}).out;
    CHECK(holds(info, holder));
    CHECK(holds(info, other));
    CHECK(holds(storage({"migrate", "--data", cluster.data()}).err, holder));
  }
  CHECK(eventually([&] { return !holds(readyz(cluster), "has it open as well"); }));
}
