// Short ways to write down what happens to a system, for the console's tests. Values.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "schema/change.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace millrace::test {

// REQUIRES: `text` is one module.
inline schema::Deployment deployment(std::string key, const std::string& text,
                                     std::uint32_t replicas = 1) {
  schema::Schema read = schema::parse(text, "story.schema").schema;
  schema::resolve(read);
  schema::Deployment out;
  out.key = std::move(key);
  out.schema = std::make_shared<const schema::Module>(std::move(read.modules.at(0)));
  out.schema_digest = schema::module_digest(*out.schema);
  out.build = "b-" + out.key.substr(out.key.size() - 4);
  out.replicas = replicas;
  return out;
}

inline schema::Endpoint endpoint(std::string id, std::string deployment, std::string address) {
  schema::Endpoint out;
  out.id = std::move(id);
  out.deployment = std::move(deployment);
  out.address = std::move(address);
  out.instance = "instance-" + out.id.substr(4, 4);
  return out;
}

// A changeset that brings these deployments.
inline schema::ChangesetCreated created(std::string key,
                                        std::vector<schema::Deployment> deployments) {
  schema::ChangesetCreated out;
  out.changeset.key = std::move(key);
  out.changeset.author = "ada";
  for (schema::Deployment& each : deployments) {
    each.changeset = out.changeset.key;
    out.changeset.deployments.push_back(each.key);
  }
  out.deployments = std::move(deployments);
  return out;
}

inline schema::Commit commit(statekit::Revision revision, std::vector<schema::Event> events,
                             statekit::WallMs time_ms = 1'000) {
  schema::Commit out;
  out.meta.revision = revision;
  out.meta.time_ms = time_ms;
  out.meta.author = "ada";
  out.events = std::move(events);
  return out;
}

}  // namespace millrace::test
