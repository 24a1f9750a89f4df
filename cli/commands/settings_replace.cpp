// Written beside the file and renamed over it.
#include "cli/commands/settings_replace.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "settings/upgrade.hpp"

namespace millrace::cli {
namespace {

using statekit::Code;
using statekit::Status;

tl::unexpected<statekit::Error> refused(Code code, const std::string& path,
                                        const std::string& what) {
  return statekit::fail(code, path + ": " + what + ". Nothing was changed");
}

std::string behind_links(const std::string& path) {
  char* found = realpath(path.c_str(), nullptr);
  std::string target = found == nullptr ? path : found;
  std::free(found);
  return target;
}

// A file of its own beside another one, gone again unless it was put in its place. Nobody else may
// open it until it is made like the other.
class Beside {
 public:
  explicit Beside(const std::string& path)
      : path_(path + ".upgraded-XXXXXX"), number_(mkostemp(path_.data(), O_CLOEXEC)) {}
  ~Beside() {
    if (number_ < 0) return;
    close(number_);
    if (!placed_) unlink(path_.c_str());
  }
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  int number() const { return number_; }

  bool write(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const ssize_t count = ::write(number_, text.data() + at, text.size() - at);
      if (count < 0 && errno != EINTR) return false;
      if (count > 0) at += static_cast<std::size_t>(count);
    }
    return fsync(number_) == 0;
  }

  bool place(const std::string& path) {
    placed_ = std::rename(path_.c_str(), path.c_str()) == 0;
    return placed_;
  }

 private:
  std::string path_;
  int number_;
  bool placed_ = false;
};

constexpr std::size_t list_bytes_max = 64 << 10;  // as Linux has it

// Without its list the mode would let the group do what only some were allowed.
bool copy_access_list(const std::string& from, int to) {
  constexpr const char* name = "system.posix_acl_access";
  std::vector<char> list(list_bytes_max);
  const ssize_t size = getxattr(from.c_str(), name, list.data(), list.size());
  if (size < 0) return errno == ENODATA || errno == ENOTSUP;
  return fsetxattr(to, name, list.data(), static_cast<std::size_t>(size), 0) == 0;
}

bool make_alike(const std::string& from, const struct stat& like, int to) {
  struct stat now {};
  if (fstat(to, &now) != 0) return false;
  const bool same = now.st_uid == like.st_uid && now.st_gid == like.st_gid;
  if (!same && fchown(to, like.st_uid, like.st_gid) != 0) return false;
  return fchmod(to, like.st_mode & 07777) == 0 && copy_access_list(from, to);
}

}  // namespace

Status replace_settings_file(const std::string& path, const std::string& before,
                             const std::string& text) {
  const std::string target = behind_links(path);
  struct stat like {};
  if (stat(target.c_str(), &like) != 0 || !S_ISREG(like.st_mode))
    return refused(Code::failed_precondition, path, "it is no file");
  if ((like.st_mode & 0222) == 0 || access(target.c_str(), W_OK) != 0)
    return refused(Code::failed_precondition, path, "it is read-only; make it writable first");
  Beside beside(target);
  if (beside.number() < 0)
    return refused(Code::unavailable, path, "cannot be written; is its folder writable?");
  if (!make_alike(target, like, beside.number()))
    return refused(Code::failed_precondition, path,
                   "its owner, group or access list cannot be kept; run this as its owner or as "
                   "root, or give --dry-run and write it by hand");
  const auto now = settings::read_settings_file(target);
  if (!now || *now != before)
    return refused(Code::failed_precondition, path, "it was changed meanwhile; run this again");
  if (!beside.write(text) || !beside.place(target))
    return refused(Code::unavailable, path, "cannot be written; is there room?");
  return {};
}

}  // namespace millrace::cli
