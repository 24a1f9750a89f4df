#include "access/io/trusted.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace::access;
using millrace::statekit::Code;
namespace test = millrace::test;

TEST_CASE("a token file is made for its owner's eyes only, and never written over") {
  const test::TempDir folder;
  const std::string path = folder / "a.token";
  const std::string token = draw_token();
  REQUIRE(write_token_file(path, token));
  struct stat about {};
  REQUIRE(stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 0777) == 0600);
  CHECK(read_token_file(path).value() == token);
  const auto again = write_token_file(path, draw_token());
  REQUIRE_FALSE(again);
  CHECK(again.error().code == Code::already_exists);
  CHECK(read_token_file(path).value() == token);
}

TEST_CASE("a token file that others can read, or that holds none, is refused") {
  const test::TempDir folder;
  const std::string path = folder / "a.token";
  CHECK_FALSE(read_token_file(path));
  REQUIRE(write_token_file(path, draw_token()));
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  const auto open = read_token_file(path);
  REQUIRE_FALSE(open);
  CHECK(open.error().message.find("chmod 600") != std::string::npos);
  std::ofstream(path) << "no token";
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  CHECK_FALSE(read_token_file(path));
}

TEST_CASE("nothing is trusted and nothing shown while nobody is asked") {
  const auto trusted = trusted_by({});
  REQUIRE(trusted);
  CHECK_FALSE(trusted->required);
  CHECK(trusted->own == nullptr);
}

TEST_CASE("two tokens that were drawn are not the same, and each has the form of one") {
  const std::string one = draw_token();
  CHECK(one != draw_token());
  CHECK_FALSE(id_of_token(one).empty());
}

TEST_CASE("a process without a token file draws a token of its own") {
  millrace::settings::Auth auth;
  auth.mode = "required";
  const auto trusted = trusted_by(auth);
  REQUIRE(trusted);
  const auto caller = trusted->caller_by_token(millrace::statekit::sha256(trusted->own->token()));
  REQUIRE(caller);
  CHECK(caller->is_platform());
  CHECK(trusted_by(auth)->own->token() != trusted->own->token());
  auth.bootstrap_token_file = "/nowhere";
  CHECK_FALSE(trusted_by(auth));
}
