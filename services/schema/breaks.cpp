#include "services/schema/breaks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "services/schema/concerned.hpp"
#include "services/schema/config_types.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

using Modules = std::vector<std::shared_ptr<const schema::Module>>;

constexpr std::size_t breaks_shown = 100;

std::string cut(std::string line, const std::string& tail) {
  if (line.size() + tail.size() > break_line_bytes_max)
    line =
        line.substr(0, break_line_bytes_max - std::min(break_line_bytes_max, tail.size())) + "...";
  return line + tail;
}

std::string line_of(const schema::Change& change, const schema::Hit& hit) {
  return cut(change.place + ": " + change.what, " [" + change.rule + "]: " + to_string(hit));
}

bool is_secret(const schema::Change& change) {
  return std::any_of(change.uses.begin(), change.uses.end(),
                     [](const schema::Use& use) { return use.kind == schema::UseKind::secret; });
}

// Of a stored value it is not the type that counts but whether the value still fits: see below. A
// secret is sealed, so its type is all there is to judge by.
bool is_break(const schema::Change& change, const schema::Hit& hit,
              const std::vector<std::string>& named) {
  if (hit.kind == schema::HitKind::stored) return hit.breaks && is_secret(change);
  if (!hit.breaks) return false;
  if (hit.kind != schema::HitKind::over_http) return true;
  const std::string module = change.place.substr(0, change.place.find('.'));
  return std::find(named.begin(), named.end(), module) == named.end();
}

bool fits(const schema::Index& types, const schema::Config& config, const ConfigValue& value) {
  return canonical_value(types, config.type, value.json).has_value();
}

// The values that fit the canonical schema, or that nobody was given by it, and fit no longer. One
// that did not fit before is not broken again.
std::vector<std::string> stored_breaks(const State& state, const Concerned& concerned) {
  std::vector<std::string> lines;
  if (state.config().empty()) return lines;
  const schema::Index before(concerned.before());
  const schema::Index after(concerned.after());
  for (const schema::Module* module : concerned.after()) {
    for (const schema::Config& config : module->configs) {
      const ConfigValue* value = state.config_of(module->name, config.name);
      if (value == nullptr || fits(after, config, *value)) continue;
      const schema::Config* was = before.config({module->name, config.name, {}});
      if (was != nullptr && !fits(before, *was, *value)) continue;
      const std::string name = schema::config_name(module->name, config.name);
      const auto faults = canonical_value(after, config.type, value->json).error();
      lines.push_back(
          cut(lines_of(name, faults).front(), " [stored-value]: the value of config " +
                                                  schema::config_name(value->module, value->name)));
    }
  }
  return lines;
}

// What a plan tells of stored values: those that are set, and whether they still fit.
void look_at_stored(const State& state, const schema::Index& after, const schema::Change& change,
                    std::vector<schema::Hit>& hits) {
  std::erase_if(hits, [&](schema::Hit& hit) {
    if (hit.kind != schema::HitKind::stored) return false;
    for (const schema::Use& use : change.uses) {
      if (use.kind != schema::UseKind::config || to_string(use.what) != hit.used) continue;
      const ConfigValue* value = state.config_of(use.what.module, use.what.name);
      const schema::Config* config = after.config(use.what);
      if (value == nullptr || config == nullptr) return true;
      hit.breaks = !fits(after, *config, *value);
      return false;
    }
    const auto ref = schema::parse_ref(hit.used);
    return !ref || state.secret_of(ref->module, ref->name) == nullptr;
  });
}

std::vector<std::string> beyond(const std::vector<std::string>& breaks,
                                std::vector<std::string> accepted) {
  std::sort(accepted.begin(), accepted.end());
  std::vector<std::string> others;
  std::set_difference(breaks.begin(), breaks.end(), accepted.begin(), accepted.end(),
                      std::back_inserter(others));
  return others;
}

Status refuse(std::string message, std::vector<std::string> breaks) {
  if (breaks.size() > breaks_shown) {
    const std::size_t more = breaks.size() - breaks_shown;
    breaks.resize(breaks_shown);
    breaks.push_back("and " + std::to_string(more) + " more");
  }
  return fail(Code::failed_precondition, std::move(message), std::move(breaks));
}

std::string count_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " break" : " breaks");
}

// `named`: those of the removed modules that somebody asked to remove.
Judged judge(const State& state, const Modules& modules, const std::vector<std::string>& removed,
             const std::vector<std::string>& named) {
  const Concerned concerned(state, modules, removed);
  const schema::Callers callers(concerned.untouched());
  Judged judged;
  judged.changes = schema::compare(concerned.before(), concerned.after());
  judged.breaks = stored_breaks(state, concerned);
  const schema::Index after(concerned.after());
  for (const schema::Change& change : judged.changes) {
    std::vector<schema::Hit> hits = callers.of(change);
    look_at_stored(state, after, change, hits);
    for (const schema::Hit& hit : hits) {
      if (is_break(change, hit, named)) judged.breaks.push_back(line_of(change, hit));
    }
    judged.hits.push_back(std::move(hits));
  }
  std::sort(judged.breaks.begin(), judged.breaks.end());
  judged.breaks.erase(std::unique(judged.breaks.begin(), judged.breaks.end()), judged.breaks.end());
  return judged;
}

std::string how_to_go_on(const CreateChangeset& command) {
  if (command.back_to == 0)
    return "change it so that they go on, deploy their modules along with it, or say "
           "--allow-breaking to accept exactly these";
  const std::string rollback = "`millrace rollback " + std::to_string(command.back_to);
  return rollback + " --plan` shows why each breaks, " + rollback +
         " --allow-breaking` accepts exactly these";
}

}  // namespace

Judged judge(const State& state, const Modules& modules, const std::vector<std::string>& removed) {
  return judge(state, modules, removed, removed);
}

Judged judge(const State& state, const Modules& modules, const CreateChangeset& command) {
  const std::vector<std::string>& removed = command.removed_modules;
  return judge(state, modules, removed,
               command.back_to == 0 ? removed : std::vector<std::string>());
}

Result<std::vector<std::string>> accepted_breaks(const State& state, const Modules& modules,
                                                 const CreateChangeset& command) {
  std::vector<std::string> breaks = judge(state, modules, command).breaks;
  if (breaks.empty()) return breaks;
  if (!command.allow_breaking) {
    const Status refused = refuse(
        "breaks deployed callers, in " + count_of(breaks.size()) + ": " + how_to_go_on(command),
        breaks);
    return fail(refused.error());
  }
  if (breaks.size() > breaks_max)
    return fail(Code::resource_exhausted, count_of(breaks.size()) + " are over the limit of " +
                                              std::to_string(breaks_max) + ": change less at once");
  if (!command.accepted_breaks.empty()) {
    const std::vector<std::string> others = beyond(breaks, command.accepted_breaks);
    if (!others.empty())
      return fail(refuse("breaks more than was listed and accepted, in " + count_of(others.size()) +
                             " that came since: look at the plan again",
                         others)
                      .error());
  }
  return breaks;
}

Status check_breaks(const State& state, const Modules& modules, const Changeset& changeset) {
  const std::vector<std::string> others =
      beyond(judge(state, modules, changeset.removed_modules).breaks, changeset.accepted_breaks);
  if (others.empty()) return {};
  return refuse(
      "would break deployed callers by now, which nobody accepted: " + count_of(others.size()),
      others);
}

}  // namespace millrace::schema_service
