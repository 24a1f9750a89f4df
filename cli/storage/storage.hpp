// What the `millrace storage` commands do: look at, copy and change journals, of any driver where
// that is possible. They open the store themselves; no service is asked. Main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::cli {

// What a command found or did, in the order in which it is printed.
using Fact = std::variant<std::string, std::uint64_t, bool>;
using Facts = std::vector<std::pair<std::string, Fact>>;

struct StorageOptions {
  std::string file;  // a file or an address; for backup and restore: the backup
  std::string data = ".millrace";
  std::string journal;  // an address; empty: the embedded store of `data`
  std::string to;       // migrate: another driver's address; empty: in its place
  std::int64_t format = 2;
  std::int64_t keep = 100'000;  // compact: commits
  bool dry_run = false;
  bool discard_old = false;
  bool undo = false;
  bool force = false;  // restore, migrate: although schema services live on it
};

// Told of how far it is: "copied", revisions done and of how many, octets so far.
using OnProgress = std::function<void(const char* doing, std::uint64_t done, std::uint64_t of,
                                      std::uint64_t bytes)>;

statekit::Result<Facts> storage_info(const StorageOptions& options);
statekit::Result<Facts> storage_verify(const StorageOptions& options, const OnProgress& progress);
// Beside a running service. The backup is a store of its own, which `verify` reads.
statekit::Result<Facts> storage_backup(const StorageOptions& options, const OnProgress& progress);
// Into a store that is missing, empty, or half filled by the same backup, with a new incarnation.
statekit::Result<Facts> storage_restore(const StorageOptions& options, const OnProgress& progress);
statekit::Result<Facts> storage_migrate(const StorageOptions& options, const OnProgress& progress);
statekit::Result<Facts> storage_compact(const StorageOptions& options);
statekit::Result<Facts> storage_accept_rewind(const StorageOptions& options);

}  // namespace millrace::cli
