// `millrace run`: deploys one module, starts its program, keeps it registered for as long as it
// lives, and drains it at the end. Main thread; blocks until the program has ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/session.hpp"

namespace millrace::cli {

struct RunOptions {
  std::string file;
  std::vector<std::string> command;
  std::int64_t port = 0;  // 0: any
  std::string advertise;  // host under which others reach the program; empty: this machine alone
  std::string build;      // empty: made from the command
  std::int64_t replicas = 1;
  bool redeploy = false;
  bool strict = false;                // what nothing carries out yet is refused
  std::int64_t deadline_ms = 60'000;  // until prepared, else the deployment is rolled back
  std::int64_t wait_for_deps_ms = 30'000;
  std::int64_t drain_ms = 500;        // for calls in flight, once nobody sends new ones
  std::int64_t stop_ms_max = 10'000;  // between SIGTERM and SIGKILL
};

int run(const Session& session, const RunOptions& options);

}  // namespace millrace::cli
