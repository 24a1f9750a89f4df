#include "sqlite_lock.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <map>

#include "rules.hpp"

namespace millrace::journal {

using namespace statekit;

namespace {

// The file: who holds it, for people, up to the first zero; then the mark; then the seats of those
// who hold it together, each locked by who sits there and says who that is.
constexpr std::size_t who_bytes = 256;
constexpr std::size_t mark_bytes = 8 + 32 + 32 + 32;  // revision, incarnation, digest, their sum
constexpr std::size_t seats_at = 512;
constexpr std::size_t seats_max = 16;  // more write as well, unnamed

constexpr int tries_max = 25;
constexpr int try_pause_ms = 4;

std::string lock_path(const std::string& path) { return path + "-lock"; }

std::string who_am_i() {
  char host[100] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '?';
  const std::time_t now = std::time(nullptr);
  std::tm parts = {};
  gmtime_r(&now, &parts);
  char since[32] = {};
  std::strftime(since, sizeof since, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return "process " + std::to_string(getpid()) + " on " + host + " since " + since;
}

std::string who_is_in(int fd, std::size_t at = 0) {
  char text[who_bytes + 1] = {};
  const ssize_t size = pread(fd, text, who_bytes, static_cast<off_t>(at));
  std::string who(text, size > 0 ? strnlen(text, static_cast<std::size_t>(size)) : 0);
  for (char& c : who)
    if (c < ' ' || c > '~') c = '?';
  return who.empty() ? "another process" : who;
}

std::size_t seat_at(std::size_t seat) { return seats_at + seat * who_bytes; }

struct flock seat_lock(std::size_t seat, short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(seat_at(seat));
  lock.l_len = static_cast<off_t>(who_bytes);
  return lock;
}

// A lock of the open file, not of the process, so that it goes with this descriptor alone.
void take_seat(int fd, std::string who) {
  who.resize(who_bytes);
  for (std::size_t seat = 0; seat < seats_max; ++seat) {
    struct flock lock = seat_lock(seat, F_WRLCK);
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) continue;
    [[maybe_unused]] const ssize_t written =
        pwrite(fd, who.data(), who.size(), static_cast<off_t>(seat_at(seat)));
    return;
  }
}

std::string who_sits(int fd) {
  std::string all;
  for (std::size_t seat = 0; seat < seats_max; ++seat) {
    struct flock lock = seat_lock(seat, F_RDLCK);
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) continue;
    all += (all.empty() ? "" : "; ") + who_is_in(fd, seat_at(seat));
  }
  return all;
}

Bytes encode_mark(const Head& head) {
  Bytes mark;
  for (int shift = 56; shift >= 0; shift -= 8) mark += static_cast<char>(head.last >> shift & 0xff);
  mark += head.incarnation;
  mark += to_bytes(head.digest);
  return mark + to_bytes(sha256(mark));
}

tl::unexpected<JournalError> held_by(const std::string& path, const std::string& who) {
  return refuse(JournalFault::unavailable,
                path + ": " + who +
                    " has it open and one process at a time may write it: stop that one first "
                    "(`millrace storage info`, `verify` and `backup` work beside it)");
}

// Whoever asks who holds the lock (`holder_of`) has it for a moment, which is no reason to give up.
bool locked(int fd, int how) {
  for (int i = 0; i < tries_max; ++i) {
    if (flock(fd, how | LOCK_NB) == 0) return true;
    poll(nullptr, 0, try_pause_ms);
  }
  return false;
}

// The locks of this process, by the file they are on.
struct Held {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<StoreLock>> locks;
};
Held& held() {
  static Held all;
  return all;
}

}  // namespace

JournalResult<std::shared_ptr<StoreLock>> StoreLock::take(const std::string& path, bool alone) {
  const std::lock_guard lock(held().mutex);
  std::weak_ptr<StoreLock>& ours = held().locks[path];
  if (std::shared_ptr<StoreLock> there = ours.lock()) {
    if (there->alone_ || !alone) return there;
    return held_by(path, "this very process");
  }
  const int fd = ::open(lock_path(path).c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return refuse(JournalFault::unavailable, lock_path(path) +
                                                 ": cannot be opened: " + std::strerror(errno) +
                                                 ": check the folder and who may write to it");
  if (!locked(fd, alone ? LOCK_EX : LOCK_SH)) {
    const std::string together = who_sits(fd);
    const std::string who = together.empty() ? who_is_in(fd) : together;
    ::close(fd);
    return held_by(path, who);
  }
  std::shared_ptr<StoreLock> mine(new StoreLock(fd, alone));
  std::string who = who_am_i();
  if (!alone) take_seat(fd, who);
  who.resize(who_bytes);
  // For people only; a disk so full that this fails tells of it with the first append.
  [[maybe_unused]] const ssize_t written = pwrite(fd, who.data(), who.size(), 0);
  ours = mine;
  return mine;
}

StoreLock::~StoreLock() { ::close(fd_); }

std::string StoreLock::others() const { return alone_ ? std::string() : who_sits(fd_); }

void StoreLock::acknowledged(const Head& head) {
  const std::lock_guard lock(mutex_);
  if (!alone_ || head.last <= marked_) return;
  marked_ = head.last;
  const Bytes mark = encode_mark(head);
  // One that cannot be written warns of less; what it is about is on the disk.
  [[maybe_unused]] const ssize_t written = pwrite(fd_, mark.data(), mark.size(), who_bytes);
}

std::optional<Mark> read_mark(const std::string& path) {
  const int fd = ::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  Bytes octets(mark_bytes, '\0');
  const ssize_t size = pread(fd, octets.data(), octets.size(), who_bytes);
  ::close(fd);
  Digest sum;
  if (size != static_cast<ssize_t>(mark_bytes)) return std::nullopt;
  const BytesView all = octets;
  Mark mark;
  if (!from_bytes(all.substr(72), sum) || sum != sha256(all.substr(0, 72))) return std::nullopt;
  for (std::size_t i = 0; i < 8; ++i)
    mark.revision = mark.revision << 8 | static_cast<unsigned char>(all[i]);
  mark.incarnation = all.substr(8, 32);
  if (!from_bytes(all.substr(40, 32), mark.digest)) return std::nullopt;
  return mark;
}

JournalResult<void> check_mark(const std::string& path, const std::optional<Mark>& mark,
                               const Head& head) {
  if (!mark || mark->incarnation != head.incarnation) return {};
  const bool lost = mark->revision > head.last;
  if (!lost && (mark->revision != head.last || mark->digest == head.digest)) return {};
  return refuse(JournalFault::corrupt,
                path + ": revision " + std::to_string(mark->revision) + " was acknowledged, but " +
                    (lost ? "the journal ends at " + std::to_string(head.last)
                          : "the journal holds another one there") +
                    ": restore a backup; or, if going back is meant, run `millrace storage "
                    "accept-rewind`",
                {}, lost ? head.last + 1 : head.last);
}

JournalResult<void> forget_mark(const std::string& path) {
  if (::truncate(lock_path(path).c_str(), who_bytes) == 0 || errno == ENOENT) return {};
  return refuse(JournalFault::unavailable,
                lock_path(path) + ": cannot be changed: " + std::strerror(errno));
}

std::optional<std::string> holder_of(const std::string& path) {
  const int fd = ::open(lock_path(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::optional<std::string> who;
  if (flock(fd, LOCK_SH | LOCK_NB) != 0) {
    who = who_is_in(fd);
  } else {
    flock(fd, LOCK_UN);
    if (std::string together = who_sits(fd); !together.empty()) who = std::move(together);
  }
  ::close(fd);
  return who;
}

}  // namespace millrace::journal
