// settings upgrade as a person types it.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "settings_typed.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using test::has;
using test::read;
using test::run;
using test::Said;
using test::write;

TEST_CASE("settings upgrade rewrites the file, shows what changed, and a dry run does not") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\n# patience\nlease = '20s'\n");
  const Said dry = run({"settings", "upgrade", path, "--dry-run"});
  CHECK(dry.exit_code == 0);
  CHECK(has(dry.out, "- [schema]\n+ version = 2\n"));
  CHECK(read(path) == "[schema]\n# patience\nlease = '20s'\n");
  const Said real = run({"settings", "upgrade", path});
  CHECK(real.exit_code == 0);
  CHECK(has(real.out, "version 1 -> 2"));
  CHECK(read(path) == "version = 2\n\n[schema.rollout]\n# patience\nlease = '20s'\n");
  CHECK(run({"settings", "check", path}).exit_code == 0);
  CHECK(has(run({"settings", "upgrade", path}).out, "the newest"));
}

TEST_CASE("settings upgrade lets nobody read the file who could not before") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nlease = '20s'\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  REQUIRE(run({"settings", "upgrade", path}).exit_code == 0);
  CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0600));
}

TEST_CASE("settings upgrade leaves a file with faults as it is and names them") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nleese = '20s'\n");
  const Said said = run({"settings", "upgrade", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ":2: schema.leese: no such setting; did you mean schema.lease?"));
  CHECK(read(path) == "[schema]\nleese = '20s'\n");
}

TEST_CASE("settings upgrade that cannot write changes nothing and says so") {
  const Said said = run({"settings", "upgrade", "/nonexistent/m.toml"});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, "cannot be opened"));
}

namespace {

constexpr uid_t nobody = 65'534;

// As somebody else for as long as it lives.
class As {
 public:
  explicit As(uid_t user) { REQUIRE(seteuid(user) == 0); }
  ~As() { (void)!seteuid(0); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

struct stat status_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status;
}

constexpr const char* old_text = "[schema]\nlease = '20s'\n";
constexpr const char* new_text = "version = 2\n\n[schema.rollout]\nlease = '20s'\n";

}  // namespace

TEST_CASE("settings upgrade by root leaves a file to its owner and its group") {
  if (geteuid() != 0) return;  // nobody else could give a file away
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, old_text);
  REQUIRE(chmod(path.c_str(), 0640) == 0);
  REQUIRE(chown(path.c_str(), nobody, 12'345) == 0);
  REQUIRE(run({"settings", "upgrade", path}).exit_code == 0);
  const auto status = status_of(path);
  CHECK(read(path) == new_text);
  CHECK(status.st_uid == nobody);
  CHECK(status.st_gid == 12'345);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("settings upgrade that could not leave a file to its owner changes nothing and says so") {
  if (geteuid() != 0) return;
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, old_text);
  REQUIRE(chmod(folder.path().c_str(), 0777) == 0);
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  const Said said = [&] {
    const As somebody(nobody);
    return run({"settings", "upgrade", path});
  }();
  CHECK(said.exit_code == 1);
  INFO(said.err);
  CHECK(has(said.err, "its owner, group or access list cannot be kept"));
  CHECK(read(path) == old_text);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("settings upgrade rewrites the file that a link leads to and keeps the link") {
  const test::TempDir folder;
  std::filesystem::create_directory(folder.path() / "real");
  write(folder / "real/m.toml", old_text);
  std::filesystem::create_symlink("real/m.toml", folder.path() / "one");
  std::filesystem::create_symlink("one", folder.path() / "two");
  REQUIRE(run({"settings", "upgrade", folder / "two"}).exit_code == 0);
  CHECK(std::filesystem::is_symlink(folder.path() / "one"));
  CHECK(std::filesystem::is_symlink(folder.path() / "two"));
  CHECK(read(folder / "real/m.toml") == new_text);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path() / "real"), {}) == 1);
}

TEST_CASE("settings upgrade leaves a file alone that is read-only, and says what to do") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, old_text);
  REQUIRE(chmod(path.c_str(), 0444) == 0);
  const Said said = run({"settings", "upgrade", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ": it is read-only; make it writable first. Nothing was changed"));
  CHECK(read(path) == old_text);
  CHECK(run({"settings", "upgrade", path, "--dry-run"}).exit_code == 0);
}

TEST_CASE("settings upgrade leaves a file alone whose values no service takes, and names them") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\nlease = '5x'\n");
  const Said said = run({"settings", "upgrade", path});
  CHECK(said.exit_code == 1);
  CHECK(has(said.err, path + ":2: schema.lease: wanted a duration"));
  CHECK(read(path) == "[schema]\nlease = '5x'\n");
}

TEST_CASE("settings upgrade shows no password in its diff and keeps it in the file") {
  const test::TempDir folder;
  const std::string path = folder / "m.toml";
  write(path, "[schema]\njournal = 'etcd://me:hunter2@db:1/x'\n");
  const Said said = run({"settings", "upgrade", path});
  CHECK(said.exit_code == 0);
  CHECK(has(said.out, "***@db:1/x"));
  CHECK_FALSE(has(said.out + said.err, "hunter2"));
  CHECK(has(read(path), "hunter2"));
}
