#include "contract/journal_contract.hpp"

#include <cstdlib>

namespace millrace::contract {

int rounds(int usual, int thorough) {
  return std::getenv("MILLRACE_LONG") != nullptr ? thorough : usual;
}

std::unique_ptr<Journal> opened(Store& store) {
  std::unique_ptr<Journal> journal = store.handle();
  must(journal->open({incarnation_a}));
  return journal;
}

std::vector<Entry> grow(Journal& journal, std::size_t count, const std::string& who) {
  std::vector<Entry> all;
  while (all.size() < count) {
    const Head head = must(journal.head());
    const std::size_t group = std::min(count - all.size(), append_entries_max);
    const std::vector<Entry> entries = entries_after(head, group, who);
    REQUIRE(must(journal.append(head.last, entries, {})) == head.last + group);
    all.insert(all.end(), entries.begin(), entries.end());
  }
  return all;
}

JournalResult<std::vector<Entry>> read_all(Journal& journal, Revision after) {
  std::vector<Entry> all;
  for (;;) {
    JournalResult<std::vector<Entry>> some = journal.read(after, 100, 1'000'000);
    if (!some) return some;
    if (some->empty()) return all;
    after = some->back().revision;
    all.insert(all.end(), some->begin(), some->end());
  }
}

std::vector<Bytes> load_parts(Journal& journal, Revision at_most, Revision& revision) {
  const std::unique_ptr<SnapshotReader> reader = must(journal.load_snapshot(at_most));
  REQUIRE(reader != nullptr);
  revision = reader->revision();
  std::vector<Bytes> parts;
  while (std::optional<Bytes> part = must(reader->next())) parts.push_back(std::move(*part));
  return parts;
}

namespace {

class CaseOnDriver : public Catch::ITestInvoker {
 public:
  CaseOnDriver(Case which, Driver driver) : case_(std::move(which)), driver_(std::move(driver)) {}
  void invoke() const override {
    const std::unique_ptr<Store> store = driver_.fresh(case_.needs);
    case_.run(*store);
  }

 private:
  Case case_;
  Driver driver_;
};

// Every case on every driver that can do what it needs becomes a test of its own.
bool register_all() {
  for (const Driver& driver : drivers()) {
    for (const auto& list :
         {open_cases(), append_cases(), concurrent_cases(), read_cases(), snapshot_cases(),
          fill_cases(), wait_cases(), fault_cases(), damage_cases()}) {
      for (const Case& each : list) {
        if ((each.needs & ~driver.can) != 0) continue;
        const std::string title = "journal " + driver.name + " " + each.name + ": " + each.sentence;
        const Catch::AutoReg registered(new CaseOnDriver(each, driver), CATCH_INTERNAL_LINEINFO,
                                        Catch::StringRef(), Catch::NameAndTags(title));
      }
    }
  }
  return true;
}

const bool registered = register_all();

}  // namespace

}  // namespace millrace::contract
