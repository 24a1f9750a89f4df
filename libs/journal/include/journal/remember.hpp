// A journal of any driver that remembers, in a small file beside the program's data, where it was
// seen to stand. So a store that went back while nobody looked (an old copy put in its place, a
// volume restored) is noticed when it is next opened: `rewound`, until an operator accepts it. The
// position is written with each append and without a sync: it outlives the process, and what a
// power cut takes of it only warns of less. Used by the schema service. Thread safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::journal {

// `path`: the file, whose folder exists.
std::unique_ptr<statekit::Journal> make_remembering_journal(
    std::unique_ptr<statekit::Journal> journal, std::string path);

// What was remembered; nullopt: nothing that is whole.
std::optional<statekit::Position> remembered_position(const std::string& path);

// From now on the journal counts as it is. Fine when nothing was remembered.
statekit::JournalResult<void> forget_position(const std::string& path);

}  // namespace millrace::journal
