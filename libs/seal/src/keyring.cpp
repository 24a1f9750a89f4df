#include "seal/keyring.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "aes_gcm.hpp"
#include "keyring_file.hpp"

namespace millrace::seal {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

std::string random_id() {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string id = "key-";
  for (const char octet : random_octets(10)) id += digits[static_cast<unsigned char>(octet) % 36];
  return id;
}

Key new_key() { return {random_id(), ClearText(random_octets(key_bytes))}; }

class Keyring final : public KeyProvider {
 public:
  explicit Keyring(KeyringOptions options) : options_(std::move(options)), file_(options_.path) {}

  Result<std::string> active() override {
    const std::lock_guard lock(mutex_);
    if (Status read = file_.read(keys_); !read) return fail(read.error());
    return keys_.front().id;
  }

  Result<Wrapped> wrap(const ClearText& data_key, BytesView bound_to) override {
    const std::lock_guard lock(mutex_);
    if (options_.make && file_.missing())
      if (Status made = make(); !made) return fail(made.error());
    if (Status read = file_.read(keys_); !read) return fail(read.error());
    return Wrapped{encrypt(keys_.front().octets, bound_to, data_key.view()), keys_.front().id};
  }

  Result<ClearText> unwrap(const Wrapped& wrapped, BytesView bound_to) override {
    const std::lock_guard lock(mutex_);
    if (Status read = file_.read(keys_); !read)
      return fail(within("key " + wrapped.key_id, read.error()));
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
    if (Status read = file_.read(keys_); !read) return fail(read.error());
    std::vector<std::string> ids;
    for (const Key& key : keys_) ids.push_back(key.id);
    return ids;
  }

  Result<std::string> add_key() override {
    const std::lock_guard lock(mutex_);
    std::string id;
    const Status added = change([&] {
      if (keys_.size() >= keyring_keys_max)
        return Status(
            fail(Code::resource_exhausted,
                 name() + " has " + std::to_string(keys_.size()) + " keys: forget old ones first"));
      keys_.insert(keys_.begin(), new_key());
      id = keys_.front().id;
      return Status();
    });
    if (!added) return fail(added.error());
    return id;
  }

  Status forget(const std::string& key_id) override {
    const std::lock_guard lock(mutex_);
    return change([&] {
      const auto key = find(key_id);
      if (key == keys_.begin())
        return Status(fail(Code::failed_precondition, "key " + key_id + " is the active one"));
      if (key != keys_.end()) keys_.erase(key);
      return Status();
    });
  }

  std::string name() const override { return file_.name(); }

 private:
  Keys::iterator find(const std::string& id) {
    return std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == id; });
  }

  Status make() {
    if (options_.may_make)
      if (const Status may = options_.may_make(); !may)
        return fail(within(name() + " is not there, and no other is made", may.error()));
    const Result<File> lock = file_.lock();
    if (!lock) return fail(lock.error());
    if (!file_.missing()) return {};  // another process was first
    keys_.clear();
    keys_.push_back(new_key());
    if (Status written = written_or_read_anew(); !written) return written;
    if (options_.on_made) options_.on_made(options_.path);
    return {};
  }

  // `edit` changes the keys as they are in the file at that moment, whoever wrote it last.
  template <class Edit>
  Status change(const Edit& edit) {
    const Result<File> lock = file_.lock();
    if (!lock) return fail(lock.error());
    keys_.clear();
    if (Status read = file_.read(keys_); !read) return read;
    if (Status edited = edit(); !edited) return edited;
    return written_or_read_anew();
  }

  Status written_or_read_anew() {
    Status written = file_.write(keys_);
    if (!written) keys_.clear();
    return written;
  }

  const KeyringOptions options_;
  std::mutex mutex_;
  KeyringFile file_;
  Keys keys_;
};

}  // namespace

std::unique_ptr<KeyProvider> open_keyring(KeyringOptions options) {
  return std::make_unique<Keyring>(std::move(options));
}

}  // namespace millrace::seal
