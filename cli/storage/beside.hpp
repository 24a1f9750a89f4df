// The journals that stand beside a schema's: the catalogue of workspaces and those of each
// workspace in it (docs/http-state.md). Used by this folder, for what must be copied and checked
// together.
#pragma once

#include <string>
#include <vector>

#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

inline constexpr const char* catalogue_name = "catalogue";

// Whether a journal's name is one that stands on such a shelf.
bool is_beside(const std::string& name);

// The names that this catalogue tells of, each with a journal of its own, or with none so far:
// "3", and "3.journal" for what a workspace keeps for others.
statekit::Result<std::vector<std::string>> names_in(statekit::Journal& catalogue);

// A handle of a journal beside the one at `address`, to read; null: there is none.
statekit::Result<std::unique_ptr<statekit::Journal>> open_beside(const std::string& address,
                                                                 const std::string& name);

// The folder for journals beside the one at `address`, where they are files; its owner's alone.
statekit::Status make_room_beside(const std::string& address);

// The names of those that are there, the catalogue first; none without workspaces.
statekit::Result<std::vector<std::string>> journals_beside(const std::string& address);

}  // namespace millrace::cli
