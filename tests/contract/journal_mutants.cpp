#include "contract/journal_mutants.hpp"

#include <functional>
#include <map>
#include <mutex>

namespace millrace::contract {

namespace {

// Passes everything on.
class Faithful : public Journal {
 public:
  explicit Faithful(std::unique_ptr<Journal> whole) : whole_(std::move(whole)) {}
  JournalResult<Head> open(const JournalOptions& options) override { return whole_->open(options); }
  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    return whole_->append(expected_last, entries, deadline);
  }
  JournalResult<Head> head() override { return whole_->head(); }
  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    return whole_->read(after, max_entries, max_bytes);
  }
  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    return whole_->wait(after, deadline);
  }
  JournalResult<void> save_snapshot(SnapshotSource source) override {
    return whole_->save_snapshot(std::move(source));
  }
  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    return whole_->load_snapshot(at_most);
  }
  JournalResult<void> compact(Revision up_to) override { return whole_->compact(up_to); }
  JournalResult<void> filled() override { return whole_->filled(); }
  void close() override { whole_->close(); }

 protected:
  std::unique_ptr<Journal> whole_;
};

// Does not care where the caller believed the head to be.
class LostCompare : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    const auto done = whole_->append(expected_last, entries, deadline);
    if (done || done.error().fault != JournalFault::conflict) return done;
    Head head = *done.error().head;
    const Revision before = head.last;
    std::vector<Entry> moved;
    for (const Entry& each : entries) {
      moved.push_back(entry_after(head.last, head.digest, each.commit));
      head.last = moved.back().revision;
      head.digest = moved.back().digest;
    }
    return whole_->append(before, moved, deadline);
  }
};

class SkippedEntry : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    auto some = whole_->read(after, max_entries, max_bytes);
    if (some && some->size() > 3) some->erase(some->begin() + 2);
    return some;
  }
};

class SplitBatch : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    if (entries.size() < 2 || entries.size() > append_entries_max)
      return whole_->append(expected_last, entries, deadline);
    const std::size_t half = entries.size() / 2;
    const auto first = whole_->append(expected_last, entries.first(half), deadline);
    return first ? whole_->append(*first, entries.subspan(half), deadline) : first;
  }
};

// Answers each question for the head with what the one before should have been told.
class StaleHead : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<Head> head() override {
    JournalResult<Head> now = whole_->head();
    if (!now) return now;
    const std::lock_guard lock(mutex_);
    if (!older_) older_ = *now;
    return std::exchange(*older_, *now);
  }

 private:
  std::mutex mutex_;
  std::optional<Head> older_;
};

class EarlyWakeUp : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    return whole_->wait(after, {std::min<std::int64_t>(deadline.ms, 1)});
  }
};

class LostSnapshot : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<void> save_snapshot(SnapshotSource source) override {
    if (source.revision % 2 == 1) return whole_->save_snapshot(std::move(source));
    while (source.next()) {
    }
    return {};
  }
};

// What is being filled looks like any other.
class UnmarkedFill : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<Head> open(const JournalOptions& options) override {
    JournalOptions plain = options;
    plain.fill = false;
    return whole_->open(plain);
  }
  JournalResult<void> filled() override { return {}; }
};

// The mark stays.
class LostEnd : public Faithful {
 public:
  using Faithful::Faithful;
  JournalResult<void> filled() override { return {}; }
};

using Wrap = std::function<std::unique_ptr<Journal>(std::unique_ptr<Journal>)>;

template <class T>
std::unique_ptr<Journal> wrap(std::unique_ptr<Journal> whole) {
  return std::make_unique<T>(std::move(whole));
}

class Mutant : public Store {
 public:
  Mutant(Wrap wrap, std::unique_ptr<Store> whole)
      : wrap_(std::move(wrap)), whole_(std::move(whole)) {}
  std::unique_ptr<Journal> handle() override { return wrap_(whole_->handle()); }

 private:
  Wrap wrap_;
  std::unique_ptr<Store> whole_;
};

}  // namespace

std::unique_ptr<Store> make_mutant(const std::string& name, std::unique_ptr<Store> whole) {
  static const std::map<std::string, Wrap> mutants = {
      {"faithful", wrap<Faithful>},          {"lost-compare", wrap<LostCompare>},
      {"skipped-entry", wrap<SkippedEntry>}, {"split-batch", wrap<SplitBatch>},
      {"stale-head", wrap<StaleHead>},       {"early-wake-up", wrap<EarlyWakeUp>},
      {"lost-snapshot", wrap<LostSnapshot>}, {"unmarked-fill", wrap<UnmarkedFill>},
      {"lost-end", wrap<LostEnd>},
  };
  return std::make_unique<Mutant>(mutants.at(name), std::move(whole));
}

}  // namespace millrace::contract
