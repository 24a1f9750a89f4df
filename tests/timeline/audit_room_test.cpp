// The room of the audit: what is kept when there is more than fits.
#include "services/timeline/audit_room.hpp"

#include <random>

#include "support/catch.hpp"
#include "timeline/audit_events.hpp"

using namespace millrace;
using namespace millrace::timeline;
using millrace::test::denied;
using millrace::test::secret_read;

namespace {

using Ids = std::vector<std::uint64_t>;

Ids ids(const std::vector<EventPtr>& events) {
  Ids out;
  for (const EventPtr& event : events) out.push_back(event->id);
  return out;
}

// Of whom so many are kept.
std::size_t kept_of(const AuditRoom& room, const std::string& who) {
  PageLimits all;
  all.events_max = ~std::size_t{0};
  all.bytes_max = ~std::size_t{0};
  return room.query({}, who, 0, all).size();
}

Ids add(AuditRoom& room, const TimelineEvent& event, int count = 1) {
  Ids gone;
  for (int i = 0; i < count; ++i) room.add(event, gone);
  return gone;
}

}  // namespace

TEST_CASE("G8: what was done is not pushed out by what was denied, nor the other way") {
  AuditRoom room({10, 1 << 20});
  add(room, secret_read("eve"), 3);
  add(room, denied("ada"), 1'000);
  CHECK(kept_of(room, "eve") == 3);
  CHECK(room.events(AuditKind::done) == 3);
  CHECK(room.events(AuditKind::denied) == 10);
  CHECK(room.gone(AuditKind::done).events == 0);
  CHECK(room.gone(AuditKind::denied).events == 990);
  add(room, secret_read("zoe"), 1'000);
  CHECK(kept_of(room, "ada") == 10);
  CHECK(room.events(AuditKind::done) == 10);
}

TEST_CASE("G8: who floods pushes out their own, by address or by who they are") {
  AuditRoom room({100, 1 << 20});
  add(room, denied("", "10.0.0.2"), 4);
  add(room, denied("ada", "10.0.0.1"), 5);
  add(room, denied("bob", "10.0.0.1"), 1);
  const Ids gone = add(room, denied("", "10.0.0.1"), 10'000);
  CHECK(gone.size() == 9'910);
  CHECK(gone.front() == 11);  // the flooder's own, oldest first
  CHECK(std::is_sorted(gone.begin(), gone.end()));
  CHECK(kept_of(room, "ada") == 5);
  CHECK(kept_of(room, "bob") == 1);
  CHECK(kept_of(room, "token abc") == 94);
  add(room, denied("mallory", "10.9.9.9"), 10'000);  // whose token is good, and whose roles are not
  CHECK(kept_of(room, "ada") == 5);
  CHECK(kept_of(room, "bob") == 1);
  CHECK(kept_of(room, "mallory") > 40);
}

TEST_CASE("G8: the room is bounded in bytes, and one that is large does not go as it comes") {
  const std::size_t one = size_of(denied("ada"));
  AuditRoom room({1'000, 10 * one});
  for (char name = 'a'; name <= 'j'; ++name) add(room, denied(std::string("ad") + name));
  CHECK(room.bytes(AuditKind::denied) == 10 * one);
  const Ids gone = add(room, denied("mallory", "10.0.0.1", std::string(2 * one, 'x')));
  CHECK(gone == Ids{1, 2, 3, 4});
  CHECK(kept_of(room, "mallory") == 1);
  CHECK(room.bytes(AuditKind::denied) <= 10 * one);
  add(room, denied("mallory", "10.0.0.1", std::string(100 * one, 'x')));
  CHECK(room.events(AuditKind::denied) == 1);  // what is larger than all is kept alone
}

TEST_CASE("a query gives the newest first, page by page, of whom and of what is asked for") {
  AuditRoom room;
  add(room, denied("ada"));
  add(room, secret_read("eve", "bank"));
  add(room, denied("bob"));
  add(room, secret_read("ada", "shop"));
  PageLimits two;
  two.events_max = 2;
  CHECK(ids(room.query({}, "", 0, two)) == Ids{4, 3});
  CHECK(ids(room.query({}, "", 3, two)) == Ids{2, 1});
  CHECK(ids(room.query({}, "", 1, two)) == Ids{});
  CHECK(ids(room.query({}, "", 99, two)) == Ids{4, 3});
  CHECK(ids(room.query({}, "ada", 0, {})) == Ids{4, 1});
  Filter filter;
  filter.module = "bank";
  CHECK(ids(room.query(filter, "", 0, {})) == Ids{2});
  filter.module = "shop";
  CHECK(ids(room.query(filter, "ada", 0, {})) == Ids{4, 1});
  filter.since_ms = 2;
  CHECK(ids(room.query(filter, "ada", 0, {})) == Ids{});
  two.bytes_max = 1;
  CHECK(ids(room.query({}, "", 0, two)) == Ids{4});
}

TEST_CASE("what made room is counted, with the time of the newest of it") {
  AuditRoom room({2, 1 << 20});
  Ids gone;
  for (const WallMs time : {100, 300, 200, 400}) {
    TimelineEvent event = denied("ada");
    event.time_ms = time;
    room.add(event, gone);
  }
  CHECK(room.gone(AuditKind::denied) == AuditGone{2, 300});
  CHECK(room.oldest_id() == 3);
}

TEST_CASE("a room that is restored is the one that was kept, and goes on like it") {
  std::mt19937_64 random(5);
  AuditRoom room({20, 1 << 20});
  const auto some_event = [&] {
    const std::string name(1, static_cast<char>('a' + random() % 4));
    if (random() % 4 == 0) return secret_read(name);
    return random() % 2 == 0 ? denied(name) : denied("", "10.0.0." + name);
  };
  for (int round = 0; round < 50; ++round) {
    std::vector<TimelineEvent> kept;
    for (const EventPtr& each : room.all()) kept.push_back(*each);
    AuditRoom again({20, 1 << 20});
    const Ids none = again.restore(kept, room.newest_id(), room.gone(AuditKind::done),
                                   room.gone(AuditKind::denied));
    CHECK(none.empty());
    for (int i = 0; i < 7; ++i) {
      const TimelineEvent event = some_event();
      CHECK(add(room, event) == add(again, event));
    }
    CHECK(ids(room.all()) == ids(again.all()));
    CHECK(room.newest_id() == again.newest_id());
    for (const AuditKind kind : {AuditKind::done, AuditKind::denied}) {
      CHECK(room.gone(kind) == again.gone(kind));
      CHECK(room.bytes(kind) == again.bytes(kind));
    }
  }
}

TEST_CASE("a room that got smaller lets go of what does not fit any more") {
  AuditRoom room;
  add(room, denied("ada"), 10);
  add(room, secret_read("eve"), 2);
  std::vector<TimelineEvent> kept;
  for (const EventPtr& each : room.all()) kept.push_back(*each);
  AuditRoom small({4, 1 << 20});
  CHECK(small.restore(kept, 12, {}, {5, 1}) == Ids{1, 2, 3, 4, 5, 6});
  CHECK(small.events(AuditKind::denied) == 4);
  CHECK(small.gone(AuditKind::denied).events == 11);
  CHECK(add(small, denied("ada")) == Ids{7});
  CHECK(small.newest_id() == 13);
}
