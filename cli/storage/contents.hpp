// What a backup of several journals holds: a folder with the schema's journal, those of workspaces
// in `journal.state`, and a file `contents` that is written last and says where each of them ends.
// So one that is missing or cut off is noticed. Used by this folder.
#pragma once

#include <string>
#include <vector>

#include "statekit/journal.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

struct Content {
  std::string name;  // "journal", the schema's; else as is_beside wants it
  statekit::Revision last = 0;
  std::string digest;  // in hex
};

inline constexpr const char* schema_name = "journal";

bool is_folder(const std::string& path);
// Where the journal of that name stands in the folder.
std::string path_in(const std::string& folder, const std::string& name);

statekit::Status write_contents(const std::string& folder, const std::vector<Content>& contents);
// DataLoss: it is missing, cut off or was changed.
statekit::Result<std::vector<Content>> read_contents(const std::string& folder);

}  // namespace millrace::cli
