// A journal of some engine that is filled by a restore or a migration, which is killed (-9) at
// several places of its way. For the end-to-end tests of each engine.
#pragma once

#include <functional>
#include <string>

namespace millrace::e2e {

struct Engine {
  int port = 0;
  // The address of a workspace, by way of what listens there.
  std::function<std::string(const std::string& host_and_port, const std::string& workspace)> url;
};

// That what is left half is told by info and verify, is served by nobody, and is gone on with.
void check_killed_restores(const Engine& engine);
void check_killed_migrations(const Engine& engine);

}  // namespace millrace::e2e
