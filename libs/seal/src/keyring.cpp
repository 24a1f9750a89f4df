#include "seal/keyring.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "aes_gcm.hpp"

namespace millrace::seal {

using statekit::Code;
using statekit::Error;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr const char* first_line = "# millrace keyring 1\n";
constexpr std::size_t file_bytes_max = 1 << 20;

struct Key {
  std::string id;
  ClearText octets;
};
using Keys = std::vector<Key>;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

std::string random_id() {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "key-";
  for (const char octet : random_octets(10)) id += digits[static_cast<unsigned char>(octet) % 36];
  return id;
}

bool is_id(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

constexpr std::size_t base64_bytes = 44;  // of key_bytes

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

class Keyring final : public KeyProvider {
 public:
  explicit Keyring(KeyringOptions options) : options_(std::move(options)) {}

  Result<std::string> active() override {
    const std::lock_guard lock(mutex_);
    if (Status read = read_or_make(); !read) return fail(read.error());
    return keys_.front().id;
  }

  Result<Wrapped> wrap(const ClearText& data_key, BytesView bound_to) override {
    const std::lock_guard lock(mutex_);
    if (Status read = read_or_make(); !read) return fail(read.error());
    return Wrapped{encrypt(keys_.front().octets, bound_to, data_key.view()), keys_.front().id};
  }

  Result<ClearText> unwrap(const Wrapped& wrapped, BytesView bound_to) override {
    const std::lock_guard lock(mutex_);
    if (Status read = this->read(); !read) return fail(read.error());
    const auto key = find(wrapped.key_id);
    if (key == keys_.end())
      return fail(Code::failed_precondition,
                  "key " + wrapped.key_id + " is not in " + name() + ": put it back into the file");
    std::optional<ClearText> clear = decrypt(key->octets, bound_to, wrapped.key);
    if (clear) return std::move(*clear);
    return fail(Code::data_loss, "key " + wrapped.key_id + " of " + name() +
                                     " is another than the one that it was wrapped by");
  }

  Result<std::vector<std::string>> keys() override {
    const std::lock_guard lock(mutex_);
    if (Status read = read_or_make(); !read) return fail(read.error());
    std::vector<std::string> ids;
    for (const Key& key : keys_) ids.push_back(key.id);
    return ids;
  }

  Result<std::string> add_key() override {
    const std::lock_guard lock(mutex_);
    if (Status read = read_or_make(); !read) return fail(read.error());
    if (keys_.size() >= keyring_keys_max)
      return fail(Code::resource_exhausted,
                  name() + " has " + std::to_string(keys_.size()) + " keys: forget old ones first");
    keys_.insert(keys_.begin(), new_key());
    if (Status written = write_file(); !written) return fail(written.error());
    return keys_.front().id;
  }

  Status forget(const std::string& key_id) override {
    const std::lock_guard lock(mutex_);
    if (Status read = this->read(); !read) return read;
    const auto key = find(key_id);
    if (key == keys_.end()) return {};
    if (key == keys_.begin())
      return fail(Code::failed_precondition, "key " + key_id + " is the active one");
    keys_.erase(key);
    return write_file();
  }

  std::string name() const override { return "keyring " + options_.path; }

 private:
  static Key new_key() { return {random_id(), ClearText(random_octets(key_bytes))}; }
  Keys::iterator find(const std::string& id) {
    return std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  }

  Status broken(const std::string& what) const {
    return fail(Code::failed_precondition, name() + " " + what);
  }

  Status read_or_make() {
    struct stat there {};
    const bool missing = stat(options_.path.c_str(), &there) != 0 && errno == ENOENT;
    if (!missing || !options_.make) return read();
    keys_.clear();
    keys_.push_back(new_key());
    if (Status written = write_file(); !written) return written;
    if (options_.on_made) options_.on_made(options_.path);
    return {};
  }

  // Once for each state of the file.
  Status read() {
    const File file(::open(options_.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat there {};
    if (file.fd() < 0 || fstat(file.fd(), &there) != 0)
      return broken(std::string("cannot be read: ") + std::strerror(errno));
    if (!S_ISREG(there.st_mode)) return broken("is no plain file");
    if (there.st_uid != geteuid()) return broken("belongs to another user");
    if ((there.st_mode & 077) != 0)
      return broken("can be read by others: chmod 600 " + options_.path);
    if (!keys_.empty() && there.st_ino == read_.st_ino && there.st_size == read_.st_size &&
        there.st_mtim.tv_sec == read_.st_mtim.tv_sec &&
        there.st_mtim.tv_nsec == read_.st_mtim.tv_nsec)
      return {};
    if (static_cast<std::size_t>(there.st_size) > file_bytes_max) return broken("is too long");
    ClearText text(std::string(static_cast<std::size_t>(there.st_size), '\0'));
    if (::read(file.fd(), text.data(), text.size()) != there.st_size)
      return broken("changed while it was read: try again");
    Keys keys;
    if (Status parsed = parse(text.view(), keys); !parsed) return parsed;
    keys_ = std::move(keys);
    read_ = there;
    return {};
  }

  Status parse(std::string_view text, Keys& keys) const {
    if (!text.starts_with(first_line))
      return broken(
          "does not begin with \"# millrace keyring 1\": it is no keyring, or a newer one");
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

  // Complete beside its name, then moved there: a crash leaves the old one or the new one.
  Status write_file() {
    const std::string beside = options_.path + ".new";
    unlink(beside.c_str());
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(options_.path).parent_path(),
                                        ignored);
    const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    bool good = file.fd() >= 0 && write_all(file.fd(), first_line) &&
                write_all(file.fd(),
                          "# The first key is active. Without this file the secrets are lost.\n");
    for (const Key& key : keys_) {
      const ClearText octets = to_base64(key.octets);
      good = good && write_all(file.fd(), key.id) && write_all(file.fd(), " ") &&
             write_all(file.fd(), octets.view()) && write_all(file.fd(), "\n");
    }
    good = good && fsync(file.fd()) == 0 && rename(beside.c_str(), options_.path.c_str()) == 0;
    if (!good) {
      const std::string why = std::strerror(errno);
      unlink(beside.c_str());
      keys_.clear();
      return broken("cannot be written: " + why);
    }
    std::string folder = std::filesystem::path(options_.path).parent_path().string();
    const File parent(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (parent.fd() >= 0) fsync(parent.fd());
    fstat(file.fd(), &read_);
    return {};
  }

  const KeyringOptions options_;
  std::mutex mutex_;
  Keys keys_;
  struct stat read_ {};  // of the file when the keys were read
};

}  // namespace

std::unique_ptr<KeyProvider> open_keyring(KeyringOptions options) {
  return std::make_unique<Keyring>(std::move(options));
}

}  // namespace millrace::seal
