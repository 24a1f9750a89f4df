// The keyring file: made safely, refused where it is not safe, and told apart when it is the wrong
// one.
#include "seal/keyring.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

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

// What is wrapped first makes it.
void make_first_key(seal::KeyProvider& ring) {
  REQUIRE(ring.wrap(ClearText(std::string(32, 'k')), "m"));
}

// Asks again where others held the lock for long: a disk may be slow.
statekit::Result<std::string> patient_add_key(seal::KeyProvider& ring) {
  auto id = ring.add_key();
  for (int tries = 0; tries < 50 && !id && id.error().code == Code::unavailable; ++tries)
    id = ring.add_key();
  return id;
}

// Another process that makes keys in the keyring and says each once it is made.
class Told {
 public:
  Told(pid_t child, int from) : child_(child), from_(from) {}
  Told(const Told&) = delete;
  ~Told() {
    kill();
    close(from_);
  }
  std::string next() {
    std::string id;
    for (char c = 0; ::read(from_, &c, 1) == 1 && c != '\n';) id += c;
    return id;
  }
  // Until it ends.
  std::vector<std::string> rest() {
    std::vector<std::string> ids;
    for (std::string id = next(); !id.empty(); id = next()) ids.push_back(std::move(id));
    return ids;
  }
  void kill() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  pid_t child_;
  int from_;
};

Told tell_keys_of_a_child(const std::string& path, std::size_t count) {
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto ring = seal::open_keyring({path, false, {}});
    for (std::size_t i = 0; i < count; ++i) {
      const auto id = patient_add_key(*ring);
      if (!id) break;
      const std::string line = *id + "\n";
      if (::write(ends[1], line.data(), line.size()) < 0) break;
    }
    _exit(0);
  }
  close(ends[1]);
  return {child, ends[0]};
}

std::vector<std::string> others_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename() != "keyring") names.push_back(entry.path().filename().string());
  return names;
}

constexpr const char* key_line = "key-a MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";

}  // namespace

TEST_CASE("a keyring is made at its first use only, for its owner alone, and it is said where") {
  const test::TempDir folder;
  const std::string path = folder / "sub/keyring";
  std::string said;
  const auto ring = seal::open_keyring({path, true, [&](const std::string& at) { said = at; }});
  // Who only asks for keys, or changes them, makes none.
  CHECK(has(ring->active().error().message, "keyring " + path + " is not there: put it back"));
  CHECK_FALSE(ring->keys());
  CHECK_FALSE(ring->add_key());
  CHECK_FALSE(ring->forget("key-a"));
  CHECK_FALSE(std::filesystem::exists(path));
  make_first_key(*ring);
  CHECK(said == path);
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
  CHECK(has(read(path), "# millrace keyring 1\n"));
  said.clear();
  const auto again = seal::open_keyring({path, true, [&](const std::string& at) { said = at; }});
  make_first_key(*again);
  CHECK(again->active().value() == ring->active().value());
  CHECK(said.empty());
}

TEST_CASE("no keyring is made in the place of one that is lost, and it is said what needs it") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  statekit::Status may;
  const auto ring = seal::open_keyring({path, true, {}, [&] { return may; }});
  make_first_key(*ring);
  const std::string first = read(path);
  std::filesystem::remove(path);
  may = statekit::fail(Code::failed_precondition, "2 secrets are sealed with key key-a");
  const auto refused = ring->wrap(ClearText(std::string(32, 'k')), "m");
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(refused.error().message == "keyring " + path +
                                       " is not there, and no other is made: 2 secrets are sealed "
                                       "with key key-a");
  CHECK_FALSE(std::filesystem::exists(path));
  write(path, first);
  CHECK(ring->wrap(ClearText(std::string(32, 'k')), "m"));
  CHECK(read(path) == first);
}

TEST_CASE("a keyring that others can read, that is missing or that is no keyring is refused") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  CHECK(has(refusal(path), "is not there: put it back, or a copy of it"));
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
  CHECK(has(refusal(path), "is a symbolic link: name the file that it leads to"));
  std::filesystem::remove(path);
  write(path, std::string("\xEF\xBB\xBF# millrace keyring 1\n") + key_line);
  CHECK(has(refusal(path), "begins with a byte order mark"));
  write(path, "# millrace keyring 1\r\nkey-a ...\r\n");
  CHECK(has(refusal(path), "has line ends of Windows"));
  // One that nobody writes to: to open it would wait for ever.
  std::filesystem::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  CHECK(has(refusal(path), "is no plain file"));
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
  make_first_key(*ring);
  const std::string first = ring->active().value();
  const std::string second = ring->add_key().value();
  CHECK(ring->keys().value() == std::vector<std::string>{second, first});
  CHECK(ring->forget(second).error().code == Code::failed_precondition);
  REQUIRE(ring->forget(first));
  CHECK(seal::open_keyring({path, false, {}})->keys().value() == std::vector<std::string>{second});
  struct stat there {};
  REQUIRE(stat(path.c_str(), &there) == 0);
  CHECK((there.st_mode & 0777) == 0600);
}

TEST_CASE("two processes that change one keyring at once take no key from each other") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  make_first_key(*seal::open_keyring({path, true, {}}));
  constexpr std::size_t rounds = 15;
  Told told = tell_keys_of_a_child(path, rounds);
  std::vector<std::string> kept;
  std::mutex mutex;
  const auto add_and_forget = [&] {
    const auto ring = seal::open_keyring({path, false, {}});
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto stays = patient_add_key(*ring);
      const auto goes = patient_add_key(*ring);
      const std::lock_guard lock(mutex);
      if (!stays || !goes) continue;
      kept.push_back(*stays);
      // Where it is the active one it stays, which is no fault.
      (void)ring->forget(*goes);
    }
  };
  std::thread other(add_and_forget);
  add_and_forget();
  other.join();
  for (const std::string& each : told.rest()) kept.push_back(each);
  CHECK(kept.size() == 3 * rounds);
  const auto all = seal::open_keyring({path, false, {}})->keys();
  REQUIRE(all);
  for (const std::string& each : kept)
    CHECK(std::find(all->begin(), all->end(), each) != all->end());
  CHECK(others_in(folder.path()) == std::vector<std::string>{"keyring.lock"});
}

TEST_CASE("a process that is killed while it changes a keyring takes no key along") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  const auto ring = seal::open_keyring({path, true, {}});
  make_first_key(*ring);
  std::vector<std::string> kept{ring->active().value()};
  for (std::size_t killed = 0; killed < 30; ++killed) {
    Told told = tell_keys_of_a_child(path, 1'000);
    // It goes on meanwhile, so the end finds it at another place each time.
    for (std::size_t i = 0; i <= killed % 5; ++i) kept.push_back(told.next());
    told.kill();
    for (const std::string& each : told.rest()) kept.push_back(each);
  }
  // What was begun and not ended does not stand in the way, and does not stay.
  write(path + ".tmp-Ab3dEf", "# millrace keyring 1\nkey-half ");
  kept.push_back(ring->add_key().value());
  const auto all = ring->keys();
  REQUIRE(all);
  for (const std::string& each : kept)
    CHECK(std::find(all->begin(), all->end(), each) != all->end());
  CHECK(others_in(folder.path()) == std::vector<std::string>{"keyring.lock"});
}

TEST_CASE("a keyring that another process does not let go of is told of, and read all the same") {
  const test::TempDir folder;
  const std::string path = folder / "keyring";
  const auto ring = seal::open_keyring({path, true, {}});
  make_first_key(*ring);
  const int held = open((path + ".lock").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(held >= 0);
  REQUIRE(flock(held, LOCK_EX | LOCK_NB) == 0);
  const auto refused = ring->add_key();
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::unavailable);
  CHECK(has(refused.error().message, "is being changed by another process"));
  CHECK(ring->wrap(ClearText(std::string(32, 'k')), "m"));
  close(held);
  CHECK(ring->add_key());
}
