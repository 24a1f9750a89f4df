#include "cli/storage/beside.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>

#include "cli/storage/store.hpp"
#include "services/schema/workspace/codec.hpp"
#include "services/schema/workspace/shelf.hpp"
#include "statekit/commit_codec.hpp"
#include "statekit/machine_parts.hpp"
#include "statekit/snapshot.hpp"

namespace millrace::cli {

using namespace statekit;
using workspace::CatalogueCodec;
using workspace::CatalogueState;

namespace {

constexpr std::size_t read_entries = 64;
constexpr std::size_t read_bytes = std::size_t{4} << 20;

Status load(Journal& journal, CatalogueState& state) {
  auto parts = read_snapshot(journal, std::numeric_limits<Revision>::max());
  if (!parts) return fail(parts.error());
  if (!*parts) return {};
  const auto decoded = decode_snapshot_parts<CatalogueCodec>(std::move(**parts));
  if (!decoded) return fail(decoded.error());
  state.restore(decoded->snapshot);
  return {};
}

Status catch_up(Journal& journal, CatalogueState& state) {
  for (;;) {
    const auto entries = journal.read(state.revision(), read_entries, read_bytes);
    if (!entries) return fail(to_error(entries.error()));
    if (entries->empty()) return {};
    for (const Entry& entry : *entries) {
      const auto envelope = decode_envelope(entry.commit);
      if (!envelope) return fail(envelope.error());
      const auto commit = from_envelope<CatalogueCodec>(entry.revision, *envelope);
      if (!commit) return fail(commit.error());
      state.apply(*commit);
    }
  }
}

// Of a journal that could not be opened, and may be none: whether the one beside it can be read.
bool answers(const std::string& address) {
  const auto journal = open_at(address, Access::read);
  return journal && (*journal)->head();
}

}  // namespace

bool is_beside(const std::string& name) {
  if (name == catalogue_name) return true;
  const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  return digits > 0 && (digits == name.size() || name.substr(digits) == ".journal");
}

Result<std::vector<std::string>> names_in(Journal& catalogue) {
  CatalogueState state;
  Status read = load(catalogue, state);
  if (read) read = catch_up(catalogue, state);
  if (!read) return fail(within("reading the catalogue of workspaces", read.error()));
  std::vector<std::string> names;
  for (const auto& [name, entry] : state.names()) {
    names.push_back(std::to_string(entry.id));
    names.push_back(workspace::journal_name(entry.id));
  }
  return names;
}

Result<std::unique_ptr<Journal>> open_beside(const std::string& address, const std::string& name) {
  const std::string beside = workspace::sibling_journal(address, name);
  if (const auto path = journal::sqlite_path(beside)) {
    std::error_code error;
    if (!std::filesystem::exists(*path, error) && !error) return std::unique_ptr<Journal>();
  }
  auto journal = open_at(beside, Access::read);
  // Only opening it tells whether there is one.
  if (!journal && journal.error().code == Code::unavailable && !journal::sqlite_path(beside) &&
      answers(address))
    return std::unique_ptr<Journal>();
  return journal;
}

Status make_room_beside(const std::string& address) {
  namespace fs = std::filesystem;
  const auto path = journal::sqlite_path(workspace::sibling_journal(address, catalogue_name));
  if (!path) return {};
  const fs::path folder = fs::path(*path).parent_path();
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Code::unavailable, folder.string() + ": cannot be made: " + error.message());
}

Result<std::vector<std::string>> journals_beside(const std::string& address) {
  std::vector<std::string> found;
  if (!journal::outlives_process(address)) return found;
  const auto catalogue = open_beside(address, catalogue_name);
  if (!catalogue) return fail(catalogue.error());
  if (!*catalogue) return found;
  const auto names = names_in(**catalogue);
  if (!names) return fail(names.error());
  found.emplace_back(catalogue_name);
  for (const std::string& name : *names) {
    const auto journal = open_beside(address, name);
    if (!journal) return fail(journal.error());
    if (*journal) found.push_back(name);
  }
  return found;
}

}  // namespace millrace::cli
