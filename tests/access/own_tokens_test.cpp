#include "access/io/own_tokens.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "access/io/trusted.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace::access;
using millrace::statekit::Code;
using millrace::statekit::sha256;
namespace test = millrace::test;

namespace {

struct File {
  // By renaming another over it, as the page says.
  void write(const std::string& text, int mode = 0600) const {
    std::ofstream(path + ".new") << text;
    std::filesystem::permissions(path + ".new", std::filesystem::perms(mode));
    std::filesystem::rename(path + ".new", path);
  }
  std::string fault(const std::string& text) const {
    write(text);
    const auto read = read_own_tokens(path);
    return read ? "" : read.error().message;
  }

  test::TempDir folder;
  std::string path = folder / "services.token";
  std::string old_one = draw_token();
  std::string new_one = draw_token();
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("of the services' tokens the first line is shown, and each is taken") {
  File file;
  file.write(file.old_one + "\n" + file.new_one + "\r\n\n");
  const auto own = OwnTokens::open(file.path).value();
  CHECK(own->token() == file.old_one);
  CHECK(*own->shown() == "Bearer " + file.old_one);
  CHECK(own->has(sha256(file.old_one)));
  CHECK(own->has(sha256(file.new_one)));
  CHECK_FALSE(own->has(sha256(draw_token())));
}

TEST_CASE("the services' token is exchanged in three steps while the process runs") {
  File file;
  file.write(file.old_one + "\n");
  millrace::settings::Auth auth;
  auth.mode = "required";
  auth.token_file = file.path;
  const Trusted trusted = trusted_by(auth).value();
  const auto takes = [&](const std::string& token) {
    const auto caller = trusted.caller_by_token(sha256(token));
    return caller && caller->is_platform();
  };
  CHECK(takes(file.old_one));
  CHECK_FALSE(takes(file.new_one));

  file.write(file.old_one + "\n" + file.new_one + "\n");
  CHECK(trusted.own->reload().value());
  CHECK(takes(file.old_one));
  CHECK(takes(file.new_one));
  CHECK(trusted.own->token() == file.old_one);

  file.write(file.new_one + "\n" + file.old_one + "\n");
  CHECK(trusted.own->reload().value());
  CHECK(*trusted.own->shown() == "Bearer " + file.new_one);
  CHECK(takes(file.old_one));

  file.write(file.new_one + "\n");
  CHECK(trusted.own->reload().value());
  CHECK(takes(file.new_one));
  CHECK_FALSE(takes(file.old_one));
}

TEST_CASE("what is wrong with the services' token file later changes nothing") {
  File file;
  file.write(file.old_one + "\n");
  const auto own = OwnTokens::open(file.path).value();
  const auto still = [&] {
    return !own->reload() && own->token() == file.old_one && own->has(sha256(file.old_one)) &&
           !own->has(sha256(file.new_one));
  };
  file.write("");
  CHECK(still());
  file.write(file.new_one + "\n", 0644);
  CHECK(still());
  file.write(file.new_one + "\nnone\n");
  CHECK(still());
  std::filesystem::remove(file.path);
  CHECK(still());
  file.write(file.new_one + "\n");
  CHECK(own->reload().value());
  CHECK(own->token() == file.new_one);
  CHECK_FALSE(own->reload().value());
}

TEST_CASE("a file of the services' tokens says which line is none, and shows none of it") {
  const File file;
  CHECK(has(file.fault(""), "holds 0 tokens"));
  CHECK(has(file.fault(file.old_one + "\nMARKER\n"), "holds no token in line 2"));
  CHECK_FALSE(has(file.fault("MARKER\n"), "MARKER"));
  std::string five;
  for (int i = 0; i < 5; ++i) five += draw_token() + "\n";
  CHECK(has(file.fault(five), "holds 5 tokens: wanted one a line, the first to show, up to 4"));
  CHECK(file.fault(five.substr(0, five.size() / 5 * 4)).empty());
  file.write(file.old_one, 0640);
  CHECK(has(read_own_tokens(file.path).error().message, "chmod 600"));
}

TEST_CASE("a pipe in the place of the services' tokens is not read again") {
  File file;
  file.write(file.old_one + "\n");
  const auto own = OwnTokens::open(file.path).value();
  std::filesystem::remove(file.path);
  REQUIRE(mkfifo(file.path.c_str(), 0600) == 0);
  // Open at both ends, with something in it: who reads it is not held up, and has another token.
  const int pipe = ::open(file.path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(pipe >= 0);
  const std::string line = file.new_one + "\n";
  REQUIRE(::write(pipe, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  CHECK_FALSE(own->reload().value());
  CHECK(own->token() == file.old_one);
  ::close(pipe);
}
