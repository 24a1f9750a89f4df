// The canonical schema as a change would leave it, held against the rules of the language: only the
// part of it that the change concerns, so that a deploy costs the same however much is deployed.
#include <algorithm>
#include <set>
#include <utility>

#include "schema/check.hpp"
#include "services/schema/breaks.hpp"
#include "services/schema/concerned.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using statekit::Status;

namespace {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

constexpr std::size_t diagnostics_shown = 100;  // with what is told of callers before them
constexpr std::size_t callers_shown = 50;

// Places name a file of whoever wrote the module; who removes one knows modules.
std::vector<std::string> referrers(const std::vector<const schema::Module*>& modules,
                                   const std::vector<std::string>& removed) {
  std::vector<std::string> lines;
  for (const schema::Module* module : modules) {
    const std::vector<std::string> used = schema::imports(*module);
    for (const std::string& name : removed) {
      if (std::find(used.begin(), used.end(), name) != used.end())
        lines.push_back("module " + module->name + " refers to " + name +
                        ", which is to be removed");
    }
  }
  return lines;
}

Status refuse(const std::vector<schema::Diagnostic>& diagnostics,
              std::vector<std::string> details) {
  statekit::Error error{statekit::Code::invalid_argument, "", std::move(details)};
  error.message = "the schema would not be in order: " + std::to_string(diagnostics.size()) +
                  (diagnostics.size() == 1 ? " fault" : " faults");
  for (const schema::Diagnostic& diagnostic : diagnostics) {
    if (error.details.size() == diagnostics_shown) break;
    error.details.push_back(to_string(diagnostic));
  }
  return fail(std::move(error));
}

}  // namespace

Status check_change(const State& state, const Modules& modules,
                    const std::vector<std::string>& removed) {
  std::set<std::string> changed(removed.begin(), removed.end());
  for (const auto& module : modules) changed.insert(module->name);
  const Concerned concerned(state, modules, removed);
  const std::vector<schema::Diagnostic> diagnostics =
      schema::check_changed(concerned.after(), changed);
  if (diagnostics.empty()) return {};
  std::vector<std::string> details = referrers(concerned.after(), removed);
  // What leads nowhere now: who of those deployed calls it.
  for (std::string& line : judge(state, modules, removed).breaks) {
    if (details.size() < callers_shown) details.push_back(std::move(line));
  }
  return refuse(diagnostics, std::move(details));
}

}  // namespace millrace::schema_service
