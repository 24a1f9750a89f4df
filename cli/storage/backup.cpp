#include "cli/storage/backup.hpp"

#include <filesystem>
#include <memory>

#include "cli/storage/beside.hpp"
#include "cli/storage/store.hpp"

namespace millrace::cli {

using namespace statekit;
using namespace journal;

namespace {

namespace fs = std::filesystem;

constexpr int attempts_max = 3;  // where a source is compacted while it is read

Result<Copied> copy_to_file(Journal& from, const std::string& path, const OnProgress& progress) {
  const auto head = from.head();
  if (!head) return failed("reading the head", head.error());
  for (int tries = attempts_max;; --tries) {
    auto copied = build_file(from, path, head->incarnation, progress);
    if (copied || copied.error().code != Code::out_of_range || tries == 1) return copied;
  }
}

// A folder of the owner's alone: states are full of passwords.
Status make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (!error) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Code::unavailable, path + ": cannot be made: " + error.message());
}

// One backup's folder while it is filled.
class Filling {
 public:
  Filling(std::string folder, std::string address, OnProgress progress)
      : folder_(std::move(folder)), address_(std::move(address)), progress_(std::move(progress)) {}

  // The catalogue comes before what it tells of: an id that is younger than it would be given to
  // another workspace after a restore.
  Status fill(Journal& schema, Journal& catalogue) {
    contents_.resize(1);
    if (Status done = take(catalogue, catalogue_name); !done) return done;
    const auto copy = open_at(path_in(folder_, catalogue_name), Access::read);
    if (!copy) return fail(copy.error());
    const auto names = names_in(**copy);
    (*copy)->close();
    if (!names) return fail(names.error());
    of_ = names->size() + 1;
    for (const std::string& name : *names) {
      ++number_;
      const auto from = open_beside(address_, name);
      if (!from) return fail(from.error());
      // None so far, or none any more: either way nothing was in it that has to stay.
      if (!*from) continue;
      if (Status done = take(**from, name); !done) return done;
    }
    ++number_;
    if (Status done = take(schema, schema_name); !done) return done;
    return write_contents(folder_, contents_);
  }

  const Copied& schema() const { return schema_; }
  std::size_t workspace_journals() const { return contents_.size() - 1; }
  std::uint64_t workspace_entries() const { return entries_; }

 private:
  Status take(Journal& from, const std::string& name) {
    const OnProgress progress = number_ == 0 ? nullptr : of_several(progress_, number_, of_);
    const auto copied = copy_to_file(from, path_in(folder_, name), progress);
    if (!copied) return fail(copied.error());
    Content content{name, copied->head.last, hex(copied->head.digest)};
    if (name == schema_name) {
      contents_.front() = std::move(content);
      schema_ = *copied;
    } else {
      contents_.push_back(std::move(content));
      entries_ += copied->entries;
    }
    return {};
  }

  const std::string folder_, address_;
  const OnProgress progress_;
  std::size_t number_ = 0, of_ = 0;  // of those that are copied; the catalogue is not told of
  std::vector<Content> contents_;
  Copied schema_;
  std::uint64_t entries_ = 0;
};

void add_copied(Facts& facts, const Copied& copied) {
  add_head(facts, copied.head);
  facts.emplace_back("entries", copied.entries);
  facts.emplace_back("snapshots", copied.snapshots);
}

Result<Facts> backup_folder(Journal& schema, Journal& catalogue, const std::string& address,
                            const std::string& folder, const OnProgress& progress) {
  std::error_code error;
  if (fs::exists(folder, error))
    return fail(Code::already_exists, folder + ": it is there already: name a new one");
  const std::string partial = folder + ".partial";
  fs::remove_all(partial, error);
  if (Status made = make_folder(partial); !made) return fail(made.error());
  if (Status made = make_folder(partial + "/journal.state"); !made) return fail(made.error());
  Filling filling(partial, address, progress);
  Status done = filling.fill(schema, catalogue);
  if (done) done = move_folder(partial, folder);
  if (!done) {
    fs::remove_all(partial, error);
    return fail(done.error());
  }
  Facts facts{{"journal", address}, {"backup", folder}};
  add_copied(facts, filling.schema());
  facts.emplace_back("workspace_journals", std::uint64_t{filling.workspace_journals()});
  facts.emplace_back("workspace_entries", filling.workspace_entries());
  return facts;
}

// Sums over the journals of workspaces.
struct Sums {
  std::uint64_t journals = 0, entries = 0;

  Facts facts() const { return {{"workspace_journals", journals}, {"workspace_entries", entries}}; }
};

}  // namespace

OnProgress of_several(const OnProgress& progress, std::size_t number, std::size_t of) {
  if (!progress) return {};
  const std::string which =
      "journal " + std::to_string(number) + " of " + std::to_string(of) + ": ";
  return [progress, which](const char* doing, std::uint64_t done, std::uint64_t all,
                           std::uint64_t bytes) {
    progress((which + doing).c_str(), done, all, bytes);
  };
}

Result<Facts> storage_backup(const StorageOptions& options, const OnProgress& progress) {
  const std::string address = store_address(options, false);
  auto from = open_at(address, Access::read);
  if (!from) return fail(std::move(from.error()));
  if (outlives_process(address)) {
    const auto catalogue = open_beside(address, catalogue_name);
    if (!catalogue) return fail(catalogue.error());
    if (*catalogue) return backup_folder(**from, **catalogue, address, options.file, progress);
  }
  const auto copied = copy_to_file(**from, options.file, progress);
  if (!copied) return fail(copied.error());
  Facts facts{{"journal", address}, {"backup", options.file}};
  add_copied(facts, *copied);
  return facts;
}

Result<Facts> verify_folder(const std::string& folder, const OnProgress& progress) {
  const auto contents = read_contents(folder);
  if (!contents) return fail(contents.error());
  Facts facts{{"journal", folder}, {"whole", true}};
  Sums sums;
  std::size_t number = 0;
  for (const Content& each : *contents) {
    const std::string path = path_in(folder, each.name);
    auto journal = open_at(path, Access::read);
    if (!journal) return fail(within("the backup " + folder, std::move(journal.error())));
    const auto whole =
        verify(**journal, verifying(of_several(progress, ++number, contents->size())));
    if (!whole) return failed("verifying " + path, whole.error());
    if (whole->head.last != each.last || hex(whole->head.digest) != each.digest)
      return fail(Code::data_loss, path + ": it does not end at revision " +
                                       std::to_string(each.last) +
                                       " as the backup's contents say: it belongs to another one");
    if (each.name == schema_name) {
      add_head(facts, whole->head);
      facts.emplace_back("entries", whole->entries);
      facts.emplace_back("entry_bytes", whole->entry_bytes);
      facts.emplace_back("snapshots", whole->snapshots);
      facts.emplace_back("snapshot_bytes", whole->snapshot_bytes);
    } else {
      ++sums.journals;
      sums.entries += whole->entries;
    }
  }
  const Facts more = sums.facts();
  facts.insert(facts.end(), more.begin(), more.end());
  return facts;
}

Result<Facts> verify_beside(const std::string& address, const OnProgress& progress) {
  const auto names = journals_beside(address);
  if (!names) return fail(names.error());
  Sums sums;
  for (const std::string& name : *names) {
    const auto journal = open_beside(address, name);
    if (!journal) return fail(journal.error());
    if (!*journal) continue;  // deleted meanwhile
    ++sums.journals;
    const auto whole =
        verify(**journal, verifying(of_several(progress, sums.journals, names->size())));
    if (!whole) return failed("verifying workspace journal " + name, whole.error());
    sums.entries += whole->entries;
  }
  return sums.facts();
}

}  // namespace millrace::cli
