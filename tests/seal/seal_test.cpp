// Sealing: a value opens where it belongs, with its key, and nowhere else.
#include "seal/seal.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <new>
#include <set>

#include "seal/keyring.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using seal::ClearText;
using statekit::Code;

namespace {

const std::string value = "\"the marker of this test\"";
const seal::Place place{"default", "shop", "api_key"};

struct Keys {
  test::TempDir folder;
  std::unique_ptr<seal::KeyProvider> ring = seal::open_keyring({folder / "keyring", true, {}});
};

// A provider that keeps data keys as they are, whatever they belong to.
class Unbound final : public seal::KeyProvider {
 public:
  template <class Value>
  using Result = millrace::statekit::Result<Value>;

  Result<std::string> active() override { return std::string("none"); }
  std::set<std::string> bound;  // what it was told that data keys belong to

  Result<seal::Wrapped> wrap(const ClearText& data_key, seal::BytesView bound_to) override {
    bound.insert(std::string(bound_to));
    return seal::Wrapped{std::string(data_key.view()), "none"};
  }
  Result<ClearText> unwrap(const seal::Wrapped& wrapped, seal::BytesView) override {
    return ClearText(std::string(wrapped.key));
  }
  Result<std::vector<std::string>> keys() override { return std::vector<std::string>{"none"}; }
  Result<std::string> add_key() override { return std::string("none"); }
  millrace::statekit::Status forget(const std::string&) override { return {}; }
  std::string name() const override { return "unbound"; }
};

seal::Sealed sealed(Keys& keys) {
  auto out = seal::seal(*keys.ring, place, ClearText(value));
  REQUIRE(out);
  return *out;
}

}  // namespace

TEST_CASE("G10: a sealed value opens where it belongs and shows nothing of itself") {
  Keys keys;
  const seal::Sealed box = sealed(keys);
  CHECK(seal::open(*keys.ring, place, box).value().view() == value);
  for (const std::string& part : {box.id, box.box, box.key.key, box.key.key_id, box.fingerprint})
    CHECK(part.find("marker") == std::string::npos);
  CHECK(box.fingerprint.size() == 16);
}

TEST_CASE("G10: a value that was moved to another place does not open") {
  Keys keys;
  const seal::Sealed box = sealed(keys);
  for (const seal::Place& other :
       {seal::Place{"other", "shop", "api_key"}, seal::Place{"default", "cart", "api_key"},
        seal::Place{"default", "shop", "other"}, seal::Place{"default", "shopa", "pi_key"}}) {
    const auto opened = seal::open(*keys.ring, other, box);
    REQUIRE(!opened);
    CHECK(opened.error().code == Code::data_loss);
  }
}

TEST_CASE("G10: a value whose id, box or key was changed or exchanged does not open") {
  Keys keys;
  const seal::Sealed box = sealed(keys);
  const seal::Sealed other = sealed(keys);
  seal::Sealed wrong = box;
  wrong.id = other.id;
  CHECK_FALSE(seal::open(*keys.ring, place, wrong));
  wrong = box;
  wrong.key = other.key;
  CHECK_FALSE(seal::open(*keys.ring, place, wrong));
  wrong = box;
  wrong.box = other.box;
  CHECK_FALSE(seal::open(*keys.ring, place, wrong));
  for (std::size_t i = 0; i < box.box.size(); ++i) {
    wrong = box;
    wrong.box[i] = static_cast<char>(wrong.box[i] ^ 1);
    CHECK_FALSE(seal::open(*keys.ring, place, wrong));
  }
  wrong.box = "short";
  CHECK_FALSE(seal::open(*keys.ring, place, wrong));
}

TEST_CASE("G10: one value sealed twice has nothing in common, not even a nonce") {
  Keys keys;
  constexpr std::size_t nonce = 12;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const seal::Sealed box = sealed(keys);
    for (const std::string& part : {box.id, box.box, box.key.key, box.fingerprint,
                                    box.box.substr(0, nonce), box.key.key.substr(0, nonce)})
      CHECK(seen.insert(part).second);
  }
}

TEST_CASE(
    "G10: each of the two layers is bound by itself, the data key to the id and the box to its "
    "place") {
  Keys keys;
  const seal::Sealed box = sealed(keys);
  // The key alone, asked for something else than it was wrapped for.
  const auto moved = keys.ring->unwrap(box.key, "another value");
  REQUIRE(!moved);
  CHECK(moved.error().code == Code::data_loss);
  // The box alone, with a provider that is bound to nothing.
  Unbound keeper;
  seal::Sealed kept = seal::seal(keeper, place, ClearText(value)).value();
  CHECK(seal::open(keeper, place, kept)->view() == value);
  kept.id.back() = static_cast<char>(kept.id.back() ^ 1);
  CHECK_FALSE(seal::open(keeper, place, kept));
}

TEST_CASE("G10: each value has a data key of its own, which is bound to it") {
  Unbound keeper;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i)
    CHECK(seen.insert(seal::seal(keeper, place, ClearText(value))->key.key).second);
  CHECK(keeper.bound.size() == 50);  // each to its own value
}

TEST_CASE("a data key that is wrapped anew opens the same box, and the old key is not needed") {
  Keys keys;
  seal::Sealed box = sealed(keys);
  const std::string old_key = box.key.key_id;
  const auto newer = keys.ring->add_key();
  REQUIRE(newer);
  box.key = seal::rewrap(*keys.ring, box.id, box.key).value();
  CHECK(box.key.key_id == *newer);
  REQUIRE(keys.ring->forget(old_key));
  CHECK(seal::open(*keys.ring, place, box).value().view() == value);
}

TEST_CASE(
    "G10: a text in clear is wiped when it goes, when it is moved and when it was taken over") {
  std::string text(100, 'x');
  const char* octets = text.data();
  seal::wipe(text);
  CHECK(text.empty());
  CHECK(std::all_of(octets, octets + 100, [](char c) { return c == 0; }));  // still its own
  ClearText first(std::string("secret"));
  ClearText second(std::move(first));
  CHECK(first.view().empty());
  CHECK(second.view() == "secret");
  first = std::move(second);
  CHECK(second.view().empty());
  CHECK(first.view() == "secret");
  // A short text stands in the object itself: what is left of it there can be looked at.
  alignas(ClearText) std::array<char, sizeof(ClearText)> place_of_it{};
  auto* inside = new (place_of_it.data()) ClearText(std::string("short-marker"));
  const auto holds = [&] {
    return std::string_view(place_of_it.data(), place_of_it.size()).find("short-marker") !=
           std::string_view::npos;
  };
  CHECK(holds());
  inside->~ClearText();
  CHECK_FALSE(holds());
}

TEST_CASE("G10: a process that starts programs of others gives them back what they may dump") {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit some{1 << 20, 1 << 21};
    setrlimit(RLIMIT_CORE, &some);
    const rlimit before = seal::write_no_core_dumps_but_in_children();
    rlimit cores{1, 1};
    getrlimit(RLIMIT_CORE, &cores);
    bool good = cores.rlim_cur == 0 && prctl(PR_GET_DUMPABLE) == 0;
    good = good && setrlimit(RLIMIT_CORE, &before) == 0 && getrlimit(RLIMIT_CORE, &cores) == 0;
    good = good && cores.rlim_cur == some.rlim_cur && cores.rlim_max == some.rlim_max;
    _exit(good ? 0 : 1);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("G10: a process that holds secrets can neither leave a core dump nor be looked into") {
  const pid_t child = fork();
  if (child == 0) {
    const rlimit some{1 << 20, RLIM_INFINITY};
    setrlimit(RLIMIT_CORE, &some);
    seal::write_no_core_dumps();
    rlimit cores{1, 1};
    getrlimit(RLIMIT_CORE, &cores);
    const bool good = cores.rlim_cur == 0 && cores.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0;
    _exit(good ? 0 : 1);
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}
