#include "services/schema/history_names.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace millrace::schema_service {

namespace {

// The key of a changeset or an endpoint that an event is about, by the field that holds it.
template <class Event>
std::string key_of(const Event& event) {
  if constexpr (requires { std::string(event.changeset); }) return event.changeset;
  if constexpr (requires { std::string(event.endpoint); }) return event.endpoint;
  return {};
}

void sort_once(std::vector<std::string>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

}  // namespace

std::vector<NamedModules> names_in(const schema::Event& event) {
  if (const auto* created = std::get_if<schema::ChangesetCreated>(&event))
    return {{created->changeset.key, schema::modules_of(event)}};
  if (const auto* registered = std::get_if<schema::EndpointRegistered>(&event))
    return {{registered->endpoint.id, schema::modules_of(event)}};
  return {};
}

std::vector<NamedModules> names_in(const schema::Snapshot& snapshot) {
  std::vector<NamedModules> names;
  const auto add = [&names](const schema::Event& event) {
    for (NamedModules& each : names_in(event)) names.push_back(std::move(each));
  };
  for (const schema::Changeset& each : snapshot.changesets) add(schema::ChangesetCreated{each, {}});
  for (const schema::Endpoint& each : snapshot.endpoints) add(schema::EndpointRegistered{each});
  return names;
}

std::vector<std::string> modules_of(const schema::Event& event, const LookUp& lookup) {
  std::vector<std::string> modules = schema::modules_of(event);
  const std::string key = std::visit([](const auto& each) { return key_of(each); }, event);
  if (key.empty()) return modules;
  for (std::string& module : lookup(key)) modules.push_back(std::move(module));
  sort_once(modules);
  return modules;
}

}  // namespace millrace::schema_service
