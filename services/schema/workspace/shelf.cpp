#include "services/schema/workspace/shelf.hpp"

#include <filesystem>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include "journal/memory.hpp"
#include "journal/open.hpp"
#include "journal/remember.hpp"

namespace millrace::workspace {

using statekit::Code;
using statekit::fail;
using statekit::Journal;
using statekit::Result;

namespace {

namespace fs = std::filesystem;

constexpr const char* shelf_extension = ".state";
// Not on the shelf: whoever puts that folder back as a whole is to be noticed as well.
constexpr const char* seen_extension = ".seen";

fs::path folder_beside(const std::string& sqlite, const char* extension = shelf_extension) {
  fs::path path(sqlite);
  return path.replace_extension(extension);
}

// States are full of passwords: the folder is the owner's alone, as the files are.
statekit::Status make_private(const fs::path& folder) {
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Code::unavailable, "making the folder " + folder.string() + ": " + error.message());
}

class UrlShelf final : public Shelf {
 public:
  explicit UrlShelf(std::string url) : url_(std::move(url)) {}

  Result<std::unique_ptr<Journal>> journal(const std::string& name) override {
    auto journal = journal::open_journal(sibling_journal(url_, name));
    const auto sqlite = journal::sqlite_path(url_);
    if (!journal || !sqlite) return journal;
    for (const char* extension : {shelf_extension, seen_extension})
      if (auto made = make_private(folder_beside(*sqlite, extension)); !made)
        return fail(made.error());
    return journal::make_remembering_journal(std::move(*journal), *seen_file(url_, name));
  }

  std::optional<bool> has(const std::string& name) override {
    const auto file = journal::sqlite_path(sibling_journal(url_, name));
    if (!file) return std::nullopt;
    std::error_code error;
    return fs::exists(*file, error) || error;
  }

  // etcd keeps a few small keys, a database a row: the journal was compacted to its end before.
  void discard(const std::string& name) override {
    if (!journal::sqlite_path(url_)) return;
    const std::string file = *journal::sqlite_path(sibling_journal(url_, name));
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-lock"}) fs::remove(file + suffix, ignored);
    fs::remove(*seen_file(url_, name), ignored);
  }

  bool shared() const override { return !journal::sqlite_path(url_); }

 private:
  const std::string url_;
};

class MemoryShelf final : public Shelf {
 public:
  Result<std::unique_ptr<Journal>> journal(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    auto& store = stores_[name];
    if (!store) store = journal::make_memory_store();
    return journal::make_memory_journal(store);
  }
  std::optional<bool> has(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    return stores_.count(name) != 0;
  }
  void discard(const std::string& name) override {
    const std::lock_guard lock(mutex_);
    stores_.erase(name);
  }
  bool shared() const override { return false; }

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<journal::MemoryStore>> stores_;
};

}  // namespace

std::unique_ptr<Shelf> make_shelf(const std::string& url) {
  if (!journal::outlives_process(url)) return std::make_unique<MemoryShelf>();
  return std::make_unique<UrlShelf>(url);
}

std::string journal_name(statekit::Revision id) { return std::to_string(id) + ".journal"; }

std::string sibling_journal(const std::string& url, const std::string& name) {
  if (const auto sqlite = journal::sqlite_path(url))
    return "sqlite:" + (folder_beside(*sqlite) / (name + ".db")).string();
  const std::size_t query = url.find('?');
  return url.substr(0, query) + ".state." + name +
         (query == std::string::npos ? std::string() : url.substr(query));
}

std::optional<std::string> seen_file(const std::string& url, const std::string& name) {
  const auto sqlite = journal::sqlite_path(url);
  if (!sqlite) return std::nullopt;
  return (folder_beside(*sqlite, seen_extension) / name).string();
}

std::optional<std::string> seen_file_of(const std::string& sqlite) {
  const fs::path path(sqlite);
  fs::path folder = path.parent_path();
  if (folder.extension() != shelf_extension) return std::nullopt;
  return (folder.replace_extension(seen_extension) / path.stem()).string();
}

}  // namespace millrace::workspace
