#include "schema/change_codec.hpp"

#include <random>

#include "statekit/journal.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"

namespace schema = millrace::schema;
namespace statekit = millrace::statekit;
namespace test = millrace::test;
using schema::ChangeCodec;
using statekit::Bytes;
using statekit::Code;

TEST_CASE("every kind of event survives encoding and decoding") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    test::RandomChanges random(seed);
    for (std::size_t kind = 0; kind < std::variant_size_v<schema::Event>; ++kind) {
      const schema::Event event = random.event(kind);
      REQUIRE(event.index() == kind);
      const auto decoded = ChangeCodec::decode_event(ChangeCodec::encode(event));
      REQUIRE(decoded);
      CHECK(*decoded == event);
    }
  }
}

TEST_CASE("a commit header survives encoding and decoding") {
  const statekit::CommitMeta meta{7, 1'700'000'000'123, "ada", "because"};
  CHECK(ChangeCodec::decode_header(ChangeCodec::encode_header(meta)).value() == meta);
}

TEST_CASE("a snapshot survives encoding and decoding") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const schema::Snapshot snapshot = test::RandomChanges(seed).snapshot();
    const auto decoded = ChangeCodec::decode_snapshot(ChangeCodec::encode_snapshot(snapshot));
    REQUIRE(decoded);
    CHECK(*decoded == snapshot);
  }
}

TEST_CASE("G8: the parts of a large snapshot stay within their limit") {
  schema::Snapshot snapshot;
  schema::Module module = test::module_with("big");
  module.comments.before.assign(9, std::string(100'000, 'x'));
  for (int i = 0; i < 10; ++i)
    snapshot.deployments.push_back(test::deployment_of(module, std::to_string(i)));
  const std::vector<Bytes> parts = ChangeCodec::encode_snapshot(snapshot);
  CHECK(parts.size() >= 10);
  for (const Bytes& part : parts) CHECK(part.size() <= statekit::snapshot_part_bytes_max);
  CHECK(ChangeCodec::decode_snapshot(parts).value() == snapshot);
}

TEST_CASE("an empty state has a snapshot of one part") {
  const std::vector<Bytes> parts = ChangeCodec::encode_snapshot({});
  CHECK(parts.size() == 1);
  CHECK(ChangeCodec::decode_snapshot(parts).value() == schema::Snapshot{});
}

// As the first version that had them wrote them: frozen.
TEST_CASE("G9: config events and snapshots that were written before are read") {
  const auto set =
      ChangeCodec::decode_event(Bytes("\x72\x1e\x0a\x1c\x0a\x04shop\x12\x08"
                                      "currency\x1a\x05\"EUR\"\x2a\x03"
                                      "ada",
                                      32));
  CHECK(set.value() ==
        schema::Event(schema::ConfigSet{{"shop", "currency", "\"EUR\"", 0, "ada", 0}}));
  const auto unset =
      ChangeCodec::decode_event(Bytes("\x7a\x0a\x12\x08"
                                      "currency",
                                      12));
  CHECK(unset.value() == schema::Event(schema::ConfigUnset{"", "currency"}));
  // SnapshotChunk{header{format 1, readable_from 1, revision 9, config_unset_revision 8},
  // config_value{shop.n = 7, set at revision 6 at 5 ms by a}}
  const auto snapshot =
      ChangeCodec::decode_snapshot({Bytes("\x0a\x0a\x0a\x08\x08\x01\x10\x01\x18\x09\x30\x08\x0a\x15"
                                          "\x3a\x13\x0a\x04shop\x12\x01n\x1a\x01"
                                          "7\x20\x06\x2a\x01"
                                          "a\x30\x05",
                                          35)});
  REQUIRE(snapshot);
  CHECK(snapshot->config_unset_revision == 8);
  CHECK(snapshot->config == std::vector<schema::ConfigValue>{{"shop", "n", "7", 6, "a", 5}});
}

TEST_CASE("G9: secret events that were written before are read") {
  const auto set =
      ChangeCodec::decode_event(Bytes("\x82\x01\x17\x0a\x15\x0a\x01m\x12\x01n\x1a\x01i\x22\x01"
                                      "b\x2a\x01w\x32\x01k\x3a\x01"
                                      "f",
                                      26));
  CHECK(set.value() ==
        schema::Event(schema::SecretSet{{"m", "n", "i", "b", "w", "k", "f", 0, "", 0}}));
  const auto unset = ChangeCodec::decode_event(Bytes("\x8a\x01\x03\x12\x01n", 6));
  CHECK(unset.value() == schema::Event(schema::SecretUnset{"", "n"}));
  const auto rewrapped = ChangeCodec::decode_event(
      Bytes("\x92\x01\x0f\x0a\x01m\x12\x01n\x1a\x01i\x22\x01w\x2a\x01k", 18));
  CHECK(rewrapped.value() == schema::Event(schema::SecretRewrapped{"m", "n", "i", "w", "k"}));
}

namespace {

Bytes from_hex(const std::string& digits) {
  Bytes bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  return bytes;
}

}  // namespace

TEST_CASE("G9: events about who may do what that were written before are read") {
  const auto created = ChangeCodec::decode_event(
      from_hex("9a013a0a380a0a61616161616161616161122068686868686868686868686868686868686868"
               "686868686868686868686868681a0361646122016e2809"));
  millrace::access::Token token;
  token.id = "aaaaaaaaaa";
  token.hash.octets.fill('h');
  token.principal = "ada";
  token.note = "n";
  token.expires_ms = 9;
  CHECK(created.value() == schema::Event(schema::TokenCreated{token}));
  const auto revoked =
      ChangeCodec::decode_event(from_hex("a201110a0a616161616161616161611203616461"));
  CHECK(revoked.value() == schema::Event(schema::TokenRevoked{"aaaaaaaaaa", "ada"}));
  const auto set = ChangeCodec::decode_event(
      from_hex("aa011a0a180a0361646112110a086465706c6f796572120573686f702a"));
  millrace::access::Grant grant;
  grant.principal = "ada";
  grant.roles = {{millrace::access::Role::deployer, {"shop*"}}};
  CHECK(set.value() == schema::Event(schema::RolesSet{grant}));
  const auto unset = ChangeCodec::decode_event(from_hex("b201050a03616461"));
  CHECK(unset.value() == schema::Event(schema::RolesUnset{"ada"}));
}

TEST_CASE("a commit that only newer readers understand is refused by its format") {
  // CommitHeader{format: 9, readable_from: 9}
  const auto header = ChangeCodec::decode_header(Bytes("\x08\x09\x10\x09", 4));
  REQUIRE_FALSE(header);
  CHECK(header.error().code == Code::unimplemented);
  CHECK(header.error().message.find("format 9") != std::string::npos);
  CHECK(header.error().message.find("upgrade") != std::string::npos);
}

TEST_CASE("a newer format that says it is readable by old readers is read") {
  // CommitHeader{format: 9, readable_from: 1, revision: 3}
  const auto header = ChangeCodec::decode_header(Bytes("\x08\x09\x10\x01\x18\x03", 6));
  REQUIRE(header);
  CHECK(header->revision == 3);
}

TEST_CASE("a snapshot that only newer readers understand is refused by its format") {
  // SnapshotChunk{entries{header{format: 2, readable_from: 2}}}
  const auto snapshot =
      ChangeCodec::decode_snapshot({Bytes("\x0a\x06\x0a\x04\x08\x02\x10\x02", 8)});
  REQUIRE_FALSE(snapshot);
  CHECK(snapshot.error().code == Code::unimplemented);
  CHECK(snapshot.error().message.find("readable from format 2") != std::string::npos);
}

TEST_CASE("an event of an unknown kind is told apart from a damaged one") {
  // Field 99, length-delimited and empty.
  const auto newer = ChangeCodec::decode_event(Bytes("\x9a\x06\x00", 3));
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == Code::unimplemented);
  const auto damaged = ChangeCodec::decode_event(Bytes("\xff\xff\xff", 3));
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code == Code::data_loss);
  const auto empty = ChangeCodec::decode_event("");
  REQUIRE_FALSE(empty);
  CHECK(empty.error().code == Code::data_loss);
}

TEST_CASE("an unknown phase is refused and not taken for another") {
  schema::Changeset changeset;
  changeset.key = "chs-1";
  changeset.phase = static_cast<schema::ChangesetPhase>(12);
  const auto decoded =
      ChangeCodec::decode_event(ChangeCodec::encode(schema::ChangesetCreated{changeset, {}}));
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().code == Code::unimplemented);
  CHECK(decoded.error().message.find("phase 12") != std::string::npos);
}

TEST_CASE("a snapshot without its header, or with it elsewhere, is refused") {
  CHECK_FALSE(ChangeCodec::decode_snapshot({}));
  CHECK_FALSE(ChangeCodec::decode_snapshot({""}));
  const std::vector<Bytes> whole = ChangeCodec::encode_snapshot({});
  CHECK_FALSE(ChangeCodec::decode_snapshot({whole[0], whole[0]}));
}

TEST_CASE("G11: hostile bytes are refused without a crash") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    test::RandomChanges random(seed);
    std::vector<Bytes> samples = {ChangeCodec::encode(random.event(seed)),
                                  ChangeCodec::encode_header({seed, 5, "a", "b"}),
                                  ChangeCodec::encode_snapshot(random.snapshot()).front()};
    for (Bytes& sample : samples) {
      if (random.flip()) sample.resize(random.number(sample.size() + 1));
      for (int i = 0; i < 4 && !sample.empty(); ++i)
        sample[random.number(sample.size())] = static_cast<char>(random.number(256));
      const auto event = ChangeCodec::decode_event(sample);
      if (event) (void)ChangeCodec::encode(*event);
      (void)ChangeCodec::decode_header(sample).has_value();
      const auto snapshot = ChangeCodec::decode_snapshot({sample});
      if (snapshot) (void)ChangeCodec::encode_snapshot(*snapshot);
    }
  }
  SUCCEED();
}

TEST_CASE(
    "G9: a feature level that is not known is refused by its number, in an event and in a "
    "snapshot") {
  const std::uint32_t next = schema::feature_level_newest + 1;
  const auto raised = ChangeCodec::decode_event(
      ChangeCodec::encode(schema::FeatureLevelRaised{schema::feature_level_newest}));
  CHECK(raised);
  const auto newer =
      ChangeCodec::decode_event(ChangeCodec::encode(schema::FeatureLevelRaised{next}));
  REQUIRE_FALSE(newer);
  CHECK(newer.error().code == Code::unimplemented);
  CHECK(newer.error().message.find("feature level " + std::to_string(next)) != std::string::npos);
  schema::Snapshot of_then;
  of_then.feature_level = next;
  const auto snapshot = ChangeCodec::decode_snapshot(ChangeCodec::encode_snapshot(of_then));
  REQUIRE_FALSE(snapshot);
  CHECK(snapshot.error().code == Code::unimplemented);
}
