// How several journals are gone over as one: those of a backup's folder, and those beside a
// schema's. Used by this folder.
#pragma once

#include <string>

#include "cli/storage/contents.hpp"
#include "cli/storage/storage.hpp"

namespace millrace::cli {

// Reads and checks every journal of a backup's folder; facts as storage_verify tells them.
statekit::Result<Facts> verify_folder(const std::string& folder, const OnProgress& progress);
// The journals beside the one at `address`: how many, and how many commits they hold.
statekit::Result<Facts> verify_beside(const std::string& address, const OnProgress& progress);

// Progress that says besides which of several journals it is about.
OnProgress of_several(const OnProgress& progress, std::size_t number, std::size_t of);

}  // namespace millrace::cli
