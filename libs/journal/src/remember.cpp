#include "journal/remember.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <sstream>

#include "rules.hpp"
#include "statekit/machine_parts.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// One line: incarnation, revision in 20 digits, digest, and the digest of all that.
constexpr std::size_t revision_digits = 20;
constexpr std::size_t file_bytes_max = 256;

Bytes line_of(const Head& head) {
  const std::string number = std::to_string(head.last);
  const Bytes line = head.incarnation + " " + std::string(revision_digits - number.size(), '0') +
                     number + " " + hex(head.digest) + " ";
  return line + hex(sha256(line)) + "\n";
}

bool from_hex(const std::string& text, Digest& digest) {
  if (text.size() != 2 * digest.octets.size()) return false;
  for (std::size_t i = 0; i < digest.octets.size(); ++i) {
    int octet = 0;
    for (const char c : text.substr(2 * i, 2)) {
      const auto at = std::string_view("0123456789abcdef").find(c);
      if (at == std::string_view::npos) return false;
      octet = octet * 16 + static_cast<int>(at);
    }
    digest.octets[i] = static_cast<std::uint8_t>(octet);
  }
  return true;
}

// nullopt: nothing that is whole.
std::optional<Position> parse(const Bytes& octets) {
  std::istringstream words(octets);
  Position position;
  std::string digest;
  std::string sum;
  if (!(words >> position.incarnation >> position.revision >> digest >> sum)) return std::nullopt;
  if (!from_hex(digest, position.digest)) return std::nullopt;
  const Head head{position.incarnation, 1, position.revision, {}, position.digest};
  if (position.incarnation.size() != 32 || line_of(head) != octets) return std::nullopt;
  return position;
}

std::optional<Position> read_position(int fd) {
  Bytes octets(file_bytes_max, '\0');
  const ssize_t size = pread(fd, octets.data(), octets.size(), 0);
  octets.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return parse(octets);
}

class RememberingJournal : public Journal {
 public:
  RememberingJournal(std::unique_ptr<Journal> journal, std::string path)
      : journal_(std::move(journal)), path_(std::move(path)) {}
  ~RememberingJournal() override {
    if (fd_ >= 0) ::close(fd_);
  }

  JournalResult<Head> open(const JournalOptions& options) override {
    JournalResult<Head> head = journal_->open(options);
    if (!head) return head;
    fd_ = ::open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ < 0) {
      journal_->close();
      return refuse(JournalFault::unavailable, path_ +
                                                   ": cannot be opened: " + std::strerror(errno) +
                                                   ": check the folder and who may write to it");
    }
    // Of a journal that was empty nothing can be missed, also where it was restored into since.
    const std::optional<Position> known = read_position(fd_);
    if (known && known->revision > 0) {
      if (const Status same = check_same_history(*journal_, *head, *known); !same) {
        journal_->close();
        if (same.error().code == Code::failed_precondition)
          return refuse(JournalFault::rewound,
                        same.error().message + " (remembered in " + path_ +
                            "): restore a backup; or, if going back is meant, run `millrace "
                            "storage accept-rewind`",
                        *head);
        return refuse(JournalFault::unavailable, same.error().message);
      }
    }
    remember(*head);
    return head;
  }

  JournalResult<Revision> append(Revision expected_last, std::span<const Entry> entries,
                                 Deadline deadline) override {
    auto done = journal_->append(expected_last, entries, deadline);
    if (done) remember({incarnation_, 1, *done, {}, entries.back().digest});
    return done;
  }

  JournalResult<Head> head() override {
    auto now = journal_->head();
    if (now) remember(*now);
    return now;
  }
  JournalResult<Head> wait(Revision after, Deadline deadline) override {
    auto now = journal_->wait(after, deadline);
    if (now) remember(*now);
    return now;
  }

  JournalResult<std::vector<Entry>> read(Revision after, std::size_t max_entries,
                                         std::size_t max_bytes) override {
    return journal_->read(after, max_entries, max_bytes);
  }
  JournalResult<void> save_snapshot(SnapshotSource source) override {
    return journal_->save_snapshot(std::move(source));
  }
  JournalResult<std::unique_ptr<SnapshotReader>> load_snapshot(Revision at_most) override {
    return journal_->load_snapshot(at_most);
  }
  JournalResult<void> compact(Revision up_to) override { return journal_->compact(up_to); }
  JournalResult<void> filled() override { return journal_->filled(); }
  std::vector<JournalWarning> warnings() const override { return journal_->warnings(); }
  void close() override { journal_->close(); }

 private:
  // Only further on: a head that goes back while the process runs is for the machine to notice.
  void remember(const Head& head) {
    const std::lock_guard lock(mutex_);
    if (incarnation_ == head.incarnation && head.last <= remembered_) return;
    if (!incarnation_.empty() && incarnation_ != head.incarnation) return;
    incarnation_ = head.incarnation;
    remembered_ = head.last;
    const Bytes line = line_of(head);
    // One that cannot be written warns of less; what it is about is in the store.
    [[maybe_unused]] const ssize_t written = pwrite(fd_, line.data(), line.size(), 0);
  }

  const std::unique_ptr<Journal> journal_;
  const std::string path_;
  int fd_ = -1;
  std::mutex mutex_;
  Incarnation incarnation_;
  Revision remembered_ = 0;
};

}  // namespace

std::unique_ptr<Journal> make_remembering_journal(std::unique_ptr<Journal> journal,
                                                  std::string path) {
  return std::make_unique<RememberingJournal>(std::move(journal), std::move(path));
}

std::optional<Position> remembered_position(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  auto position = read_position(fd);
  ::close(fd);
  return position;
}

JournalResult<void> forget_position(const std::string& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return {};
  return refuse(JournalFault::unavailable, path + ": cannot be removed: " + std::strerror(errno));
}

}  // namespace millrace::journal
