// The history projection against a model of its own, on a journal that counts how often it is read.
#include <atomic>
#include <fstream>
#include <map>
#include <random>

#include "journal/memory.hpp"
#include "schema/change_codec.hpp"
#include "services/schema/history_projection.hpp"
#include "services/schema/state.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/machine_parts.hpp"
#include "support/catch.hpp"
#include "support/changes.hpp"
#include "support/commits.hpp"
#include "support/eventually.hpp"
#include "support/passing_journal.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;
using journal::HistoryAsk;
using journal::HistoryPage;
using schema_service::HistoryProjection;

namespace {

class CountingJournal : public PassingJournal {
 public:
  explicit CountingJournal(std::shared_ptr<journal::MemoryStore> store)
      : PassingJournal(journal::make_memory_journal(std::move(store))) {}
  JournalResult<Head> head() override {
    ++heads;
    return now->head();
  }
  JournalResult<std::vector<Entry>> read(Revision after, std::size_t count,
                                         std::size_t bytes) override {
    auto found = now->read(after, count, bytes);
    if (found) entries_read += found->size();
    return found;
  }

  std::atomic<std::size_t> entries_read = 0;
  std::atomic<std::size_t> heads = 0;
};

// What happened, as a test that knows nothing of the projection tells it.
struct Told {
  Revision revision = 0;
  std::string author;
  std::vector<std::string> modules;
};

// A journal of changesets and endpoints that come and go, from one seed.
class Past {
 public:
  explicit Past(unsigned seed = 11, const Incarnation& incarnation = incarnation_a)
      : random_(seed) {
    REQUIRE(journal.open({incarnation}));
  }

  void go_on(int commits) {
    append(commits);
    reached = state_.revision();
  }
  // Commits that the machine has not published yet.
  void append(int commits) {
    for (int i = 0; i < commits; ++i) commit(next());
  }

  void snapshot() {
    const Head head = *journal.head();
    const auto parts = encode_snapshot_parts<schema::ChangeCodec>(
        {{head.incarnation, head.last, head.digest}, state_.time_ms()}, state_.snapshot());
    REQUIRE(save_parts(journal, parts));
  }

  std::vector<Revision> expected(const HistoryAsk& ask, Revision first = 1) const {
    std::vector<Revision> found;
    for (auto at = told_.rbegin(); at != told_.rend() && found.size() < ask.limit; ++at) {
      const auto& modules = at->modules;
      const bool touches = std::find(modules.begin(), modules.end(), ask.module) != modules.end();
      if (at->revision >= first && (ask.author.empty() || ask.author == at->author) &&
          (ask.module.empty() || touches))
        found.push_back(at->revision);
    }
    return found;
  }

  std::unique_ptr<HistoryProjection> projection(const std::string& path = {}) {
    auto history = std::make_unique<HistoryProjection>(
        journal, [this] { return reached.load(); },
        [this](const std::string& event, const std::string&) {
          if (event == "schema.history-made-anew") ++made_anew;
        });
    history->start(path);
    return history;
  }

  std::shared_ptr<journal::MemoryStore> store = journal::make_memory_store();
  CountingJournal journal{store};
  std::atomic<Revision> reached = 0;
  std::atomic<int> made_anew = 0;

 private:
  // An event, and the modules that it is about.
  std::pair<schema::Event, std::vector<std::string>> next() {
    const std::string number = std::to_string(++count_);
    const auto kind = random_() % 6;
    if (kind == 0 || about_.empty()) {
      const std::string module = std::vector<std::string>{"echo", "shop"}[random_() % 2];
      schema::ChangesetCreated created;
      created.changeset.key = "chs-" + number;
      created.deployments = {deployment_of(module_with(module), number)};
      created.changeset.deployments = {created.deployments[0].key};
      created.changeset.removed_modules = {"old" + std::to_string(random_() % 3)};
      created.deployments[0].changeset = created.changeset.key;
      about_[created.changeset.key] = {module, created.changeset.removed_modules[0]};
      deployments_[created.deployments[0].key] = module;
      return {created, about_[created.changeset.key]};
    }
    if (kind == 1) {
      auto at = deployments_.begin();
      std::advance(at, random_() % deployments_.size());
      const schema::Endpoint endpoint{"ept-" + number, at->first, "h:1", "i", true, true, 0};
      about_[endpoint.id] = {at->second};
      return {schema::EndpointRegistered{endpoint}, {at->second}};
    }
    auto at = about_.begin();
    std::advance(at, random_() % about_.size());
    if (at->first.starts_with("ept-"))
      return {schema::EndpointHealthChanged{at->first, random_() % 2 == 0}, at->second};
    return {schema::ChangesetPrepared{at->first}, at->second};
  }

  void commit(const std::pair<schema::Event, std::vector<std::string>>& what) {
    const std::string author = std::vector<std::string>{"ada", "bob", "clockwork"}[random_() % 3];
    const Head head = *journal.head();
    const schema::Commit commit{
        {head.last + 1, static_cast<WallMs>(head.last + 1) * 1'000, author, "why"}, {what.first}};
    const Bytes octets = encode(to_envelope<schema::ChangeCodec>(commit));
    const Entry entry = entry_after(head.last, head.digest, octets);
    REQUIRE(journal.append(head.last, std::span(&entry, 1), {}));
    state_.apply(commit);
    told_.push_back({head.last + 1, author, what.second});
  }

  std::mt19937 random_;
  int count_ = 0;
  schema_service::State state_;
  std::map<std::string, std::vector<std::string>> about_;
  std::map<std::string, std::string> deployments_;
  std::vector<Told> told_;
};

std::vector<HistoryAsk> all_asks() {
  std::vector<HistoryAsk> asks;
  for (const char* module : {"", "echo", "shop", "old1", "nobody"}) {
    for (const char* author : {"", "ada", "clockwork", "nobody"}) {
      HistoryAsk ask;
      ask.module = module;
      ask.author = author;
      ask.limit = 1'000;
      asks.push_back(ask);
    }
  }
  return asks;
}

void check_all(HistoryProjection& history, const Past& past, Revision first = 1) {
  for (const HistoryAsk& ask : all_asks()) {
    INFO(ask.module << "/" << ask.author);
    const auto page = history.find(ask);
    INFO((page ? std::string() : page.error().message));
    REQUIRE(page);
    std::vector<Revision> found;
    for (const auto& each : page->commits) found.push_back(each.revision);
    CHECK(found == past.expected(ask, first));
    CHECK(page->oldest == first);
  }
}

}  // namespace

TEST_CASE("the history tells of every commit, also by changesets and endpoints named long before") {
  Past past;
  past.go_on(300);
  const auto history = past.projection();
  check_all(*history, past);
  past.go_on(100);
  check_all(*history, past);
}

TEST_CASE("no question reads the journal, however rare what it asks for") {
  Past past;
  past.go_on(400);
  const auto history = past.projection();
  REQUIRE(history->find({}));
  CHECK(past.journal.entries_read == 400);
  const std::size_t heads = past.journal.heads;
  for (int i = 0; i < 20; ++i) check_all(*history, past);
  CHECK(past.journal.entries_read == 400);
  CHECK(past.journal.heads <= heads + 1);  // the thread may look for what was dropped
}

TEST_CASE("after a restart the history goes on from its own position") {
  const TempDir dir;
  Past past;
  past.go_on(300);
  {
    const auto history = past.projection(dir / "history.db");
    check_all(*history, past);
  }
  past.go_on(50);
  past.journal.entries_read = 0;
  const auto history = past.projection(dir / "history.db");
  check_all(*history, past);
  // One more, to see that the journal still holds what the index was made of.
  CHECK(past.journal.entries_read == 51);
  CHECK(past.made_anew == 0);
}

TEST_CASE("an index that is missing, damaged or of another incarnation is made anew") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  const auto damage = GENERATE(0, 1, 2);
  {
    Past other(5, incarnation_b);
    other.go_on(damage == 2 ? 200 : 0);
    Past past;
    past.go_on(damage == 2 ? 0 : 200);
    Past& one = damage == 2 ? other : past;
    const auto history = one.projection(path);
    check_all(*history, one);
  }
  if (damage == 0) std::filesystem::remove(path);
  if (damage == 1) {
    // Somewhere in the middle of what it tells of commits.
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    std::string octets{std::istreambuf_iterator<char>(file), {}};
    const std::size_t at = octets.find("clockwork", octets.size() / 2);
    REQUIRE(at != std::string::npos);
    file.clear();
    file.seekp(static_cast<std::streamoff>(at));
    file << "someb";
  }
  Past past;
  past.go_on(200);
  const auto history = past.projection(path);
  check_all(*history, past);
  CHECK(past.made_anew == (damage == 1 ? 1 : 0));
}

TEST_CASE("another past of the same incarnation is noticed by its digest") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  {
    Past past(21);
    past.go_on(100);
    check_all(*past.projection(path), past);
  }
  Past past(22);
  past.go_on(120);
  check_all(*past.projection(path), past);
}

TEST_CASE("what was dropped from the journal is told of no more, by an old index and a new one") {
  const TempDir dir;
  Past past;
  past.go_on(150);
  const auto history = past.projection(dir / "history.db");
  check_all(*history, past);
  past.snapshot();
  past.go_on(50);
  REQUIRE(past.journal.compact(150));
  history->commits_dropped();
  REQUIRE(eventually([&] { return history->find({})->oldest == 151; }));
  past.go_on(150);
  check_all(*history, past, 151);
  check_all(*past.projection(), past, 151);
}

TEST_CASE("an index that was behind what was dropped begins again from the snapshot") {
  const TempDir dir;
  const std::string path = dir / "history.db";
  Past past;
  past.go_on(100);
  check_all(*past.projection(path), past);
  past.go_on(100);
  past.snapshot();
  past.go_on(20);
  REQUIRE(past.journal.compact(200));
  const auto history = past.projection(path);
  check_all(*history, past, 201);
  past.go_on(30);
  check_all(*history, past, 201);
}

TEST_CASE("a running index that was behind what was dropped begins again too") {
  Past past;
  past.go_on(100);
  const auto history = past.projection();
  check_all(*history, past);
  past.append(100);
  past.snapshot();
  past.append(20);
  REQUIRE(past.journal.compact(200));
  past.go_on(1);
  check_all(*history, past, 201);
}

TEST_CASE("two processes with one data folder do not fill one index") {
  const TempDir dir;
  Past past;
  past.go_on(100);
  const auto first = past.projection(dir / "history.db");
  const auto second = past.projection(dir / "history.db");
  check_all(*first, past);
  check_all(*second, past);
}
