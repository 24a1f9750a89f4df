// --wait of the commands that make a changeset: asks how it goes on until the verdict
// (deploy_wait.hpp) stands or the time is up. Used by the main thread.
#pragma once

#include <cstdint>
#include <string>

#include "cli/client/schema_client.hpp"
#include "cli/command.hpp"

namespace millrace::cli {

struct Waiting {
  bool wait = false;
  std::string wait_for = "routing,ingress";
  bool ignore_gone = false;
  std::int64_t timeout_ms = 90'000;
};

// The options; `waiting` lives as long as the command.
void add_waiting(Command& command, Waiting& waiting);

struct Goal {
  Waiting waiting;
  bool hold = false;  // done once prepared
};

// An exit code. `phase`: of the changeset, as far as it was seen.
int wait_until_done(const Session& session, const SchemaClient& client,
                    const std::string& changeset, const Goal& goal, std::string& phase);

}  // namespace millrace::cli
