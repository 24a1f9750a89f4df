// What a workspace takes and refuses: the rules behind the state protocol.
#include "workspace/bench.hpp"

using namespace millrace;
using namespace millrace::workspace;
using test::Bench;
using test::lock_of;
using test::shown;
using test::write_of;

namespace {

TakeLock lock(const std::string& id) { return {lock_of(id), std::nullopt}; }
TakeLock lock_for(const std::string& id, std::int64_t ttl_ms) { return {lock_of(id), ttl_ms}; }
ReleaseLock unlock(const std::string& id) { return {id, false}; }
ReleaseLock force() { return {std::nullopt, true}; }

Guard matching(std::uint64_t number, statekit::Revision workspace = 7) {
  Guard guard;
  guard.match = {{workspace, number}};
  return guard;
}

}  // namespace

TEST_CASE("a lock that is held is refused to others and given again to its holder") {
  Bench bench;
  CHECK(bench.does(lock("a")) == "ok");
  CHECK(bench.does(lock("b")) == "locked");
  CHECK(bench.message.find("'a' of ada") != std::string::npos);
  CHECK(bench.does(lock("a")) == "nothing");
  CHECK(bench.dump() == "lock a");
}

TEST_CASE("a lock is released by its id and by nothing else but force") {
  Bench bench;
  bench.does(lock("a"));
  CHECK(bench.does(unlock("b")) == "other lock");
  CHECK(bench.dump() == "lock a");
  CHECK(bench.does(unlock("a")) == "ok");
  CHECK(bench.dump().empty());
  CHECK(bench.does(unlock("a")) == "nothing");  // the answer got lost
  bench.does(lock("b"));
  CHECK(bench.does(force()) == "ok");
  CHECK(bench.state.audit().back().action == "force-unlock");
  CHECK(bench.does(force()) == "nothing");
}

TEST_CASE("a write needs the lock while one is held, and none when none is") {
  Bench bench;
  CHECK(bench.does(write_of("one")) == "ok");
  CHECK(bench.does(write_of("two", shown("gone"))) == "other lock");
  bench.does(lock("a"));
  CHECK(bench.does(write_of("two")) == "locked");
  CHECK(bench.does(write_of("two", shown("b"))) == "other lock");
  CHECK(bench.does(Remove{}) == "locked");
  CHECK(bench.does(Restore{{}, 1}) == "locked");
  CHECK(bench.does(write_of("two", shown("a"))) == "ok");
  CHECK(bench.state.newest()->lock_id == "a");
  CHECK(bench.dump() == "lock a v1 v2");
}

TEST_CASE("a write that is asked for again makes no second version") {
  Bench bench;
  bench.does(write_of("one"));
  CHECK(bench.does(write_of("one")) == "nothing");
  CHECK(bench.does(write_of("two", matching(1))) == "ok");
  CHECK(bench.does(write_of("two", matching(1))) == "nothing");
  CHECK(bench.does(Remove{}) == "ok");
  CHECK(bench.does(Remove{}) == "nothing");
  CHECK(bench.does(write_of("two")) == "ok");
  CHECK(bench.does(Restore{{}, 1}) == "ok");
  CHECK(bench.does(Restore{{}, 1}) == "nothing");
  CHECK(bench.dump() == "v1 v2 x3 v4 v5");
}

TEST_CASE("an ETag is met by its own version of its own workspace only") {
  Bench bench;
  CHECK(bench.does(write_of("one", matching(1))) == "stale");
  Guard absent;
  absent.absent_only = true;
  Guard any;
  any.match_any = true;
  CHECK(bench.does(write_of("one", any)) == "stale");
  CHECK(bench.does(write_of("one", absent)) == "ok");
  CHECK(bench.does(write_of("two", absent)) == "stale");
  CHECK(bench.does(write_of("two", matching(1, 6))) == "stale");
  Guard nothing;
  nothing.match.emplace();
  CHECK(bench.does(write_of("two", nothing)) == "stale");
  CHECK(bench.does(write_of("two", any)) == "ok");
  CHECK(bench.does(write_of("three", matching(1))) == "stale");
  CHECK(bench.does(Remove{matching(1)}) == "stale");
  CHECK(bench.does(Restore{matching(1), 1}) == "stale");
  CHECK(bench.does(Remove{matching(2)}) == "ok");
  CHECK(bench.does(write_of("three", matching(2))) == "stale");
}

TEST_CASE("a lock whose time is over ends only when somebody else wants it") {
  Bench bench;
  bench.does(lock_for("a", 5'000));
  CHECK(bench.does(lock("b")) == "locked");
  bench.lapsed = bench.state.lock()->revision;
  CHECK(bench.does(write_of("one", shown("a"))) == "ok");  // nobody took it: it still counts
  CHECK(bench.does(lock("b")) == "ok");
  CHECK(bench.dump() == "lock b v1");
  CHECK(bench.state.audit()[2].action == "lapse");
  CHECK(bench.does(write_of("two", shown("a"))) == "other lock");
  CHECK(bench.does(unlock("a")) == "other lock");
}

TEST_CASE("a renewed lock lives on although its first term is over") {
  Bench bench;
  bench.does(lock_for("a", 5'000));
  const auto first = bench.state.lock()->revision;
  CHECK(bench.does(lock("a")) == "ok");
  CHECK(bench.state.lock()->ttl_ms == 5'000);
  bench.lapsed = first;
  CHECK(bench.does(lock("b")) == "locked");
  CHECK(bench.does(write_of("one")) == "locked");
  CHECK(bench.does(lock_for("a", 9'000)) == "ok");
  CHECK(bench.state.lock()->ttl_ms == 9'000);
}

TEST_CASE("a lock without a time to live never lapses") {
  Bench bench;
  bench.does(lock("a"));
  bench.lapsed = bench.state.lock()->revision;
  CHECK(bench.does(lock("b")) == "locked");
  CHECK(bench.does(write_of("one")) == "locked");
}

TEST_CASE("a write without a lock ends a lapsed one, so that its holder cannot write over it") {
  Bench bench;
  bench.does(lock_for("a", 5'000));
  bench.lapsed = bench.state.lock()->revision;
  CHECK(bench.does(write_of("one")) == "ok");
  CHECK(bench.dump() == "v1");
  CHECK(bench.does(write_of("two", shown("a"))) == "other lock");
}

TEST_CASE("the oldest versions make room, by number and by bytes") {
  Bench bench;
  bench.rules = {3, 100};
  for (const char* body : {"1", "2", "3", "4"}) bench.does(write_of(body));
  CHECK(bench.dump() == "v2 v3 v4");
  CHECK(bench.does(write_of(std::string(97, 'x'))) == "ok");
  CHECK(bench.dump() == "v3 v4 v5");
  CHECK(bench.does(write_of(std::string(100, 'y'))) == "ok");
  CHECK(bench.dump() == "v6");
  CHECK(bench.does(write_of(std::string(101, 'z'))) == "quota");
  CHECK(bench.message.find("schema.state.quota_bytes_max") != std::string::npos);
}

TEST_CASE("a version that is restored keeps its body when the old one is dropped") {
  Bench bench;
  bench.rules.versions_max = 2;
  bench.does(write_of("one"));
  bench.does(write_of("two"));
  const auto parts = bench.state.version(1)->parts;
  CHECK(bench.does(Restore{{}, 1}) == "ok");
  CHECK(bench.dump() == "v2 v3");
  CHECK(bench.state.newest()->parts == parts);
  CHECK(bench.state.newest()->restored_from == 1);
  CHECK(bench.state.unneeded() < parts.front().revision);
  CHECK(bench.does(Restore{{}, 1}) == "no version");
  bench.does(Remove{});
  CHECK(bench.does(Restore{{}, 4}) == "no version");
}

TEST_CASE("a large body is nothing until its last commit") {
  Bench bench;
  Write write = write_of("onetwo");
  write.body.clear();
  write.upload = "u";
  CHECK(bench.does(StorePart{"u", 1, "two"}) == "lost parts");
  CHECK(bench.does(StorePart{"u", 0, "one"}) == "ok");
  CHECK(bench.dump().empty());
  CHECK(bench.does(write) == "lost parts");
  CHECK(bench.does(StorePart{"u", 0, "one"}) == "lost parts");
  CHECK(bench.does(StorePart{"u", 1, "two"}) == "ok");
  CHECK(bench.does(write) == "ok");
  CHECK(bench.dump() == "v1");
  CHECK(bench.state.newest()->parts == std::vector<Part>{{1, 3}, {2, 3}});
  CHECK(bench.state.upload("u") == nullptr);
}

TEST_CASE("uploads that were given up make room for new ones") {
  Bench bench;
  for (int i = 0; i < 6; ++i) bench.does(StorePart{"u" + std::to_string(i), 0, "x"});
  CHECK(bench.state.upload("u1") == nullptr);
  CHECK(bench.state.upload("u2") != nullptr);
  CHECK(bench.does(StorePart{"u1", 1, "y"}) == "lost parts");
}

TEST_CASE("a workspace that is not empty is deleted by force only, and takes nothing afterwards") {
  Bench bench;
  bench.does(lock("a"));
  CHECK(bench.does(Seal{false}) == "not empty");
  bench.does(unlock("a"));
  bench.does(write_of("one"));
  CHECK(bench.does(Seal{false}) == "not empty");
  bench.does(Remove{});
  CHECK(bench.does(Seal{false}) == "ok");
  CHECK(bench.does(Seal{false}) == "nothing");
  for (const Act& act : {Act(lock("a")), Act(write_of("two")), Act(StorePart{"u", 0, "x"}),
                         Act(Remove{}), Act(unlock("a")), Act(Restore{{}, 1})})
    CHECK(bench.does(act) == "sealed");
  CHECK(bench.dump() == "sealed");
  Bench held;
  held.does(lock("a"));
  held.does(write_of("one", shown("a")));
  CHECK(held.does(Seal{true}) == "ok");
}

TEST_CASE("what is admitted before a body is stored is what is then written") {
  Bench bench;
  bench.rules.quota_bytes_max = 10;
  bench.does(lock("a"));
  const auto admitted = [&](const Write& write) {
    return admits(bench.state, {Remove{}, 0, 7, bench.rules}, write).has_value();
  };
  for (const Write& write :
       {write_of("one"), write_of("one", shown("a")), write_of("one", shown("b")),
        write_of(std::string(11, 'x'), shown("a"))}) {
    Bench copy = bench;
    CHECK(admitted(write) == (copy.does(write) == "ok"));
  }
}
