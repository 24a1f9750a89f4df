#include "services/timeline/permit.hpp"

#include <set>
#include <variant>

namespace millrace::timeline {

namespace {

// `dpl-<module>-<10 letters and digits>`
bool is_of_module(const std::string& deployment, const std::string& module) {
  constexpr std::size_t key_characters = 10;
  const std::string before = "dpl-" + module + "-";
  return deployment.starts_with(before) && deployment.size() == before.size() + key_characters;
}

}  // namespace

// The platform's lines name no deployment, so a module that is called as one of its services is
// (`access`, `audit`) cannot be taken for it.
std::optional<std::string> not_theirs(const access::Caller& caller,
                                      const std::vector<statekit::TimelineEvent>& events) {
  if (caller.is_platform()) return std::nullopt;
  for (const statekit::TimelineEvent& event : events) {
    const auto* const line = std::get_if<statekit::LogEvent>(&event.what);
    if (line == nullptr)
      return caller.name + " may not tell of a " + std::string(statekit::type_of(event)) +
             ", only lines of its own modules' deployments";
    if (!caller.may(access::Permission::publish, line->source))
      return caller.name + " may not tell lines of '" + line->source +
             "': it takes the role service for that module";
    if (!is_of_module(line->deployment, line->source))
      return "a line of module " + line->source + " names its deployment, and not '" +
             line->deployment + "'";
  }
  return std::nullopt;
}

std::vector<std::string> sources_of(const std::vector<statekit::TimelineEvent>& events) {
  std::set<std::string> sources;
  for (const statekit::TimelineEvent& event : events)
    if (const auto* const line = std::get_if<statekit::LogEvent>(&event.what))
      sources.insert(line->source);
  return {sources.begin(), sources.end()};
}

}  // namespace millrace::timeline
