#include "statekit/io/file.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace millrace::statekit {
namespace {

tl::unexpected<Error> failed(const std::string& doing, const std::string& path) {
  const int number = errno;
  const Code code = number == ENOENT ? Code::not_found : Code::unavailable;
  return fail(code, doing + " " + path + ": " + std::strerror(number));
}

Status write_all(int descriptor, BytesView bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("writing", path);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// The rename is durable only once the folder is.
void sync_folder(const std::filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  ::fsync(descriptor);
  ::close(descriptor);
}

std::filesystem::path folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

}  // namespace

Result<Bytes> read_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed("opening", path);
  Bytes content;
  std::array<char, 65'536> block{};
  for (;;) {
    const ssize_t got = ::read(descriptor, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      const Result<Bytes> result = got < 0 ? Result<Bytes>(failed("reading", path)) : content;
      ::close(descriptor);
      return result;
    }
    content.append(block.data(), static_cast<std::size_t>(got));
  }
}

Status write_file(const std::string& path, BytesView content) {
  std::error_code made;
  std::filesystem::create_directories(folder_of(path), made);
  const std::string beside = path + ".new";
  const int descriptor =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (descriptor < 0) return failed("creating", beside);
  Status written = write_all(descriptor, content, beside);
  if (written && ::fsync(descriptor) != 0) written = failed("syncing", beside);
  ::close(descriptor);
  if (written && ::rename(beside.c_str(), path.c_str()) != 0) written = failed("renaming", beside);
  if (!written) {
    ::unlink(beside.c_str());
    return written;
  }
  sync_folder(folder_of(path));
  return {};
}

DiskFile::DiskFile(std::string path) : path_(std::move(path)) {}
DiskFile::~DiskFile() { close(); }

void DiskFile::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<Bytes> DiskFile::read() { return read_file(path_); }

Status DiskFile::replace(BytesView content) {
  close();
  return write_file(path_, content);
}

Status DiskFile::append(BytesView bytes) {
  if (descriptor_ < 0) descriptor_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) return failed("opening", path_);
  return write_all(descriptor_, bytes, path_);
}

void DiskFile::remove() {
  close();
  ::unlink(path_.c_str());
}

}  // namespace millrace::statekit
