// Who else is there: the fake within a process, and etcd's leases.
#include "journal/presence.hpp"
#include "support/catch.hpp"
#include "support/etcd_server.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"

namespace millrace::journal {
namespace {

using statekit::Member;
using statekit::Presence;
using Members = std::vector<Member>;

Members members(Presence& presence) {
  const auto found = presence.members();
  INFO((found ? std::string() : found.error().message));
  REQUIRE(found);
  return *found;
}

std::unique_ptr<Presence> in_etcd(const std::string& workspace) {
  auto address = parse_etcd_url("etcd://" + test::shared_etcd().endpoint(0) + "/" + workspace);
  REQUIRE(address);
  return make_etcd_presence(std::move(*address));
}

void see_each_other(Presence& one, Presence& two) {
  CHECK(members(one).empty());
  REQUIRE(one.announce({"b", "first"}, 10'000));
  REQUIRE(two.announce({"a", "second"}, 10'000));
  CHECK(members(one) == Members{{"a", "second"}, {"b", "first"}});
  REQUIRE(one.announce({"b", "changed"}, 10'000));
  CHECK(members(two) == Members{{"a", "second"}, {"b", "changed"}});
  two.leave();
  two.leave();
  CHECK_FALSE(two.announce({"a", "again"}, 10'000));
  CHECK(members(one) == Members{{"b", "changed"}});
}

}  // namespace

TEST_CASE("members of one process see each other until they leave or fall silent") {
  test::ManualClock clock;
  const auto room = make_presence_room(clock);
  const auto one = make_local_presence(room), two = make_local_presence(room);
  see_each_other(*one, *two);
  clock.advance(9'999);
  CHECK(members(*one).size() == 1);
  clock.advance(1);
  CHECK(members(*one).empty());
}

TEST_CASE("members in etcd see each other until they leave or their lease runs out") {
  const auto one = in_etcd("presence"), two = in_etcd("presence");
  see_each_other(*one, *two);
  const auto watcher = in_etcd("short"), dying = in_etcd("short");
  REQUIRE(dying->announce({"x", ""}, 1'000));
  CHECK(members(*watcher).size() == 1);
  CHECK(test::eventually([&] { return members(*watcher).empty(); }));
  // A lease that ran out is taken anew.
  REQUIRE(dying->announce({"x", ""}, 1'000));
  CHECK(members(*watcher).size() == 1);
}

TEST_CASE("what a member says of itself does not disturb the journal beside it") {
  auto address = parse_etcd_url("etcd://" + test::shared_etcd().endpoint(0) + "/beside");
  REQUIRE(address);
  const auto journal = make_etcd_journal(*address);
  REQUIRE(journal->open({std::string(32, 'a')}));
  const auto presence = in_etcd("beside");
  REQUIRE(presence->announce({"x", "y"}, 10'000));
  CHECK(journal->head()->last == 0);
  CHECK(journal->read(0, 10, 1'000)->empty());
  CHECK(make_etcd_journal(*address)->open({std::string(32, 'b')}));
}

}  // namespace millrace::journal
