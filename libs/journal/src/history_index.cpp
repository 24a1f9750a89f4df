#include "journal/history_index.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "history_tables.hpp"
#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

constexpr int version = 1;
constexpr Revision revision_max = INT64_MAX;
constexpr std::size_t limit_max = 1'000;

// What is told of a commit is bound to its revision and time, so that no damage is taken for it.
Bytes seal_of(Revision revision, WallMs time_ms, BytesView octets) {
  const Digest digest = sha256("millrace history|" + std::to_string(revision) + "|" +
                               std::to_string(time_ms) + "|" + std::string(octets));
  return to_bytes(digest).substr(0, 8);
}

class SqliteHistoryIndex final : public HistoryIndex {
 public:
  explicit SqliteHistoryIndex(std::unique_ptr<Database> database)
      : database_(std::move(database)), tables_(*database_) {}

  JournalResult<void> load() {
    auto position = tables_.read_position();
    if (!position) return tl::unexpected(position.error());
    position_ = *std::move(position);
    return {};
  }

  const HistoryPosition& position() const override { return position_; }

  JournalResult<void> begin(const HistoryPosition& at,
                            const std::vector<HistoryName>& names) override {
    return change(at, [&]() -> JournalResult<void> {
      if (auto done = tables_.empty(); !done) return done;
      return tables_.put_names(names, at.last);
    });
  }

  JournalResult<void> append(const std::vector<HistoryRecord>& records,
                             const std::vector<HistoryName>& names, const Digest& digest) override {
    HistoryPosition next = position_;
    next.last += records.size();
    next.digest = digest;
    return change(next, [&]() -> JournalResult<void> {
      for (const HistoryRecord& record : records) {
        const Bytes seal = seal_of(record.revision, record.time_ms, record.octets);
        if (auto done = tables_.put(record, seal); !done) return done;
      }
      return tables_.put_names(names, next.last);
    });
  }

  JournalResult<void> drop_before(Revision first, const std::vector<HistoryName>& names) override {
    if (first <= position_.first) return {};
    HistoryPosition next = position_;
    next.first = first;
    return change(next, [&]() -> JournalResult<void> {
      if (auto done = tables_.drop_before(first); !done) return done;
      return tables_.put_names(names, first - 1);
    });
  }

  JournalResult<std::vector<std::string>> modules_of(const std::string& key) override {
    return tables_.modules_of(key);
  }

  JournalResult<HistoryPage> find(const HistoryAsk& ask) override {
    HistoryPage page;
    page.oldest = position_.first;
    const Revision end = ask.before == 0 ? revision_max : std::min(ask.before, revision_max);
    const std::size_t limit = std::min(ask.limit, limit_max);
    const auto author = tables_.number_of(ask.author);
    if (!author) return tl::unexpected(author.error());
    const auto module = tables_.number_of(ask.module);
    if (!module) return tl::unexpected(module.error());
    Rows rows(*database_, *author, *module, end, limit + 1);
    std::size_t bytes = 0;
    Revision next = std::min(end, position_.last + 1);
    for (;;) {
      const auto more = rows.step();
      if (!more) return tl::unexpected(more.error());
      if (!*more) break;
      const Revision revision = rows.revision();
      // Where every commit was asked for, none may be missing in between.
      const bool gap = rows.every() && revision + 1 != next;
      const Bytes octets = rows.octets();
      if (gap || revision >= next || rows.seal() != seal_of(revision, rows.time_ms(), octets))
        return damaged(revision);
      if (rows.time_ms() < ask.since_ms) return page;
      bytes += octets.size();
      const bool full = page.commits.size() >= limit || bytes > ask.bytes_max;
      if (full && !page.commits.empty()) {
        page.next_before = page.commits.back().revision;
        return page;
      }
      page.commits.push_back({revision, octets});
      next = revision;
    }
    if (rows.every() && next > position_.first) return damaged(next - 1);
    page.cut = position_.first > 1;
    return page;
  }

 private:
  tl::unexpected<JournalError> damaged(Revision revision) const {
    return refuse(JournalFault::corrupt,
                  database_->path() + ": damaged at revision " + std::to_string(revision), {},
                  revision);
  }

  template <class Work>
  JournalResult<void> change(const HistoryPosition& next, const Work& work) {
    Transaction transaction(*database_);
    auto done = transaction.begin_write();
    if (done) done = work();
    if (done) done = tables_.write_position(next);
    if (done) done = transaction.commit();
    if (done)
      position_ = next;
    else
      tables_.forget_numbers();
    return done;
  }

  const std::unique_ptr<Database> database_;
  HistoryTables tables_;
  HistoryPosition position_;
};

// Ours alone, as the store: it tells who did what.
void make_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
}

JournalResult<std::unique_ptr<HistoryIndex>> open_once(const std::string& path) {
  if (!path.empty()) make_file(path);
  auto database =
      Database::connect(path.empty() ? ":memory:" : path,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, {});
  if (!database) return tl::unexpected(database.error());
  (*database)->wait_at_most(0);
  // Alone, since a second writer would fill it a second time; and never synced but where the log is
  // folded in: what a power cut takes of it is read from the journal again.
  for (const char* pragma : {"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA cell_size_check = ON",
                             "PRAGMA mmap_size = 0", "PRAGMA synchronous = NORMAL"})
    if (auto done = (*database)->run(pragma); !done) return tl::unexpected(done.error());
  if (auto mode = (*database)->text("PRAGMA journal_mode = WAL"); !mode)
    return tl::unexpected(mode.error());
  if (auto good = HistoryTables(**database).make_or_check(version); !good)
    return tl::unexpected(good.error());
  auto index = std::make_unique<SqliteHistoryIndex>(*std::move(database));
  if (auto loaded = index->load(); !loaded) return tl::unexpected(loaded.error());
  return index;
}

}  // namespace

JournalResult<std::unique_ptr<HistoryIndex>> open_history_index(const std::string& path) {
  auto index = open_once(path);
  if (index || path.empty()) return index;
  const JournalFault fault = index.error().fault;
  if (fault != JournalFault::corrupt && fault != JournalFault::wrong_format) return index;
  return remake_history_index(path);
}

JournalResult<std::unique_ptr<HistoryIndex>> remake_history_index(const std::string& path) {
  std::error_code ignored;
  if (!path.empty())
    for (const char* suffix : {"", "-wal", "-shm", "-journal"})
      std::filesystem::remove(path + suffix, ignored);
  return open_once(path);
}

}  // namespace millrace::journal
