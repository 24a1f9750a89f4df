// The laws that every state keeps, its stored form, and the catalogue of names.
#include <random>

#include "services/schema/workspace/catalogue.hpp"
#include "statekit/commit_codec.hpp"
#include "workspace/bench.hpp"

using namespace millrace;
using namespace millrace::workspace;
using test::Bench;

namespace {

// Whatever a thousand commands leave behind.
Bench lived(unsigned seed) {
  Bench bench;
  bench.rules = {5, 60};
  std::mt19937 random(seed);
  const auto one_of = [&](int count) { return static_cast<int>(random() % count); };
  for (int i = 0; i < 300; ++i) {
    const std::string id(1, static_cast<char>('a' + one_of(3)));
    const std::string body(1 + one_of(20), static_cast<char>('a' + one_of(26)));
    const std::optional<std::int64_t> ttl =
        one_of(2) == 0 ? std::nullopt : std::optional<std::int64_t>(1'000);
    bench.lapsed = bench.state.lock() && one_of(4) == 0 ? bench.state.lock()->revision : 0;
    switch (one_of(7)) {
      case 0: bench.does(TakeLock{test::lock_of(id), ttl}); break;
      case 1: bench.does(ReleaseLock{id, false}); break;
      case 2: bench.does(StorePart{id, 0, body}); break;
      case 3: bench.does(Remove{test::shown(one_of(2) == 0 ? id : "")}); break;
      case 4: bench.does(Restore{{}, static_cast<std::uint64_t>(1 + one_of(10))}); break;
      default: bench.does(test::write_of(body, test::shown(one_of(2) == 0 ? id : "")));
    }
  }
  return bench;
}

}  // namespace

TEST_CASE("a workspace restored from its snapshot is the workspace") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Bench bench = lived(seed);
    REQUIRE(bench.commits.size() > 30);
    const auto parts = WorkspaceCodec::encode_snapshot(bench.state.snapshot());
    const auto snapshot = WorkspaceCodec::decode_snapshot(parts);
    REQUIRE(snapshot);
    WorkspaceState restored;
    restored.restore(*snapshot);
    CHECK(restored == bench.state);
    CHECK(restored.digest() == bench.state.digest());
  }
}

TEST_CASE("two folds of the same commits are equal, also when one began at a snapshot") {
  const Bench bench = lived(7);
  WorkspaceState folded, late;
  const std::size_t half = bench.commits.size() / 2;
  for (std::size_t i = 0; i < bench.commits.size(); ++i) {
    const auto envelope = statekit::to_envelope<WorkspaceCodec>(bench.commits[i]);
    const auto commit = statekit::from_envelope<WorkspaceCodec>(i + 1, envelope);
    REQUIRE(commit);
    folded.apply(*commit);
    if (i >= half) late.apply(*commit);
    if (i + 1 == half) late.restore(folded.snapshot());
  }
  CHECK(folded == bench.state);
  CHECK(late == bench.state);
}

TEST_CASE("versions are never more than the rules allow, and what they need is never unneeded") {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const Bench bench = lived(seed);
    CHECK(bench.state.versions().size() <= 5);
    CHECK(bench.state.octets() <= 60);
    for (const Version& version : bench.state.versions())
      for (const Part& part : version.parts) CHECK(part.revision > bench.state.unneeded());
  }
}

TEST_CASE("the audit keeps the newest lines only") {
  Bench bench;
  for (std::size_t i = 0; i < audit_lines_max; ++i) {
    bench.does(TakeLock{test::lock_of("a"), std::nullopt});
    bench.does(ReleaseLock{"a", false});
  }
  CHECK(bench.state.audit().size() == audit_lines_max);
  CHECK(bench.state.audit().back().revision == bench.state.revision());
}

TEST_CASE("a snapshot larger than one part is cut and put together again") {
  WorkspaceSnapshot snapshot;
  snapshot.revision = 9;
  for (std::uint64_t i = 1; i <= 3'000; ++i) {
    Version version;
    version.number = i;
    version.author = std::string(500, 'a');
    snapshot.versions.push_back(version);
  }
  const auto parts = WorkspaceCodec::encode_snapshot(snapshot);
  CHECK(parts.size() == 2);
  const auto again = WorkspaceCodec::decode_snapshot(parts);
  REQUIRE(again);
  CHECK(*again == snapshot);
}

TEST_CASE("bytes that are no event, commit or snapshot of a workspace are told") {
  CHECK(WorkspaceCodec::decode_event("\xff\xff").error().code == statekit::Code::data_loss);
  CHECK(WorkspaceCodec::decode_event("").error().code == statekit::Code::unimplemented);
  CHECK(WorkspaceCodec::decode_event("\x72\x01x").error().code == statekit::Code::unimplemented);
  CHECK_FALSE(WorkspaceCodec::decode_header("\x08"));
  CHECK_FALSE(WorkspaceCodec::decode_snapshot({}));
  CHECK_FALSE(WorkspaceCodec::decode_snapshot({"\xff"}));
  CHECK(CatalogueCodec::decode_event("").error().code == statekit::Code::unimplemented);
  CHECK_FALSE(CatalogueCodec::decode_snapshot({"\xff"}));
}

TEST_CASE("a name that is dropped and entered again has another id") {
  CatalogueState state;
  const auto does = [&](const CatalogueCommand& command) {
    const auto decided = decide(state, {}, command);
    if (!decided) return Bench::word(refusal_of(decided.error()));
    if (decided->events.empty()) return std::string("nothing");
    statekit::Commit<CatalogueEvent> commit{{state.revision() + 1, 5, "ada", {}}, {}};
    for (const auto& event : decided->events) {
      const auto again = CatalogueCodec::decode_event(CatalogueCodec::encode(event));
      REQUIRE(again);
      CHECK(*again == event);
      commit.events.push_back(*again);
    }
    state.apply(commit);
    return std::string("ok");
  };
  CHECK(does(EnterName{"one", 2}) == "ok");
  CHECK(does(EnterName{"one", 2}) == "nothing");
  CHECK(does(EnterName{"two", 2}) == "ok");
  CHECK(does(EnterName{"three", 2}) == "full");
  const auto first = state.id_of("one");
  CHECK(does(DropName{"one", first + 1}) == "nothing");
  CHECK(does(DropName{"one", first}) == "ok");
  CHECK(state.id_of("one") == 0);
  CHECK(does(EnterName{"one", 2}) == "ok");
  CHECK(state.id_of("one") > first);
  CHECK(does(DropName{"one", first}) == "nothing");

  const auto again =
      CatalogueCodec::decode_snapshot(CatalogueCodec::encode_snapshot(state.snapshot()));
  REQUIRE(again);
  CatalogueState restored;
  restored.restore(*again);
  CHECK(restored == state);
  CHECK(restored.digest() == state.digest());
}

TEST_CASE("the names of workspaces are plain") {
  for (const char* good : {"a", "prod", "team-1.prod_2", "0"}) CHECK(is_name(good));
  CHECK(is_name(std::string(name_bytes_max, 'a')));
  CHECK_FALSE(is_name(std::string(name_bytes_max + 1, 'a')));
  for (const char* bad : {"", "..", ".a", "-a", "a/b", "a b", "\xc3\xa9", "a\n"})
    CHECK_FALSE(is_name(bad));
}
