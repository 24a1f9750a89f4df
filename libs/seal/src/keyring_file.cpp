#include "keyring_file.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>

#include "aes_gcm.hpp"
#include "seal/keyring.hpp"

namespace millrace::seal {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::string_view title = "# millrace keyring 1";
constexpr std::size_t file_bytes_max = 1 << 20;
constexpr std::size_t base64_bytes = 44;  // of key_bytes
constexpr std::string_view beside_suffix = ".tmp-";
constexpr std::string_view beside_pattern = "XXXXXX";
constexpr std::chrono::milliseconds lock_ms_max{5'000};
constexpr std::chrono::milliseconds lock_look_ms{5};

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

ClearText to_base64(const ClearText& key) {
  std::string text(base64_bytes + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(key.view().data()), key_bytes);
  text.resize(base64_bytes);
  return ClearText(std::move(text));
}

// Of 44 characters with one `=` at the end: 33 octets, of which the last is none.
std::optional<ClearText> from_base64(std::string_view text) {
  if (text.size() != base64_bytes || text.back() != '=') return std::nullopt;
  std::string out(key_bytes + 1, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  ClearText key(std::string(out.data(), key_bytes));
  wipe(out);
  if (length != static_cast<int>(key_bytes) + 1) return std::nullopt;
  return key;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return true;
}

bool write_keys(int fd, const Keys& keys) {
  bool good =
      write_all(fd, title) &&
      write_all(fd, "\n# The first key is active. Without this file the secrets are lost.\n");
  for (const Key& key : keys) {
    const ClearText octets = to_base64(key.octets);
    good = good && write_all(fd, key.id) && write_all(fd, " ") && write_all(fd, octets.view()) &&
           write_all(fd, "\n");
  }
  return good;
}

std::filesystem::path folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// Some file systems know no fsync of a folder; there is nothing to be had from them.
bool sync_folder(const std::filesystem::path& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return file.fd() >= 0 && (fsync(file.fd()) == 0 || errno == EINVAL);
}

bool same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_size == other.st_size &&
         one.st_mtim.tv_sec == other.st_mtim.tv_sec && one.st_mtim.tv_nsec == other.st_mtim.tv_nsec;
}

std::string why_unreadable(int error) {
  if (error == ENOENT) return "is not there: put it back, or a copy of it";
  if (error == ELOOP) return "is a symbolic link: name the file that it leads to";
  return std::string("cannot be read: ") + std::strerror(error);
}

}  // namespace

File::~File() {
  if (fd_ >= 0) close(fd_);
}

Status KeyringFile::broken(const std::string& what) const {
  return fail(Code::failed_precondition, name() + " " + what);
}

bool KeyringFile::missing() const {
  struct stat there {};
  return lstat(path_.c_str(), &there) != 0 && errno == ENOENT;
}

Status KeyringFile::read(Keys& keys) {
  const File file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat there {};
  if (file.fd() < 0 || fstat(file.fd(), &there) != 0) return broken(why_unreadable(errno));
  if (!S_ISREG(there.st_mode)) return broken("is no plain file");
  if (there.st_uid != geteuid()) return broken("belongs to another user");
  if ((there.st_mode & 077) != 0) return broken("can be read by others: chmod 600 " + path_);
  if (!keys.empty() && same(there, read_)) return {};
  if (static_cast<std::size_t>(there.st_size) > file_bytes_max) return broken("is too long");
  ClearText text(std::string(static_cast<std::size_t>(there.st_size), '\0'));
  if (::read(file.fd(), text.data(), text.size()) != there.st_size)
    return broken("changed while it was read: try again");
  Keys found;
  if (Status parsed = parse(text.view(), found); !parsed) return parsed;
  keys = std::move(found);
  read_ = there;
  return {};
}

Status KeyringFile::parse(std::string_view text, Keys& keys) const {
  if (text.starts_with("\xEF\xBB\xBF"))
    return broken("begins with a byte order mark: leave it out");
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.ends_with('\r')) return broken("has line ends of Windows: save it with those of Unix");
  if (first != title)
    return broken("does not begin with \"# millrace keyring 1\": it is no keyring, or a newer one");
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    // What stands in the line is never shown.
    const std::string at = "line " + std::to_string(number) + " ";
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || !is_id(line.substr(0, space)))
      return broken(at + "is no key: NAME and 32 octets in base64");
    std::optional<ClearText> key = from_base64(line.substr(space + 1));
    if (!key) return broken(at + "holds no 32 octets in base64");
    const std::string id(line.substr(0, space));
    for (const Key& other : keys)
      if (other.id == id) return broken(at + "names a key that is there already");
    keys.push_back({id, std::move(*key)});
  }
  if (keys.empty()) return broken("holds no key");
  if (keys.size() > keyring_keys_max) return broken("holds too many keys");
  return {};
}

// A file beside it that stays: the keyring itself is another file after each change.
Result<File> KeyringFile::lock() const {
  std::error_code ignored;
  std::filesystem::create_directories(folder_of(path_), ignored);
  const std::string beside = path_ + ".lock";
  File file(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  const auto until = std::chrono::steady_clock::now() + lock_ms_max;
  while (file.fd() >= 0) {
    if (flock(file.fd(), LOCK_EX | LOCK_NB) == 0) return file;
    if (errno != EWOULDBLOCK && errno != EINTR) break;
    if (std::chrono::steady_clock::now() > until)
      return fail(Code::unavailable, name() + " is being changed by another process, which holds " +
                                         beside + ": try again");
    std::this_thread::sleep_for(lock_look_ms);
  }
  return fail(Code::failed_precondition,
              name() + " cannot be changed: " + beside + ": " + std::strerror(errno));
}

// Of processes that were ended while they wrote: they hold keys.
void KeyringFile::remove_leftovers() const {
  const std::string begin =
      std::filesystem::path(path_).filename().string() + std::string(beside_suffix);
  std::error_code ignored;
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(path_), ignored)) {
    const std::string each = entry.path().filename().string();
    if (each.starts_with(begin) && each.size() == begin.size() + beside_pattern.size())
      found.push_back(entry.path());
  }
  for (const auto& each : found) std::filesystem::remove(each, ignored);
}

Status KeyringFile::write(const Keys& keys) {
  remove_leftovers();
  std::string beside = path_ + std::string(beside_suffix) + std::string(beside_pattern);
  const File file(mkostemp(beside.data(), O_CLOEXEC));  // mode 0600
  if (file.fd() < 0) return broken(std::string("cannot be written: ") + std::strerror(errno));
  Status replaced = replace(keys, beside, file);
  if (!replaced) unlink(beside.c_str());
  return replaced;
}

Status KeyringFile::replace(const Keys& keys, const std::string& beside, const File& file) {
  if (!write_keys(file.fd(), keys) || fsync(file.fd()) != 0 ||
      rename(beside.c_str(), path_.c_str()) != 0)
    return broken(std::string("cannot be written: ") + std::strerror(errno));
  if (!sync_folder(folder_of(path_)))
    return broken(std::string("cannot be written for good: ") + std::strerror(errno));
  fstat(file.fd(), &read_);
  return {};
}

}  // namespace millrace::seal
