// The file of a keyring: parsed, locked while it is changed, and replaced as a whole, so that
// neither a crash nor another process takes a key away. Not thread safe; may block on the disk, and
// on the lock for at most five seconds.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "seal/clear_text.hpp"
#include "statekit/result.hpp"

namespace millrace::seal {

struct Key {
  std::string id;
  ClearText octets;
};
using Keys = std::vector<Key>;

// Closes what it holds.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File();
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  File& operator=(File&&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

class KeyringFile {
 public:
  explicit KeyringFile(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string name() const { return "keyring " + path_; }
  bool missing() const;

  // The keys as they stand there; not read again where the file has not changed since `keys` was
  // read or written last. FailedPrecondition with what is wrong, and then `keys` is as it was.
  statekit::Status read(Keys& keys);
  // Until what is returned goes, no other process and no other handle changes the keyring: asked
  // for before what is to be changed is read. Makes the folder. Unavailable when another holds it.
  statekit::Result<File> lock() const;
  // Complete beside its name, then moved there: a crash leaves the old one or the new one.
  // REQUIRES: locked, and `keys` was read since.
  statekit::Status write(const Keys& keys);

  // FailedPrecondition: "keyring PATH `what`".
  statekit::Status broken(const std::string& what) const;

 private:
  statekit::Status parse(std::string_view text, Keys& keys) const;
  statekit::Status replace(const Keys& keys, const std::string& beside, const File& file);
  void remove_leftovers() const;

  const std::string path_;
  struct stat read_ {};  // of the file when it was read or written
};

}  // namespace millrace::seal
