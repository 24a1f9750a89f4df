// How a journal is filled from another one so that what is half there is never served: it has a
// mark from before its first commit until all of it was checked (statekit::JournalOptions::fill).
// Used by this folder.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/storage/store.hpp"

namespace millrace::cli {

// A journal that is only looked at, also while it is half filled.
struct Look {
  std::unique_ptr<statekit::Journal> journal;
  statekit::Head head;
  bool half = false;
};
// Unavailable: there is none, or it cannot be reached.
statekit::Result<Look> look_at(const std::string& address);

// What fills it: nullopt where it is empty or missing, or half filled.
statekit::Result<std::optional<statekit::Head>> whole_at(const std::string& address);

// That no schema service lives on a journal which several machines share, naming those that do; a
// file is locked by whoever writes it. Unavailable.
statekit::Status check_unused(const std::string& address, bool force);

// Opens it with the mark, in which it stays until `filled`.
statekit::Result<std::unique_ptr<statekit::Journal>> open_to_fill(
    const std::string& address, const statekit::Incarnation& incarnation);

// Copies all of `from` into what was opened so, checks it, and takes the mark away once `checked`
// (null: nothing more) says that it is well. Interrupted, it goes on when it is called again.
using Checked = std::function<statekit::Status(const journal::Copied&)>;
statekit::Result<journal::Copied> fill(statekit::Journal& from, statekit::Journal& to,
                                       const OnProgress& progress, const Checked& checked = {});

}  // namespace millrace::cli
