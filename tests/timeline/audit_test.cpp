// The audit and its file: what is answered when, and what happens while the file cannot be used.
#include "services/timeline/audit.hpp"

#include <atomic>
#include <map>

#include "services/timeline/service.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/manual_clock.hpp"
#include "timeline/audit_events.hpp"

using namespace millrace;
using namespace millrace::timeline;
using millrace::statekit::JournalError;
using millrace::statekit::JournalFault;
using millrace::statekit::JournalResult;
using millrace::test::denied;
using millrace::test::eventually;
using millrace::test::secret_read;

namespace {

tl::unexpected<JournalError> no(const std::string& why) {
  return tl::unexpected(JournalError{JournalFault::unavailable, why, {}, 0});
}

// A disk: what is on it outlives who writes it. Thread safe.
struct Disk {
  std::mutex mutex;
  std::condition_variable changed;
  journal::AuditNote note;
  std::map<std::uint64_t, statekit::Bytes> rows;
  std::string trouble;        // with every use
  std::string write_trouble;  // with each write
  bool taken = false;         // by a handle
  bool hangs = false;         // a write does not end
  int writes = 0;

  void set(const std::function<void(Disk&)>& change) {
    {
      const std::lock_guard lock(mutex);
      change(*this);
    }
    changed.notify_all();
  }
  template <class Look>
  auto look(const Look& ask) {
    const std::lock_guard lock(mutex);
    return ask(*this);
  }
};

class File final : public journal::AuditFile {
 public:
  explicit File(Disk& disk) : disk_(disk) {}
  ~File() override {
    disk_.set([](Disk& disk) { disk.taken = false; });
  }

  JournalResult<journal::AuditContent> read() override {
    const std::lock_guard lock(disk_.mutex);
    if (!disk_.trouble.empty()) return no(disk_.trouble);
    journal::AuditContent content{disk_.note, {}};
    for (const auto& [id, octets] : disk_.rows) content.rows.push_back({id, octets});
    return content;
  }
  JournalResult<void> write(const journal::AuditNote& note,
                            const std::vector<journal::AuditRow>& added,
                            const std::vector<std::uint64_t>& removed) override {
    std::unique_lock lock(disk_.mutex);
    ++disk_.writes;
    disk_.changed.notify_all();
    disk_.changed.wait(lock, [this] { return !disk_.hangs; });
    if (!disk_.trouble.empty()) return no(disk_.trouble);
    if (!disk_.write_trouble.empty()) return no(disk_.write_trouble);
    for (const std::uint64_t id : removed) disk_.rows.erase(id);
    for (const journal::AuditRow& row : added) disk_.rows[row.id] = row.octets;
    disk_.note = note;
    return {};
  }

 private:
  Disk& disk_;
};

struct House {
  Disk disk;
  test::ManualClock clock;
  AuditOptions options;
  std::mutex mutex;
  std::vector<std::string> notes;
  std::unique_ptr<Audit> audit;

  House() {
    disk.note.file = "first";
    options.retry_ms = 1;
    options.open = [this]() -> AuditOptions::File {
      const std::lock_guard lock(disk.mutex);
      if (!disk.trouble.empty()) return no(disk.trouble);
      if (disk.taken) return no("another process has it");
      disk.taken = true;
      return std::make_unique<File>(disk);
    };
    options.note = [this](const std::string& why) {
      const std::lock_guard lock(mutex);
      notes.push_back(why);
    };
  }
  void start() { audit = std::make_unique<Audit>(clock, options); }
  void restart() {
    audit.reset();
    start();
  }
  // Waits for the answer.
  bool add(const std::vector<TimelineEvent>& events) {
    auto answered = std::make_shared<std::atomic<bool>>(false);
    audit->add(events, [answered] { *answered = true; });
    return eventually([&] { return answered->load(); });
  }
  std::size_t kept(const std::string& who = "") {
    PageLimits all;
    all.events_max = 100'000;
    return audit->query({}, who, 0, all).events.size();
  }
  std::size_t on_disk() {
    return disk.look([](Disk& d) { return d.rows.size(); });
  }
  std::string why() { return audit->figures().memory_only; }
  std::vector<std::string> told() {
    const std::lock_guard lock(mutex);
    return notes;
  }
};

using Notes = std::vector<std::string>;

}  // namespace

TEST_CASE("what was taken in is on the disk when it is answered, and there after a restart") {
  House house;
  house.start();
  REQUIRE(house.add({denied("ada"), secret_read("eve")}));
  CHECK(house.on_disk() == 2);
  REQUIRE(house.add({denied("bob")}));
  CHECK(house.on_disk() == 3);
  house.restart();
  CHECK(house.kept() == 3);
  CHECK(house.kept("eve") == 1);
  REQUIRE(house.add({denied("cal")}));
  const AuditPage page = house.audit->query({}, "", 0, {});
  REQUIRE(page.events.size() == 4);
  CHECK(page.events[0]->id == 4);
  CHECK(*page.events[3] == [] {
    TimelineEvent first = denied("ada");
    first.id = 1;
    return first;
  }());
  CHECK(house.told().empty());
}

TEST_CASE("G8: on the disk is what is in the room and nothing more, whatever came and went") {
  House house;
  house.options.limits = {20, 1 << 20};
  house.start();
  for (int i = 0; i < 50; ++i)
    REQUIRE(house.add(std::vector<TimelineEvent>(7, denied(i % 2 == 0 ? "ada" : "bob"))));
  CHECK(eventually([&] { return house.on_disk() == 20; }));
  house.restart();
  CHECK(house.kept() == 20);
  CHECK(house.audit->figures().denied_gone.events == 330);
}

TEST_CASE(
    "a disk that fails is told, what comes is answered and kept, and is written once it can") {
  House house;
  house.start();
  REQUIRE(house.add({denied("ada")}));
  house.disk.set([](Disk& disk) { disk.trouble = "the disk is full"; });
  REQUIRE(house.add({denied("bob")}));
  REQUIRE(house.add({denied("cal"), secret_read("eve")}));
  CHECK(house.kept() == 4);
  CHECK(house.why() == "the disk is full");
  CHECK(house.audit->figures().unwritten == 4);
  CHECK(house.on_disk() == 1);
  house.disk.set([](Disk& disk) { disk.trouble.clear(); });
  CHECK(eventually([&] { return house.on_disk() == 4 && house.why().empty(); }));
  CHECK(eventually([&] { return house.told() == Notes{"the disk is full", ""}; }));
  CHECK(eventually([&] { return house.audit->figures().unwritten == 0; }));
  house.restart();
  CHECK(house.kept() == 4);
}

TEST_CASE("a disk that stays full is told once, and not that it is well because it can be read") {
  House house;
  house.start();
  house.disk.set([](Disk& disk) { disk.write_trouble = "the disk is full"; });
  REQUIRE(house.add({denied("ada")}));
  const int before = house.disk.look([](Disk& disk) { return disk.writes; });
  CHECK(eventually([&] {  // it is tried again and again
    CHECK(house.why() == "the disk is full");
    return house.disk.look([](Disk& disk) { return disk.writes; }) > before + 20;
  }));
  CHECK(house.told() == Notes{"the disk is full"});
  house.disk.set([](Disk& disk) { disk.write_trouble.clear(); });
  CHECK(eventually([&] { return house.why().empty(); }));
  CHECK(house.on_disk() == 1);
  CHECK(eventually([&] { return house.told() == Notes{"the disk is full", ""}; }));
}

TEST_CASE(
    "a file that cannot be used at the start is gone on with once it can, and loses nothing") {
  House house;
  house.start();
  REQUIRE(house.add({denied("ada"), denied("bob")}));
  house.audit.reset();
  house.disk.set([](Disk& disk) { disk.taken = true; });  // by another process
  house.start();
  CHECK(house.why() == "another process has it");
  REQUIRE(house.add({secret_read("eve")}));
  CHECK(house.kept() == 1);
  CHECK(house.on_disk() == 2);
  house.disk.set([](Disk& disk) { disk.taken = false; });
  CHECK(eventually([&] { return house.on_disk() == 3; }));
  const AuditPage page = house.audit->query({}, "", 0, {});
  REQUIRE(page.events.size() == 3);
  CHECK(std::get<statekit::LogEvent>(page.events[0]->what).message == "audit.secret-read");
  CHECK(page.events[0]->id == 3);
}

TEST_CASE("a file that was moved away is begun anew with all that is kept") {
  House house;
  house.start();
  REQUIRE(house.add({denied("ada"), denied("bob")}));
  house.disk.set([](Disk& disk) { disk.trouble = "it is damaged"; });
  REQUIRE(house.add({denied("cal")}));
  house.disk.set([](Disk& disk) {
    disk.trouble.clear();
    disk.rows.clear();
    disk.note = {};
    disk.note.file = "second";
  });
  CHECK(eventually([&] { return house.on_disk() == 3; }));
  CHECK(house.kept() == 3);
}

TEST_CASE("what another process wrote into the file meanwhile stays, and what it lacks is added") {
  House house;
  house.start();
  REQUIRE(house.add({denied("ada")}));
  house.disk.set([](Disk& disk) { disk.trouble = "no room"; });
  REQUIRE(house.add({denied("bob")}));  // in memory, as 2
  House other;
  other.start();
  REQUIRE(other.add({denied("ada"), denied("cal"), denied("dan")}));
  house.disk.set([&](Disk& disk) {
    disk.rows = other.disk.rows;  // 2 and 3 are another's
    disk.note = other.disk.note;
    disk.trouble.clear();
  });
  CHECK(eventually([&] { return house.on_disk() == 4 && house.why().empty(); }));
  house.restart();
  CHECK(house.kept() == 4);
  for (const char* who : {"ada", "bob", "cal", "dan"}) CHECK(house.kept(who) == 1);
}

TEST_CASE("rows that are no events are damage, and are not written over") {
  House house;
  house.disk.rows[1] = "no message of ours";
  house.start();
  CHECK(house.why().find("event 1") != std::string::npos);
  REQUIRE(house.add({denied("ada")}));
  CHECK(house.on_disk() == 1);
  CHECK(house.disk.look([](Disk& disk) { return disk.rows[1]; }) == "no message of ours");
}

TEST_CASE("a disk that hangs holds up who told it, and nobody after") {
  House house;
  house.start();
  house.disk.set([](Disk& disk) { disk.hangs = true; });
  std::atomic<int> answered{0};
  house.audit->add({denied("ada")}, [&] { ++answered; });
  REQUIRE(eventually([&] { return house.disk.look([](Disk& d) { return d.writes > 0; }); }));
  house.clock.advance(house.options.stuck_ms_max + 1);
  house.audit->add({denied("bob")}, [&] { ++answered; });
  CHECK(answered == 1);
  CHECK(house.kept() == 2);
  house.disk.set([](Disk& disk) { disk.hangs = false; });
  CHECK(eventually([&] { return answered == 2 && house.on_disk() == 2; }));
}

TEST_CASE("a stop writes what waits, answers everybody, and lets go of the file") {
  House house;
  house.start();
  std::atomic<int> answered{0};
  for (int i = 0; i < 100; ++i) house.audit->add({denied("ada")}, [&] { ++answered; });
  house.audit->stop();
  CHECK(answered == 100);
  CHECK(house.on_disk() == 100);
  CHECK_FALSE(house.disk.look([](Disk& disk) { return disk.taken; }));
  house.audit->add({denied("bob")}, [&] { ++answered; });
  CHECK(answered == 101);
}

TEST_CASE("G8: a busy module pushes nothing out of the audit, and can tell nothing into it") {
  House house;
  TimelineLimits limits;
  limits.ring = {100, 1 << 20};
  TimelineService service(house.clock, limits, house.options);
  std::atomic<int> answered{0};
  const auto count = [&](const Published&) { ++answered; };
  service.publish({denied("ada"), secret_read("eve")}, count);
  const TimelineEvent line{
      0, 0, "", "",
      statekit::LogEvent{
          statekit::LineLevel::warn, "access", "dpl-access-0123456789", "access.denied", {}}};
  for (int i = 0; i < 100; ++i) service.publish(std::vector<TimelineEvent>(100, line), count);
  CHECK(eventually([&] { return answered == 101; }));
  CHECK(service.size() == 100);
  CHECK(service.query({}, 1'000, 0).events.back()->id > 9'000);
  const AuditPage page = service.query_audit({}, "", 0, 0);
  REQUIRE(page.events.size() == 2);
  CHECK(page.figures.done_events == 1);
  CHECK(page.figures.denied_events == 1);
  CHECK(page.events[1]->time_ms == 1);
}
