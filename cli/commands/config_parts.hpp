// What the commands of config share: names as they are written, and how a change is asked for and
// its answer printed. Main thread.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/schema_client.hpp"
#include "cli/command.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

struct ConfigWrite {
  bool plan = false;
  std::string if_revision;
  std::string reason;
};
// --plan, --if-revision, --reason, --output and the schema service's address.
void add_config_write(Command& command, ConfigWrite& write, Session& session);

// "shop.currency" or "currency", as module and name.
statekit::Result<std::pair<std::string, std::string>> config_words(const std::string& word);

// A revision as it was written.
statekit::Result<statekit::Revision> revision_of(const std::string& word);

// Asks for the changes and prints what came of it; `done_words`: "2 values set".
int change_config(const Session& session, const ConfigWrite& write,
                  std::vector<ConfigChange> changes, const std::string& done_words,
                  std::optional<statekit::Revision> seen = std::nullopt);

// The same for secrets, whose values nobody prints.
int change_secrets(const Session& session, const ConfigWrite& write,
                   std::vector<SecretChange> changes, const std::string& done_words);

std::string count_of(std::size_t count, const std::string& word);  // "1 value", "2 values"

}  // namespace millrace::cli
