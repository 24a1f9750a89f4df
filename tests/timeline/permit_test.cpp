#include "services/timeline/permit.hpp"

#include "support/catch.hpp"

using namespace millrace::timeline;
using millrace::access::Caller;
using millrace::access::Role;
using millrace::statekit::CallEvent;
using millrace::statekit::DeploymentEvent;
using millrace::statekit::LineLevel;
using millrace::statekit::LogEvent;
using millrace::statekit::TimelineEvent;

namespace {

constexpr const char* ours = "dpl-echo-0123456789";

TimelineEvent line(const std::string& source, const std::string& deployment,
                   const std::string& message = "hello") {
  return {0, 0, {}, {}, LogEvent{LineLevel::warn, source, deployment, message, {}}};
}

bool tells(const Caller& caller, const std::vector<TimelineEvent>& events) {
  return !not_theirs(caller, events);
}

const Caller platform{"millrace", {{Role::service, {}}}, "process"};
const Caller echo{"echo-1", {{Role::service, {"echo"}}}, "token"};

}  // namespace

TEST_CASE("the platform's services tell whatever happened") {
  CHECK(tells(platform, {line("access", "", "access.denied"),
                         {0, 0, {}, {}, CallEvent{}},
                         {0, 0, {}, {}, DeploymentEvent{}}}));
}

TEST_CASE("what serves a module tells lines of that module's deployments, and nothing else") {
  CHECK(tells(echo, {line("echo", ours)}));
  CHECK(tells(echo, {}));
  CHECK_FALSE(tells(echo, {line("bank", "dpl-bank-0123456789")}));
  CHECK_FALSE(tells(echo, {line("echo", "dpl-bank-0123456789")}));
  CHECK_FALSE(tells(echo, {line("echo", ours), {0, 0, {}, {}, CallEvent{}}}));
  CHECK_FALSE(tells(echo, {{0, 0, {}, {}, DeploymentEvent{}}}));
  CHECK(*not_theirs(echo, {line("bank", "")}) ==
        "echo-1 may not tell lines of 'bank': it takes the role service for that module");
}

TEST_CASE("nobody writes into the audit, whatever their module is called") {
  CHECK_FALSE(tells(echo, {line("access", "", "access.denied")}));
  CHECK_FALSE(tells(echo, {line("echo", "", "access.denied")}));
  const Caller named_so{"access-1", {{Role::service, {"access"}}}, "token"};
  CHECK_FALSE(tells(named_so, {line("access", "", "access.denied")}));
  CHECK_FALSE(tells(named_so, {line("access", "dpl-access-", "access.denied")}));
  // A line that names a deployment is not taken for the platform's (millrace audit).
  CHECK(tells(named_so, {line("access", "dpl-access-0123456789", "access.denied")}));
  const Caller admin{"root", {{Role::admin, {}}}, "token"};
  CHECK_FALSE(tells(admin, {line("access", "", "access.denied")}));
}
