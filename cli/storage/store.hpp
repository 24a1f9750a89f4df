// Which store the options of a storage command mean, and how it is opened. Used by this folder.
#pragma once

#include <memory>
#include <string>

#include "cli/storage/storage.hpp"
#include "journal/copy.hpp"
#include "journal/open.hpp"
#include "journal/sqlite.hpp"
#include "journal/verify.hpp"
#include "statekit/journal.hpp"

namespace millrace::cli {

// The address: `file` where that names the store, else `journal`, else the one in `data`.
std::string store_address(const StorageOptions& options, bool file_is_store);

enum class Access { read, write, create, fill };
statekit::Result<std::unique_ptr<statekit::Journal>> open_at(
    const std::string& address, Access access, const statekit::Incarnation& if_new = {});

inline tl::unexpected<statekit::Error> failed(const std::string& doing,
                                              const statekit::JournalError& error) {
  return statekit::fail(statekit::within(doing, to_error(error)));
}

// Where a journal begins and ends.
void add_head(Facts& facts, const statekit::Head& head);

// For copy and verify.
journal::OnCopy copying(const OnProgress& progress);
journal::VerifyProgress verifying(const OnProgress& progress);

// Fills a new SQLite store beside `path` from `from`, checks it, and moves it there by one rename;
// never over a file that is there.
statekit::Result<journal::Copied> build_file(statekit::Journal& from, const std::string& path,
                                             const statekit::Incarnation& incarnation,
                                             const OnProgress& progress);

// A new file of this text, mode 0600, and synced.
statekit::Status write_durably(const std::string& path, const std::string& text);
// Gives a folder its name, which nothing else has yet, for good.
statekit::Status move_folder(const std::string& from, const std::string& to);

// That both fold into the same state at the end of `head`.
statekit::JournalResult<void> same_state(statekit::Journal& one, statekit::Journal& other);

}  // namespace millrace::cli
