// Changing config values: each is held against the type that its module declares, and all of them
// take effect in one commit or none does.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "schema/suggest.hpp"
#include "services/schema/config_types.hpp"
#include "services/schema/decide_parts.hpp"

namespace millrace::schema_service {

using schema::config_name;
using statekit::Code;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::size_t lines_shown = 100;

using Lines = std::vector<std::string>;

Lines shown(Lines lines) {
  if (lines.size() <= lines_shown) return lines;
  const std::size_t more = lines.size() - lines_shown;
  lines.resize(lines_shown);
  lines.push_back("and " + std::to_string(more) + " more");
  return lines;
}

// What can be said without the state.
Status check_request(const ChangeConfig& command) {
  if (command.changes.empty()) return fail(Code::invalid_argument, "names no config to change");
  if (command.changes.size() > config_changes_max)
    return fail(Code::resource_exhausted,
                std::to_string(command.changes.size()) + " changes are over the limit of " +
                    std::to_string(config_changes_max) + ": change them in several steps");
  std::set<ConfigKey> seen;
  for (const ConfigChange& change : command.changes) {
    const std::string name = config_name(change.module, change.name);
    if (!schema::is_ident(change.name) ||
        (!change.module.empty() && !schema::is_ident(change.module)))
      return fail(Code::invalid_argument,
                  "`" + name + "` is no name of a config: write NAME or MODULE.NAME");
    if (!seen.insert({change.module, change.name}).second)
      return fail(Code::invalid_argument, "config " + name + " comes twice");
    if (change.json && change.json->size() > config_value_bytes_max)
      return fail(Code::resource_exhausted,
                  "the value of " + name + " has " + std::to_string(change.json->size()) +
                      " octets, over the limit of " + std::to_string(config_value_bytes_max));
  }
  return {};
}

Status check_revision(const State& state, const ChangeConfig& command) {
  std::vector<Standing> standing;
  for (const ConfigChange& change : command.changes) {
    const ConfigValue* value = state.config({change.module, change.name});
    standing.push_back({config_name(change.module, change.name), value ? value->revision : 0,
                        value ? value->author : std::string()});
  }
  return check_seen(state, command.if_revision, standing, state.config_unset_revision(), "values");
}

// One command against one state.
class Changing {
 public:
  Changing(const State& state, const ChangeConfig& command) : state_(state), command_(command) {
    for (const ConfigChange& change : command.changes)
      changes_[{change.module, change.name}] = &change;
  }

  Result<Events> events() {
    for (const ConfigChange& change : command_.changes) take(change);
    if (!unknown_.empty()) {
      unknown_.insert(unknown_.end(), misfits_.begin(), misfits_.end());
      return fail(Code::not_found, "no such config, so nothing was done",
                  shown(std::move(unknown_)));
    }
    if (!misfits_.empty()) {
      const std::string count =
          misfits_.size() == 1
              ? "a value does not fit"
              : "the values do not fit, in " + std::to_string(misfits_.size()) + " places";
      return fail(Code::invalid_argument, count + ", so nothing was done",
                  shown(std::move(misfits_)));
    }
    if (Status room = check_room(); !room) return fail(room.error());
    return std::move(events_);
  }

 private:
  // A module's config after the command: what it says, or what there was.
  const std::string* after(const ConfigKey& key) const {
    const auto changed = changes_.find(key);
    if (changed != changes_.end()) return changed->second->json ? &*changed->second->json : nullptr;
    const ConfigValue* value = state_.config(key);
    return value == nullptr ? nullptr : &value->json;
  }

  void take(const ConfigChange& change) {
    const ConfigKey key{change.module, change.name};
    const bool stored = state_.config(key) != nullptr;
    const Lines faults = change.module.empty() ? take_global(change) : take_own(change);
    // A value that is left over from a module that is gone can always be unset.
    if (!faults.empty() && !change.json && stored) return put(change, "");
    if (!faults.empty()) unknown_.insert(unknown_.end(), faults.begin(), faults.end());
  }

  Lines take_own(const ConfigChange& change) {
    const std::string name = config_name(change.module, change.name);
    const Deployment* deployment = declaring(state_, change.module);
    if (deployment == nullptr)
      return {name + ": no module " + change.module + " is deployed" +
              schema::did_you_mean(change.module, module_names())};
    const schema::Config* config = schema::find_config(*deployment->schema, change.name);
    if (config == nullptr)
      return {name + ": module " + change.module + " declares no config " + change.name +
              schema::did_you_mean(change.name, config_names(*deployment->schema))};
    if (change.json) {
      const auto fitted =
          canonical_value(types_around(state_, *deployment), config->type, *change.json);
      if (!fitted)
        note(lines_of(name, fitted.error()));
      else
        put(change, *fitted);
      return {};
    }
    // The value for all modules takes its place.
    if (const std::string* global = after({"", change.name})) check(*deployment, *config, *global);
    put(change, "");
    return {};
  }

  Lines take_global(const ConfigChange& change) {
    bool declared = false;
    std::vector<std::string_view> names;
    for (const Deployment* deployment : all_declaring(state_)) {
      for (const schema::Config& config : deployment->schema->configs) {
        names.push_back(config.name);
        if (config.name != change.name) continue;
        declared = true;
        const bool own = after({deployment->module(), change.name}) != nullptr;
        // One whose own value goes with the same command is looked at there.
        const bool goes = changes_.contains({deployment->module(), change.name});
        if (change.json && !own && !goes) check(*deployment, config, *change.json);
      }
    }
    if (!declared)
      return {change.name + ": no module that is deployed declares a config " + change.name +
              schema::did_you_mean(change.name, names)};
    if (!change.json) {
      put(change, "");
      return {};
    }
    const auto plain = untyped_value(*change.json);
    if (!plain)
      note(lines_of(change.name, plain.error()));
    else
      put(change, *plain);
    return {};
  }

  void check(const Deployment& deployment, const schema::Config& config, const std::string& json) {
    const auto fitted = canonical_value(types_around(state_, deployment), config.type, json);
    if (!fitted) note(lines_of(config_name(deployment.module(), config.name), fitted.error()));
  }

  void note(Lines faults) {
    for (std::string& line : faults)
      if (std::find(misfits_.begin(), misfits_.end(), line) == misfits_.end())
        misfits_.push_back(std::move(line));
  }

  // Nothing where it is so already.
  void put(const ConfigChange& change, std::string json) {
    const ConfigValue* before = state_.config({change.module, change.name});
    if (change.json) {
      if (before != nullptr && before->json == json) return;
      bytes_added_ += json.size();
      events_.push_back(schema::ConfigSet{{change.module, change.name, std::move(json), 0, "", 0}});
    } else if (before != nullptr) {
      events_.push_back(schema::ConfigUnset{change.module, change.name});
    }
    if (before != nullptr) bytes_dropped_ += before->json.size();
  }

  Status check_room() const {
    const std::size_t bytes = state_.config_bytes() + bytes_added_ - bytes_dropped_;
    if (bytes_added_ <= bytes_dropped_ || bytes <= config_bytes_max) return {};
    return fail(Code::resource_exhausted,
                "all config values together would have " + std::to_string(bytes) +
                    " octets, over the limit of " + std::to_string(config_bytes_max));
  }

  std::vector<std::string_view> module_names() const {
    std::vector<std::string_view> names;
    for (const Deployment* deployment : all_declaring(state_))
      names.push_back(deployment->schema->name);
    return names;
  }
  static std::vector<std::string_view> config_names(const schema::Module& module) {
    std::vector<std::string_view> names;
    for (const schema::Config& config : module.configs) names.push_back(config.name);
    return names;
  }

  const State& state_;
  const ChangeConfig& command_;
  std::map<ConfigKey, const ConfigChange*> changes_;
  Events events_;
  Lines unknown_;
  Lines misfits_;
  std::size_t bytes_added_ = 0;
  std::size_t bytes_dropped_ = 0;
};

struct PlanLine {
  const State& state;

  std::string operator()(const schema::ConfigSet& event) const {
    const schema::ConfigValue& value = event.value;
    const ConfigValue* before = state.config({value.module, value.name});
    const std::string name = config_name(value.module, value.name);
    const std::string after = schema::shown_value(value.json);
    if (before != nullptr)
      return name + ": " + schema::shown_value(before->json) + " becomes " + after;
    return name + ": set to " + after;
  }
  std::string operator()(const schema::ConfigUnset& event) const {
    const ConfigValue* before = state.config({event.module, event.name});
    return config_name(event.module, event.name) + ": " + schema::shown_value(before->json) +
           " is unset";
  }
  template <class Other>
  std::string operator()(const Other& event) const {
    return schema::describe(event);
  }
};

}  // namespace

Status check_seen(const State& state, std::optional<Revision> seen,
                  const std::vector<Standing>& standing, Revision unset, const std::string& what) {
  if (!seen) return {};
  if (*seen > state.revision())
    return fail(Code::invalid_argument, "revision " + std::to_string(*seen) +
                                            " has not happened yet: the newest is " +
                                            std::to_string(state.revision()));
  Lines stale;
  for (const Standing& one : standing) {
    if (one.revision > *seen)
      stale.push_back(one.name + " was set at revision " + std::to_string(one.revision) + " by " +
                      one.author);
    // Which one was unset then is not kept, so this may refuse more than it had to.
    if (one.revision == 0 && unset > *seen)
      stale.push_back(one.name + " has no value, and one or more " + what +
                      " were unset at revision " + std::to_string(unset));
  }
  if (stale.empty()) return {};
  return fail(Code::aborted,
              "changed since revision " + std::to_string(*seen) +
                  ", so nothing was done: read the " + what + " again and decide anew",
              shown(std::move(stale)));
}

Result<Events> decide_config(const State& state, const ChangeConfig& command) {
  if (Status checked = check_request(command); !checked) return fail(checked.error());
  if (Status checked = check_revision(state, command); !checked) return fail(checked.error());
  return Changing(state, command).events();
}

Result<std::vector<std::string>> plan(const State& state, const ChangeConfig& command) {
  const Result<Events> events = decide_config(state, command);
  if (!events) return fail(events.error());
  Lines lines;
  for (const schema::Event& event : *events) lines.push_back(std::visit(PlanLine{state}, event));
  return lines;
}

}  // namespace millrace::schema_service
