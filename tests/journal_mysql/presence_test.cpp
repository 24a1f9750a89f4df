// Who else is there, by rows of a database.
#include "journal/presence.hpp"

#include "journal_mysql/parts.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"

namespace millrace::journal {
namespace {

using Members = std::vector<Member>;

Members members(Presence& presence) {
  const auto found = presence.members();
  INFO((found ? std::string() : found.error().message));
  REQUIRE(found);
  return *found;
}

std::unique_ptr<Presence> in_database(const std::string& workspace) {
  return make_mysql_presence(*parse_mysql_url(shared_mysql().url(workspace)));
}

}  // namespace

TEST_CASE("members in a database see each other until they leave or fall silent") {
  const auto journal = opened(shared_mysql().url("presence"));
  const auto one = in_database("presence"), two = in_database("presence");
  CHECK(members(*one).empty());
  REQUIRE(one->announce({"b", "first"}, 60'000));
  REQUIRE(two->announce({"a", "it's \0 second"}, 60'000));
  CHECK(members(*one) == Members{{"a", "it's \0 second"}, {"b", "first"}});
  REQUIRE(one->announce({"b", "changed"}, 60'000));
  CHECK(members(*two) == Members{{"a", "it's \0 second"}, {"b", "changed"}});
  two->leave();
  two->leave();
  CHECK_FALSE(two->announce({"a", "again"}, 60'000));
  CHECK(members(*one) == Members{{"b", "changed"}});
  CHECK(members(*in_database("presence.other")).empty());
  REQUIRE(one->announce({"b", "changed"}, 100));
  CHECK(eventually([&] { return members(*one).empty(); }));
  REQUIRE(one->announce({"b", "back"}, 60'000));
  CHECK(members(*one).size() == 1);
  CHECK(journal->head()->last == 0);
}

TEST_CASE("the presence of a journal in a database is shared") {
  const ManualClock clock;
  const auto presence = open_presence(shared_mysql().url("presence"), clock);
  REQUIRE(presence);
  CHECK((*presence)->shared());
}

}  // namespace millrace::journal
