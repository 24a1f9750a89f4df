// Keys in a KMS, against a plugin that also refuses, hangs, lies and changes its key.
#include "seal/kms.hpp"

#include "seal/keyring.hpp"
#include "seal/kms_plugin.hpp"
#include "seal/seal.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

namespace seal = millrace::seal;
namespace test = millrace::test;
using millrace::statekit::Code;
using test::KmsPlugin;
using test::PluginMood;

namespace {

const seal::Place place{"default", "shop", "api_key"};

seal::ClearText clear(const std::string& text) { return seal::ClearText(text); }

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::unique_ptr<seal::KeyProvider> kms_at(const std::string& socket,
                                          std::unique_ptr<seal::KeyProvider> older = nullptr,
                                          std::int64_t call_ms_max = 60'000) {
  seal::KmsOptions options;
  options.socket = socket;
  options.call_ms_max = call_ms_max;
  options.pause_ms = 1;
  options.cached_keys_max = 2;
  auto made = seal::open_kms(std::move(options), std::move(older));
  REQUIRE(made);
  return std::move(*made);
}

PluginMood with_key(const std::string& key_id) {
  PluginMood mood;
  mood.key_id = key_id;
  return mood;
}

}  // namespace

TEST_CASE("G10: a value is sealed with a key of a KMS and opens with it alone, where it belongs") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at("unix://" + (folder / "kms.sock"));
  CHECK(keys->active().value() == "kms:key-1");
  const auto sealed = seal::seal(*keys, place, clear("marker"));
  REQUIRE(sealed);
  CHECK(sealed->key.key_id == "kms:key-1");
  CHECK(seal::open(*keys, place, *sealed)->view() == "marker");
  CHECK_FALSE(seal::open(*keys, {"default", "cart", "api_key"}, *sealed));
  // Another process, which has no data key in its memory.
  const auto others = kms_at(plugin.address());
  CHECK(seal::open(*others, place, *sealed)->view() == "marker");

  auto other = seal::seal(*keys, place, clear("other"));
  REQUIRE(other);
  auto mixed = *sealed;
  mixed.key = other->key;  // bound to another id
  const auto refused = seal::open(*kms_at(plugin.address()), place, mixed);
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::data_loss);
  mixed.key.key.back() ^= 1;
  CHECK_FALSE(seal::open(*kms_at(plugin.address()), place, mixed));
  mixed = *sealed;
  mixed.key.key_id = "kms:key-2";
  CHECK(seal::open(*kms_at(plugin.address()), place, mixed).error().code == Code::data_loss);
}

TEST_CASE("a data key that a KMS unwrapped is kept, and only so many are") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at(plugin.address());
  std::vector<seal::Sealed> sealed;
  for (int i = 0; i < 3; ++i) sealed.push_back(*seal::seal(*keys, place, clear("v")));
  const auto before = plugin.calls();
  REQUIRE(seal::open(*keys, place, sealed[2]));
  REQUIRE(seal::open(*keys, place, sealed[1]));
  CHECK(plugin.calls() == before);
  REQUIRE(seal::open(*keys, place, sealed[0]));  // two are kept, and it was the oldest
  CHECK(plugin.calls() == before + 1);
}

TEST_CASE("a KMS that changes its key id is followed, and what it wrapped before still opens") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at(plugin.address());
  const auto sealed = seal::seal(*keys, place, clear("marker"));
  plugin.feel(with_key("key-2"));
  CHECK(keys->active().value() == "kms:key-2");
  CHECK(seal::open(*kms_at(plugin.address()), place, *sealed)->view() == "marker");
  auto again = *sealed;
  const auto rewrapped = seal::rewrap(*keys, again.id, again.key);
  REQUIRE(rewrapped);
  CHECK(rewrapped->key_id == "kms:key-2");
  again.key = *rewrapped;
  CHECK(seal::open(*kms_at(plugin.address()), place, again)->view() == "marker");
}

TEST_CASE("G8: a KMS that hangs or is away ends each call at its limit, and is found again") {
  const test::TempDir folder;
  auto plugin = std::make_unique<KmsPlugin>(folder / "kms.sock");
  const std::string address = plugin->address();
  const auto keys = kms_at(address, nullptr, 1'000);
  const auto sealed = seal::seal(*keys, place, clear("marker"));
  REQUIRE(sealed);
  PluginMood mood;
  mood.hangs = true;
  plugin->feel(mood);
  const auto hung = seal::seal(*keys, place, clear("marker"));
  REQUIRE(!hung);
  CHECK(hung.error().code == Code::unavailable);
  CHECK(contains(hung.error().message, "does not answer within 1000 ms"));
  plugin.reset();
  const auto away = seal::open(*kms_at(address, nullptr, 1'000), place, *sealed);
  REQUIRE(!away);
  CHECK(away.error().code == Code::unavailable);
  CHECK(contains(away.error().message, address));
  CHECK(seal::open(*keys, place, *sealed)->view() == "marker");  // its data key is known here
  plugin = std::make_unique<KmsPlugin>(folder / "kms.sock");
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  bool found = false;
  while (!found && std::chrono::steady_clock::now() < deadline)
    found = seal::seal(*keys, place, clear("marker")).has_value();
  CHECK(found);
}

TEST_CASE("G8: after a call that found no KMS the next ones fail at once for a while") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  seal::KmsOptions options;
  options.socket = plugin.address();
  options.call_ms_max = 1'000;
  options.pause_ms = 600'000;
  const auto keys = *seal::open_kms(options, nullptr);
  PluginMood mood;
  mood.hangs = true;
  plugin.feel(mood);
  CHECK_FALSE(seal::seal(*keys, place, clear("v")));
  const auto calls = plugin.calls();
  const auto again = seal::seal(*keys, place, clear("v"));
  REQUIRE(!again);
  CHECK(again.error().code == Code::unavailable);
  CHECK(plugin.calls() == calls);
}

TEST_CASE("G10: a KMS that refuses is named, and nothing that it was given is told") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at(plugin.address());
  PluginMood mood;
  mood.refuses = true;
  plugin.feel(mood);
  const std::string data_key(32, 'K');
  const auto refused = keys->wrap(clear(data_key), "id");
  REQUIRE(!refused);
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(contains(refused.error().message, "refuses Encrypt with permission-denied"));
  CHECK_FALSE(contains(refused.error().message, "KKKK"));
}

TEST_CASE("a KMS that cannot give back what it wrapped seals nothing") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at(plugin.address());
  const auto says = [&](const PluginMood& mood, const std::string& what) {
    plugin.feel(mood);
    const auto sealed = seal::seal(*keys, place, clear("v"));
    INFO(what);
    REQUIRE(!sealed);
    INFO(sealed.error().message);
    CHECK(contains(sealed.error().message, what));
  };
  PluginMood mood;
  mood.forgets = true;
  says(mood, "unwrapping what was just wrapped");
  mood = {};
  mood.decrypts_wrong = true;
  says(mood, "unwrapping what was just wrapped");
  mood = {};
  mood.wraps_to_nothing = true;
  says(mood, "wrapped a key to nothing");
  mood = {};
  mood.ciphertext_bytes_more = 2'000;
  says(mood, "to more than 1024 octets");
  mood = {};
  mood.annotation_bytes = 40'000;
  says(mood, "annotates a key with more than 32768 octets");
  says(with_key(""), "names no key");
  says(with_key(std::string(2'000, 'k')), "names a key with more than 1024 octets");
}

TEST_CASE("a KMS that speaks another version or is not well has no active key") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keys = kms_at(plugin.address());
  PluginMood mood;
  mood.version = "v2beta1";
  plugin.feel(mood);
  CHECK(contains(keys->active().error().message, "speaks version \"v2beta1\""));
  mood = {};
  mood.health = "the token expired";
  plugin.feel(mood);
  CHECK(contains(keys->active().error().message, "is not well: the token expired"));
  CHECK(keys->add_key().error().code == Code::unimplemented);
  CHECK(keys->forget("key-1").error().code == Code::unimplemented);
}

TEST_CASE("what a keyring wrapped before there was a KMS opens beside it and is wrapped anew") {
  const test::TempDir folder;
  KmsPlugin plugin(folder / "kms.sock");
  const auto keyring = [&](bool make) {
    return seal::open_keyring({folder / "keyring", make, {}});
  };
  const auto sealed = seal::seal(*keyring(true), place, clear("marker"));
  REQUIRE(sealed);
  const auto keys = kms_at(plugin.address(), keyring(false));
  CHECK(seal::open(*keys, place, *sealed)->view() == "marker");
  const auto rewrapped = seal::rewrap(*keys, sealed->id, sealed->key);
  REQUIRE(rewrapped);
  CHECK(rewrapped->key_id == "kms:key-1");
  const auto alone = seal::open(*kms_at(plugin.address()), place, *sealed);
  REQUIRE(!alone);
  CHECK(contains(alone.error().message, "is of a keyring, and none is there"));
}

TEST_CASE("an address that is no socket's is no KMS") {
  for (const char* address : {"127.0.0.1:80", "unix:kms.sock", "/run/kms.sock", "unix:"}) {
    INFO(address);
    const auto made = seal::open_kms({address}, nullptr);
    REQUIRE(!made);
    CHECK(contains(made.error().message, "write unix:/PATH"));
  }
}
