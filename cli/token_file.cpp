#include "cli/token_file.hpp"

#include <sys/stat.h>

#include <utility>

#include "access/io/trusted.hpp"

namespace millrace::cli {

statekit::Result<std::shared_ptr<TokenFile>> TokenFile::open(const std::string& path) {
  std::shared_ptr<TokenFile> file(new TokenFile(path));
  file->seen_ = file->stamp();
  if (const auto read = file->read(); !read) return fail(read.error());
  return file;
}

// Looked at before it is read: what is written in between is noticed the next time.
std::shared_ptr<const std::string> TokenFile::shown() {
  const std::lock_guard lock(mutex_);
  if (const Stamp now = stamp(); now != seen_) {
    seen_ = now;
    static_cast<void>(read());
  }
  return shown_;
}

TokenFile::Stamp TokenFile::stamp() const {
  struct stat about {};
  if (::stat(path_.c_str(), &about) != 0) return {};
  return {about.st_dev, about.st_ino, about.st_size, about.st_ctim.tv_sec, about.st_ctim.tv_nsec};
}

statekit::Status TokenFile::read() {
  auto token = access::read_shown_token(path_);
  if (!token) return fail(token.error());
  shown_ = std::make_shared<const std::string>("Bearer " + *token);
  return {};
}

}  // namespace millrace::cli
