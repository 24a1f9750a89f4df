// Where the journals of workspaces stand: beside the schema's, on the same engine.
// sqlite:DIR/journal.db has them in DIR/journal.state/, etcd://.../WORKSPACE
// and mysql://.../WORKSPACE in WORKSPACE.state.NAME, memory: in memory.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "statekit/journal.hpp"

namespace millrace::workspace {

class Shelf {
 public:
  virtual ~Shelf() = default;
  // A handle of the journal of that name, to be opened.
  virtual statekit::Result<std::unique_ptr<statekit::Journal>> journal(const std::string& name) = 0;
  // Whether there is one; nullopt where only opening it tells.
  virtual std::optional<bool> has(const std::string&) { return std::nullopt; }
  // What can be given back of a journal that nobody will open again. Best effort.
  virtual void discard(const std::string& name) = 0;
  // True when other processes may write to these journals too.
  virtual bool shared() const = 0;
};

// `url`: where the schema's journal is.
std::unique_ptr<Shelf> make_shelf(const std::string& url);

// The name of the journal that a workspace keeps for others, beside its own.
std::string journal_name(statekit::Revision id);

// The address of a journal beside another.
std::string sibling_journal(const std::string& url, const std::string& name);

// Where it is remembered how far a journal beside another was seen, so that one that was put back
// is noticed: DIR/journal.seen/NAME. Nullopt: the store is no file on this machine.
std::optional<std::string> seen_file(const std::string& url, const std::string& name);
// The same for the file of a journal that stands on a shelf; nullopt for any other file.
std::optional<std::string> seen_file_of(const std::string& sqlite);

}  // namespace millrace::workspace
