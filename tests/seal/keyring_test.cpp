// The keyring file: made safely, refused where it is not safe, and told apart when it is the wrong
// one.
#include "seal/keyring.hpp"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "seal/seal.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using seal::ClearText;
using statekit::Code;

namespace {

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
}

std::string refusal(const std::string& path) {
  const auto ring = seal::open_keyring({path, false, {}});
  const auto active = ring->active();
  REQUIRE(!active);
  CHECK(active.error().code == Code::failed_precondition);
  return active.error().message;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* key_line = "key-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";

}  // namespace

TEST_CASE("a keyring is made at its first use only, for its owner alone, and it is said where") {
  const test::TempDir folder;
  const std::string path = folder / "sub/keyring";
  std::string said;
  const auto ring = seal::open_keyring({path, true, [&](const std::string& at) { said = at; }});
  CHECK_FALSE(std::filesystem::exists(path));
  REQUIRE(ring->active());
  CHECK(said == path);
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK(has(read(path), "# millrace keyring 1\n"));
  said.clear();
  const auto again = seal::open_keyring({path, true, [&](const std::string& at) { said = at; }});
  CHECK(again->active().value() == ring->active().value());
  CHECK(said.empty());
}

TEST_CASE("a keyring that others can read, that is missing or that is no keyring is refused") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  CHECK(has(refusal(path), "cannot be read: No such file"));
  write(path, std::string("# millrace keyring 1\n") + key_line);
  REQUIRE(seal::open_keyring({path, false, {}})->active().value() == "key-a");
  chmod(path.c_str(), 0640);
  CHECK(has(refusal(path), "can be read by others: chmod 600 " + path));
  write(path, "[settings]\n");
  CHECK(has(refusal(path), "does not begin with"));
  write(path, "# millrace keyring 1\n");
  CHECK(has(refusal(path), "holds no key"));
  // What stands in a line is not repeated.
  write(path, "# millrace keyring 1\nkey-a hunter2\n");
  CHECK(has(refusal(path), "line 2 holds no 32 octets"));
  CHECK_FALSE(has(refusal(path), "hunter2"));
  write(path, std::string("# millrace keyring 1\n") + key_line + key_line);
  CHECK(has(refusal(path), "line 3 names a key that is there already"));
  std::filesystem::remove(path);
  std::filesystem::create_symlink(folder / "other", path);
  CHECK(has(refusal(path), "cannot be read"));
}

TEST_CASE("a key that is lost and a key that is another are told apart, by their names") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  const auto ring = seal::open_keyring({path, true, {}});
  const auto box = seal::seal(*ring, {"default", "m", "s"}, ClearText(std::string("\"x\"")));
  REQUIRE(box);
  const std::string whole = read(path);

  write(path, std::string("# millrace keyring 1\n") + key_line);
  const auto lost = seal::open(*ring, {"default", "m", "s"}, *box);
  REQUIRE(!lost);
  CHECK(lost.error().code == Code::failed_precondition);
  CHECK(has(lost.error().message, "key " + box->key.key_id + " is not in keyring " + path));

  std::string other = std::string("# millrace keyring 1\n") + key_line;
  other.replace(other.find("key-a"), 5, box->key.key_id);
  write(path, other);
  const auto wrong = seal::open(*ring, {"default", "m", "s"}, *box);
  REQUIRE(!wrong);
  CHECK(wrong.error().code == Code::data_loss);
  CHECK(has(wrong.error().message, "another than the one"));

  // Put back by hand, it opens without a restart.
  write(path, whole);
  CHECK(seal::open(*ring, {"default", "m", "s"}, *box));
}

TEST_CASE("new keys come first, old ones are forgotten, and never the active one") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  const auto ring = seal::open_keyring({path, true, {}});
  const std::string first = ring->active().value();
  const std::string second = ring->add_key().value();
  CHECK(ring->keys().value() == std::vector<std::string>{second, first});
  CHECK(ring->forget(second).error().code == Code::failed_precondition);
  REQUIRE(ring->forget(first));
  CHECK(seal::open_keyring({path, false, {}})->keys().value() == std::vector<std::string>{second});
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}
