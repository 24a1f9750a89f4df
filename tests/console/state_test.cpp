#include "services/console/state.hpp"
#include "support/catch.hpp"
#include "tests/console/changes.hpp"

using namespace millrace;
using console::ConsoleState;
using test::commit;

namespace {

const char* const echo_text = "module echo { export verb get(Unit) Unit  verb put(Unit) Unit }";
const std::string echo = "dpl-echo-0000000001";
const std::string newer = "dpl-echo-0000000002";

ConsoleState after(std::vector<schema::Event> events) {
  ConsoleState state;
  for (schema::Event& event : events) state.apply(commit(state.revision() + 1, {std::move(event)}));
  return state;
}

std::vector<schema::Event> echo_serves() {
  return {test::created("chs-1", {test::deployment(echo, echo_text)}),
          schema::EndpointRegistered{test::endpoint("ept-1", echo, "127.0.0.1:1")},
          schema::ChangesetPrepared{"chs-1"}, schema::ChangesetCommitted{"chs-1", {}}};
}

}  // namespace

TEST_CASE("an empty system has revision 0 and no modules") {
  CHECK(ConsoleState().dump() == "revision 0\n");
}

TEST_CASE("a module is preparing until its first changeset is committed") {
  CHECK(after({test::created("chs-1", {test::deployment(echo, echo_text)})}).dump() ==
        "revision 1\n"
        "module echo preparing 0/1 in chs-1\n"
        "deployment dpl-echo-0000000001 preparing\n"
        "changeset chs-1 preparing\n");
}

TEST_CASE("a committed module with a live endpoint is serving") {
  CHECK(after(echo_serves()).dump() ==
        "revision 4\n"
        "module echo serving 1/1 in chs-1\n"
        "deployment dpl-echo-0000000001 canonical ept-1\n"
        "changeset chs-1 committed\n");
}

TEST_CASE("a module whose endpoints are gone or unhealthy says so") {
  std::vector<schema::Event> events = echo_serves();
  events.push_back(schema::EndpointHealthChanged{"ept-1", false});
  CHECK(after(events).modules().at(0).state == console::ModuleState::no_endpoint);
  events.push_back(schema::EndpointHealthChanged{"ept-1", true});
  CHECK(after(events).modules().at(0).state == console::ModuleState::serving);
  events.push_back(schema::EndpointRemoved{"ept-1", "expired"});
  CHECK(after(events).modules().at(0).state == console::ModuleState::no_endpoint);
}

TEST_CASE("a module without verbs has nothing to serve") {
  const ConsoleState state =
      after({test::created("chs-1", {test::deployment(echo, "module echo { data D { } }")}),
             schema::ChangesetCommitted{"chs-1", {}}});
  CHECK(state.modules().at(0).state == console::ModuleState::declared);
}

TEST_CASE("the canonical deployment stands for its module while a newer one prepares") {
  std::vector<schema::Event> events = echo_serves();
  events.push_back(test::created("chs-2", {test::deployment(newer, echo_text)}));
  const ConsoleState state = after(events);
  REQUIRE(state.modules().size() == 1);
  CHECK(state.modules()[0].deployment->key == echo);
  CHECK(state.modules()[0].changeset == "chs-2");
}

TEST_CASE("what a commit replaces drains, is retired, and goes with its endpoints") {
  std::vector<schema::Event> events = echo_serves();
  events.push_back(test::created("chs-2", {test::deployment(newer, echo_text)}));
  events.push_back(schema::ChangesetCommitted{"chs-2", {echo}});
  CHECK(after(events).modules().at(0).deployment->key == newer);
  CHECK(after(events).deployments().at(echo).phase == schema::DeploymentPhase::draining);
  events.push_back(schema::ChangesetDrained{"chs-2"});
  events.push_back(schema::ChangesetFinalized{"chs-2"});
  CHECK(after(events).deployments().at(echo).phase == schema::DeploymentPhase::retired);
  events.push_back(schema::DeploymentsRemoved{{echo}});
  CHECK(after(events).deployments().count(echo) == 0);
  CHECK(after(events).endpoints_of(echo).empty());
}

TEST_CASE("a changeset that failed keeps its reason and its modules vanish") {
  const ConsoleState state =
      after({test::created("chs-1", {test::deployment(echo, echo_text)}),
             schema::ChangesetRollingBack{"chs-1", "not prepared within 60s"},
             schema::ChangesetFailed{"chs-1", ""}});
  CHECK(state.dump() ==
        "revision 3\n"
        "deployment dpl-echo-0000000001 failed\n"
        "changeset chs-1 failed not prepared within 60s\n");
}

TEST_CASE("a removed module is gone once its changeset is committed") {
  std::vector<schema::Event> events = echo_serves();
  schema::ChangesetCreated removal = test::created("chs-2", {});
  removal.changeset.removed_modules = {"echo"};
  events.push_back(removal);
  CHECK(after(events).modules().at(0).changeset == "chs-2");
  events.push_back(schema::ChangesetCommitted{"chs-2", {echo}});
  CHECK(after(events).modules().empty());
}

TEST_CASE("G8: only the newest of the ended changesets are remembered") {
  ConsoleState state;
  const std::size_t all = console::ended_changesets_max + 5;
  for (std::size_t i = 1; i <= all; ++i) {
    const std::string key = "chs-" + std::to_string(i);
    state.apply(commit(state.revision() + 1, {test::created(key, {})}));
    state.apply(commit(state.revision() + 1, {schema::ChangesetFailed{key, "no"}}));
  }
  CHECK(state.changesets().size() == console::ended_changesets_max);
  CHECK(state.changesets().count("chs-5") == 0);
  CHECK(state.changesets().count("chs-6") == 1);
  CHECK(state.newest_changesets().front()->key == "chs-" + std::to_string(all));
}

TEST_CASE("G10: the console knows what values stand at, and of a secret nothing that is sealed") {
  schema::SecretValue secret{"echo", "key", "id", "box", "wrapped", "key-1", "0123", 0, "", 0};
  std::vector<schema::Event> events = echo_serves();
  events.push_back(schema::ConfigSet{{"", "title", "\"all\"", 0, "", 0}});
  events.push_back(schema::ConfigSet{{"echo", "title", "\"own\"", 0, "", 0}});
  events.push_back(schema::SecretSet{secret});
  events.push_back(schema::SecretRewrapped{"echo", "key", "id", "other", "key-2"});
  events.push_back(schema::SecretRewrapped{"echo", "key", "of-before", "other", "key-3"});
  ConsoleState state = after(events);
  CHECK(state.config_of("echo", "title")->json == "\"own\"");
  CHECK(state.config_of("other", "title")->json == "\"all\"");
  CHECK(state.config_of("echo", "nothing") == nullptr);
  const schema::SecretValue* seen = state.secret_of("echo", "key");
  REQUIRE(seen != nullptr);
  CHECK(seen->revision == 7);
  CHECK(seen->author == "ada");
  CHECK(seen->key_id == "key-2");
  CHECK(seen->box.empty());
  CHECK(seen->wrapped_key.empty());
  ConsoleState restored;
  restored.restore(state.snapshot());
  CHECK(restored == state);
  CHECK(restored.digest() == state.digest());
  state.apply(commit(state.revision() + 1,
                     {schema::ConfigUnset{"echo", "title"}, schema::SecretUnset{"echo", "key"}}));
  CHECK(state.config_of("echo", "title")->json == "\"all\"");
  CHECK(state.secret_of("echo", "key") == nullptr);
}
