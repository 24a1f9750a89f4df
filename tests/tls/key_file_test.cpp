#include "tls/key_file.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;

TEST_CASE("a private key that every user may read is warned of, one for a group is not") {
  const test::TempDir folder;
  const std::string path = folder / "schema.key";
  std::ofstream(path) << "a key";
  const auto warning_of = [&](int mode) {
    std::filesystem::permissions(path, std::filesystem::perms(mode));
    return tls::key_file_warning(path);
  };
  for (const int mode : {0600, 0400, 0640, 0440, 0660}) {
    CAPTURE(mode);
    CHECK(warning_of(mode).empty());
  }
  for (const int mode : {0644, 0604, 0602, 0666}) {
    CAPTURE(mode);
    CHECK_FALSE(warning_of(mode).empty());
  }
  CHECK(warning_of(0644) == "the private key in " + path +
                                " is open to every user of this machine (mode 0644): chmod 600 " +
                                path + ", or 640 and a group for whoever serves with it");
}

TEST_CASE("a private key is looked at behind the symlinks that lead to it") {
  const test::TempDir folder;
  std::ofstream(folder / "data") << "a key";
  std::filesystem::permissions(folder / "data", std::filesystem::perms(0600));
  std::filesystem::create_symlink(folder / "data", folder / "tls.key");
  CHECK(tls::key_file_warning(folder / "tls.key").empty());
  std::filesystem::permissions(folder / "data", std::filesystem::perms(0644));
  CHECK_FALSE(tls::key_file_warning(folder / "tls.key").empty());
}

TEST_CASE("of a key that is not there nothing is said here") {
  CHECK(tls::key_file_warning("").empty());
  CHECK(tls::key_file_warning("/nowhere/a.key").empty());
}
