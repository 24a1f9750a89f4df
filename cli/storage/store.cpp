#include "cli/storage/store.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "services/schema/history.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

namespace fs = std::filesystem;

void remove_store(const std::string& path) {
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm", "-journal", "-lock"})
    fs::remove(path + suffix, ignored);
}

Status sync_folder(const std::string& path) {
  const std::string parent = fs::absolute(path).parent_path().string();
  const int fd = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return fail(Code::unavailable, parent + ": cannot be made durable: " + std::strerror(reason));
}

Status move_new(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0)
    return fail(errno == EEXIST ? Code::already_exists : Code::unavailable,
                to + ": cannot be made: " + std::strerror(errno));
  ::unlink(from.c_str());
  return sync_folder(to);
}

}  // namespace

std::string store_address(const StorageOptions& options, bool file_is_store) {
  if (file_is_store && !options.file.empty()) return options.file;
  return options.journal.empty() ? embedded_journal(options.data) : options.journal;
}

Result<std::unique_ptr<Journal>> open_at(const std::string& address, Access access,
                                         const Incarnation& if_new) {
  auto journal = open_journal(address);
  if (!journal) return journal;
  JournalOptions options;
  options.incarnation_if_new = if_new;
  options.fill = access == Access::fill;
  options.create = access == Access::create || options.fill;
  options.read_only = access == Access::read;
  if (const auto head = (*journal)->open(options); !head) return fail(to_error(head.error()));
  return journal;
}

OnCopy copying(const OnProgress& progress) {
  return [progress](const CopyProgress& at) {
    if (progress) progress("copied", at.done + 1 - at.first, at.last + 1 - at.first, at.bytes);
  };
}

VerifyProgress verifying(const OnProgress& progress) {
  return [progress](Revision at, Revision last) {
    if (progress) progress("verified", at, last, 0);
  };
}

Result<Copied> build_file(Journal& from, const std::string& path, const Incarnation& incarnation,
                          const OnProgress& progress) {
  const std::string beside = path + ".partial";
  std::error_code ignored;
  if (fs::exists(path, ignored))
    return fail(Code::already_exists, path + ": it is there already: name a new file");
  remove_store(beside);
  auto made = open_at(beside, Access::create, incarnation);
  if (!made) {
    remove_store(beside);
    return fail(std::move(made.error()));
  }
  auto copied = copy(from, **made, copying(progress));
  JournalResult<void> whole;
  if (copied) whole = check_copy(**made, copied->head);
  (*made)->close();
  if (copied && whole) {
    fs::remove(beside + "-lock", ignored);
    Status moved = move_new(beside, path);
    if (moved) return *copied;
    remove_store(beside);
    return fail(std::move(moved.error()));
  }
  remove_store(beside);
  return failed("copying to " + path, copied ? whole.error() : copied.error());
}

Status write_durably(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const auto size = static_cast<ssize_t>(text.size());
  const bool written = fd >= 0 && ::write(fd, text.data(), text.size()) == size && ::fsync(fd) == 0;
  const int reason = errno;
  if (fd >= 0) ::close(fd);
  if (written) return sync_folder(path);
  return fail(Code::unavailable, path + ": cannot be written: " + std::strerror(reason));
}

Status move_folder(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0)
    return fail(errno == EEXIST ? Code::already_exists : Code::unavailable,
                to + ": cannot be made: " + std::strerror(errno));
  return sync_folder(to);
}

JournalResult<void> same_state(Journal& one, Journal& other) {
  const auto head = other.head();
  if (!head) return tl::unexpected(head.error());
  if (head->last == 0) return {};
  const auto before = schema_service::state_at(one, head->last);
  const auto after = schema_service::state_at(other, head->last);
  const auto corrupt = [](std::string why) {
    return tl::unexpected(JournalError{JournalFault::corrupt, std::move(why), {}, 0});
  };
  if (!before) return corrupt("the old store: " + before.error().message);
  if (!after) return corrupt("the new store: " + after.error().message);
  if (*before == *after) return {};
  return corrupt("the new store folds into another state than the old one");
}

}  // namespace millrace::cli
