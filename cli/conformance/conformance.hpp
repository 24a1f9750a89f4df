// The rules of the state and journal protocols (docs/http-state.md, docs/http-journal.md) as cases
// by name, each tried on a server that claims to speak it. Used by `millrace state conformance`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/conformance/probe.hpp"
#include "tls/credentials.hpp"

namespace millrace::cli {

struct ConformanceCase {
  std::string name;   // "lock.wrong-id-refused"; frozen: people filter by it
  std::string about;  // the rule, in one sentence
  std::function<void(Probe&)> run;
};

std::vector<ConformanceCase> state_cases();
std::vector<ConformanceCase> lock_cases();
std::vector<ConformanceCase> workspace_cases();
std::vector<ConformanceCase> journal_cases();

struct CaseReport {
  std::string name;
  std::string about;
  bool passed = false;
  std::string expected;  // of what failed
  std::string got;
};

struct ConformanceReport {
  std::string url;
  std::vector<CaseReport> cases;
  std::size_t failed() const;
};

struct ConformanceOrder {
  std::string url;                                     // http://HOST:PORT, or https
  std::string only;                                    // the beginning of a case's name; empty: all
  std::int64_t timeout_ms = 10'000;                    // of one request
  std::string run;                                     // makes the workspaces' names this run's own
  std::string token = {};                              // shown as a bearer's; empty: none
  std::shared_ptr<tls::Credentials> credentials = {};  // over https
};

// Called before each case, for progress.
using OnCase = std::function<void(const ConformanceCase&)>;

// Makes workspaces of its own and deletes them. Unavailable when nothing answers there;
// InvalidArgument for what is no address, or names no case.
statekit::Result<ConformanceReport> check_states(const ConformanceOrder& order,
                                                 const OnCase& on_case);
// The rules of the journal protocol (docs/http-journal.md), in the same way.
statekit::Result<ConformanceReport> check_journals(const ConformanceOrder& order,
                                                   const OnCase& on_case);
// The first over any way to send requests.
statekit::Result<ConformanceReport> check_states(const ConformanceOrder& order, const Fetch& fetch,
                                                 const OnCase& on_case);

// One JSON document; frozen.
std::string to_json(const ConformanceReport& report);

}  // namespace millrace::cli
