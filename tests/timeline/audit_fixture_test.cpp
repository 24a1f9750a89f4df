// The audit's files of every format that was ever released are read by this build.
#include <filesystem>

#include "services/timeline/audit.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"
#include "support/temp_dir.hpp"
#include "timeline/audit_fixture.hpp"

using namespace millrace;
using namespace millrace::timeline;

TEST_CASE("G9: an audit's file of format 1 is read, and gone on with") {
  const test::TempDir dir;
  const std::string path = dir / "audit.db";
  std::filesystem::copy_file(std::string(MILLRACE_FIXTURES) + "/audit1.db", path);
  const test::ManualClock clock;
  AuditOptions options;
  options.limits = {3, 1 << 20};
  options.open = [&] { return journal::open_audit_file(path, "another"); };
  const std::vector<TimelineEvent> told = test::audit_fixture_events();
  {
    Audit audit(clock, options);
    REQUIRE(audit.figures().memory_only.empty());
    const AuditPage page = audit.query({}, "", 0, {});
    std::vector<std::uint64_t> ids;
    for (const EventPtr& event : page.events) {
      ids.push_back(event->id);
      TimelineEvent wanted = told.at(event->id - 1);
      wanted.id = event->id;
      CHECK(*event == wanted);
    }
    CHECK(ids == std::vector<std::uint64_t>{11, 10, 9, 6, 5, 4});
    CHECK(page.figures.denied_gone == AuditGone{3, told[2].time_ms});
    CHECK(page.figures.done_gone == AuditGone{2, told[7].time_ms});
    audit.add({told[0]}, [] {});
  }
  Audit again(clock, options);
  CHECK(again.query({}, "", 0, {}).events.front()->id == 12);
  CHECK(again.figures().denied_gone.events == 4);
}
