// Sealing: a value opens where it belongs, with its key, and nowhere else.
#include "seal/seal.hpp"

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

TEST_CASE("G10: one value sealed twice has nothing in common") {
  Keys keys;
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const seal::Sealed box = sealed(keys);
    for (const std::string& part : {box.id, box.box, box.key.key, box.fingerprint})
      CHECK(seen.insert(part).second);
  }
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

TEST_CASE("a text in clear is wiped when it goes and when it is moved") {
  std::string text(100, 'x');
  seal::wipe(text);
  CHECK(text.empty());
  ClearText first(std::string("secret"));
  ClearText second(std::move(first));
  CHECK(first.view().empty());
  CHECK(second.view() == "secret");
  first = std::move(second);
  CHECK(second.view().empty());
  CHECK(first.view() == "secret");
}
