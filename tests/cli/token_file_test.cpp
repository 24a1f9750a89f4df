#include "cli/token_file.hpp"

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using cli::TokenFile;

namespace {

constexpr std::filesystem::perms mine{0600};

void write(const std::string& path, const std::string& text,
           std::filesystem::perms permissions = mine) {
  const std::string beside = path + ".new";
  std::ofstream(beside) << text;
  std::filesystem::permissions(beside, permissions);
  std::filesystem::rename(beside, path);
}

}  // namespace

TEST_CASE("the token that is shown is the one that its file holds now") {
  const test::TempDir folder;
  const std::string path = folder / "t";
  CHECK_FALSE(TokenFile::open(path));
  write(path, "first.jwt.x\n");
  const auto file = TokenFile::open(path);
  REQUIRE(file);
  CHECK(*(*file)->shown() == "Bearer first.jwt.x");
  write(path, "second.jwt.x\n");
  CHECK(*(*file)->shown() == "Bearer second.jwt.x");
  std::ofstream(path) << "third, in its place\n";  // no token, but it is noticed
  CHECK(*(*file)->shown() == "Bearer second.jwt.x");
  std::ofstream(path) << "fourth.jwt.in-its-place\n";
  CHECK(*(*file)->shown() == "Bearer fourth.jwt.in-its-place");
}

TEST_CASE("while something is wrong with the file the token before is shown") {
  const test::TempDir folder;
  const std::string path = folder / "t";
  write(path, "first.jwt.x\n");
  const auto file = TokenFile::open(path);
  REQUIRE(file);
  std::filesystem::remove(path);
  CHECK(*(*file)->shown() == "Bearer first.jwt.x");
  write(path, "");
  CHECK(*(*file)->shown() == "Bearer first.jwt.x");
  write(path, "open.jwt.x\n", std::filesystem::perms(0644));
  CHECK(*(*file)->shown() == "Bearer first.jwt.x");
  write(path, "last.jwt.x\n");
  CHECK(*(*file)->shown() == "Bearer last.jwt.x");
}
