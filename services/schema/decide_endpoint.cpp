// Endpoints come, answer or not, and go.
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

// Endpoints of the module that the new one takes the place of: the same process at another
// address, or another process at the same address, where two cannot be.
void remove_replaced(const State& state, const Deployment& deployment,
                     const RegisterEndpoint& command, Events& events) {
  for (const Deployment* sibling : state.deployments_of(deployment.module())) {
    for (const Endpoint* endpoint : state.endpoints_of(sibling->key)) {
      if (!endpoint->leased) continue;
      if (endpoint->address == command.address)
        events.push_back(schema::EndpointRemoved{
            endpoint->id, "another process serves " + deployment.key + " at its address"});
      else if (sibling == &deployment && endpoint->instance == command.instance)
        events.push_back(
            schema::EndpointRemoved{endpoint->id, "its process moved to " + command.address});
    }
  }
}

const Endpoint* same_registration(const State& state, const RegisterEndpoint& command) {
  for (const Endpoint* endpoint : state.endpoints_of(command.deployment)) {
    if (endpoint->leased && endpoint->address == command.address &&
        endpoint->instance == command.instance)
      return endpoint;
  }
  return nullptr;
}

// Null unless this very registration still stands.
const Endpoint* registered(const State& state, const std::string& id, Revision revision) {
  const Endpoint* endpoint = state.endpoint(id);
  return endpoint != nullptr && endpoint->registered_revision == revision ? endpoint : nullptr;
}

}  // namespace

Result<Events> decide_registration(const State& state, const RegisterEndpoint& command) {
  const Deployment* deployment = state.deployment(command.deployment);
  if (deployment == nullptr)
    return fail(Code::not_found, "no deployment " + command.deployment +
                                     ": it is gone; deploy the module again to get a new one");
  if (deployment->phase == DeploymentPhase::failed)
    return fail(Code::failed_precondition, "deployment " + deployment->key +
                                               " failed: its changeset " + deployment->changeset +
                                               " says why; deploy the module again");
  if (!deployment->fixed_endpoint.empty())
    return fail(Code::failed_precondition, "deployment " + deployment->key +
                                               " is served by the fixed endpoint " +
                                               deployment->fixed_endpoint + " alone");
  if (same_registration(state, command) != nullptr) return Events{};
  if (state.endpoints_of(deployment->key).size() >= endpoints_of_deployment_max)
    return fail(Code::resource_exhausted, "deployment " + deployment->key + " has " +
                                              std::to_string(endpoints_of_deployment_max) +
                                              " endpoints, which is the most");
  Events events;
  remove_replaced(state, *deployment, command, events);
  Endpoint endpoint;
  endpoint.id = command.id;
  endpoint.deployment = command.deployment;
  endpoint.address = command.address;
  endpoint.instance = command.instance;
  events.push_back(schema::EndpointRegistered{std::move(endpoint)});
  return events;
}

Events decide_removal(const State& state, const RemoveEndpoint& command) {
  if (registered(state, command.endpoint, command.registered_revision) == nullptr) return {};
  return {schema::EndpointRemoved{command.endpoint, command.reason}};
}

Events decide_health(const State& state, const SetEndpointHealth& command) {
  const Endpoint* endpoint = registered(state, command.endpoint, command.registered_revision);
  if (endpoint == nullptr || endpoint->healthy == command.healthy) return {};
  return {schema::EndpointHealthChanged{command.endpoint, command.healthy}};
}

}  // namespace millrace::schema_service
