// When `deploy --wait` is done: the changeset is committed and every live follower of the wanted
// kinds, at least one of each, has acknowledged it. Pure: a report and times in, a verdict out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/client/reports.hpp"

namespace millrace::cli {

struct WaitRules {
  std::vector<std::string> kinds{"routing", "ingress"};
  bool hold = false;         // done once prepared
  bool ignore_gone = false;  // a follower that went away is not waited for
};

struct Verdict {
  enum class Kind { reached, failed, waiting } kind = Kind::waiting;
  std::vector<std::string> waiting_for;  // a line each
  std::string failure;
};

// `since_ms`: how long ago the changeset was created.
Verdict judge(const ChangesetReport& report, const WaitRules& rules, std::int64_t since_ms);

}  // namespace millrace::cli
