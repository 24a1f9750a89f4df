// A World to which modules are deployed by their text. Test support; one thread.
#pragma once

#include <string>
#include <vector>

#include "schema/check.hpp"
#include "support/catch.hpp"
#include "tests/schema_service/world.hpp"

namespace millrace::test {

class Desk {
 public:
  schema_service::CreateChangeset asked(const std::string& key,
                                        const std::vector<std::string>& texts) {
    schema_service::CreateChangeset command;
    command.key = "chs-" + key;
    std::vector<schema::SourceText> sources;
    for (const std::string& text : texts) sources.push_back({"f", text});
    for (schema::Module& module : schema::parse_and_check(sources).schema.modules) {
      schema_service::NewModule each;
      each.digest = schema::module_digest(module);
      each.build = "b";
      each.deployment = "dpl-" + module.name + "-" + key;
      each.schema = std::make_shared<const schema::Module>(std::move(module));
      command.modules.push_back(std::move(each));
    }
    return command;
  }

  // With an endpoint for each of its deployments, so that it is committed.
  void deploy(const std::string& key, const std::vector<std::string>& texts) {
    const schema_service::CreateChangeset command = asked(key, texts);
    REQUIRE(world.run(command));
    serve(command);
    REQUIRE(phase(key) == schema::ChangesetPhase::finalized);
  }
  void serve(const schema_service::CreateChangeset& command) {
    for (const schema_service::NewModule& module : command.modules) {
      REQUIRE(world.run(schema_service::RegisterEndpoint{module.deployment, "127.0.0.1:9000", "p",
                                                         "ept-" + module.deployment}));
    }
    world.settle();
    world.pass(60'000);
  }
  schema::ChangesetPhase phase(const std::string& key) {
    return world.state.changeset("chs-" + key)->phase;
  }
  statekit::Error refused(const schema_service::CreateChangeset& command) {
    const auto answer = world.run(command);
    REQUIRE(!answer);
    return answer.error();
  }

  World world;
};

}  // namespace millrace::test
