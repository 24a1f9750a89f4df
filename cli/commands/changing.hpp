// What deploy and rollback have in common once they know what to ask for: the plan, the breaks that
// are listed and accepted, the answer and the wait. Used by the main thread.
#pragma once

#include <functional>
#include <string_view>

#include "cli/client/schema_client.hpp"
#include "cli/commands/waiting.hpp"
#include "cli/session.hpp"

namespace millrace::cli {

struct ChangeWords {
  std::string_view what;     // "a deploy"
  std::string_view kept;     // behind a deployment that there was already
  std::string_view made;     // behind one that is new
  std::string_view nothing;  // where nothing has to change
  bool joins = false;        // a deployment that there was already may be one under way
};

// Sends the order as it stands, a plan or not.
using SendOrder = std::function<statekit::Result<DeployAnswer>()>;

// An exit code. With `order.allow_breaking` what would break is listed first, and the order carries
// that and no more: what comes up in between is refused.
int make_changeset(const Session& session, const SchemaClient& client, ChangesetOrder& order,
                   const SendOrder& send, const Waiting& waiting, const ChangeWords& words);

}  // namespace millrace::cli
