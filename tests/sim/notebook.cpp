#include "sim/notebook.hpp"

#include <algorithm>

#include "v2alpha1/journal.pb.h"

namespace millrace::sim {
namespace {

namespace pb = millrace::v2alpha1;

std::string verb_name(const pb::Ref& ref) { return ref.module() + "." + ref.name(); }

void note_verb(const pb::Verb& verb, Notebook::Deployment& deployment) {
  deployment.verbs.insert(verb.name());
  for (const pb::Metadata& metadata : verb.metadata()) {
    if (metadata.has_ingress())
      deployment.routes[metadata.ingress().method() + " " + metadata.ingress().path()] =
          verb.name();
    if (metadata.has_calls())
      for (const pb::Ref& ref : metadata.calls().verbs()) deployment.calls.insert(verb_name(ref));
  }
}

Notebook::Deployment note_of(const pb::Deployment& from) {
  Notebook::Deployment deployment;
  deployment.module = from.schema().name();
  deployment.phase = "preparing";
  deployment.changeset = from.changeset();
  deployment.replicas = from.replicas();
  for (const pb::Decl& decl : from.schema().decls()) {
    if (decl.has_verb()) note_verb(decl.verb(), deployment);
    if (decl.has_config())
      deployment.configs[decl.config().name()] =
          decl.config().type().kind() == pb::TYPE_KIND_STRING ? "String" : "Int";
  }
  return deployment;
}

// The simulation sets whole numbers and plain texts only.
bool fits(const std::string& type, const std::string& json) {
  return (json.front() == '"') == (type == "String");
}

std::string given_by(const std::map<std::string, std::string>& config, const std::string& module,
                     const std::string& name) {
  const auto own = config.find(module + "." + name);
  if (own != config.end()) return own->second;
  const auto global = config.find("." + name);
  return global == config.end() ? "" : global->second;
}

bool before_commit(const std::string& phase) {
  return phase == "preparing" || phase == "prepared" || phase == "rolling-back";
}

// From which phases each may be entered.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> table = {
      {"prepared", {"preparing"}},
      {"committed", {"prepared"}},
      {"drained", {"committed"}},
      {"finalized", {"drained"}},
      {"rolling-back", {"preparing", "prepared"}},
      {"failed", {"preparing", "prepared", "rolling-back"}}};
  return table;
}

class Writer {
 public:
  explicit Writer(Notebook& book) : book_(book) {}

  void write(const pb::Event& event) {
    switch (event.kind_case()) {
      case pb::Event::kChangesetCreated: return created(event.changeset_created());
      case pb::Event::kChangesetPrepared:
        return enter(event.changeset_prepared().changeset(), "prepared");
      case pb::Event::kChangesetCommitted: return committed(event.changeset_committed());
      case pb::Event::kChangesetDrained:
        return enter(event.changeset_drained().changeset(), "drained");
      case pb::Event::kChangesetFinalized:
        return finalized(event.changeset_finalized().changeset());
      case pb::Event::kChangesetRollingBack:
        return enter(event.changeset_rolling_back().changeset(), "rolling-back");
      case pb::Event::kChangesetFailed: return failed(event.changeset_failed().changeset());
      case pb::Event::kDeploymentsRemoved: return removed(event.deployments_removed());
      case pb::Event::kEndpointRegistered:
        return registered(event.endpoint_registered().endpoint());
      case pb::Event::kEndpointHealthChanged: return health(event.endpoint_health_changed());
      case pb::Event::kEndpointRemoved: return left(event.endpoint_removed().endpoint());
      case pb::Event::kRequestRemembered: return remembered(event.request_remembered());
      case pb::Event::kFeatureLevelRaised: return;
      case pb::Event::kConfigSet: return config_set(event.config_set().value());
      case pb::Event::kConfigUnset:
        if (book_.config.erase(event.config_unset().module() + "." + event.config_unset().name()) !=
            1)
          fault("a config is unset that was not set");
        return;
      // The simulated clients set no secrets.
      case pb::Event::kSecretSet:
      case pb::Event::kSecretUnset:
      case pb::Event::kSecretRewrapped: return fault("a secret out of nowhere");
      // Nor do they say who may do what.
      case pb::Event::kTokenCreated:
      case pb::Event::kTokenRevoked:
      case pb::Event::kRolesSet:
      case pb::Event::kRolesUnset: return fault("a token or role out of nowhere");
      case pb::Event::KIND_NOT_SET: return fault("an event of no kind");
    }
  }

 private:
  void fault(const std::string& what) {
    book_.faults.push_back("revision " + std::to_string(book_.revision) + ": " + what);
  }

  void created(const pb::ChangesetCreated& event) {
    Notebook::Changeset changeset;
    changeset.phase = "preparing";
    changeset.accepts_breaks = event.changeset().allow_breaking();
    for (const pb::Deployment& deployment : event.deployments()) {
      const std::string& module = deployment.schema().name();
      if (book_.held(module)) fault("module " + module + " is in two changesets at once");
      changeset.brings.push_back(deployment.key());
      changeset.modules.insert(module);
    }
    for (const std::string& module : event.changeset().removed_modules()) {
      if (book_.held(module)) fault("removed module " + module + " is in another changeset");
      changeset.removes.push_back(module);
      changeset.modules.insert(module);
    }
    for (const pb::Deployment& deployment : event.deployments())
      book_.deployments[deployment.key()] = note_of(deployment);
    for (const std::string& key : event.changeset().deployments())
      if (std::count(changeset.brings.begin(), changeset.brings.end(), key) == 0)
        comes_back(key, changeset);
    if (!book_.changesets.emplace(event.changeset().key(), changeset).second)
      fault("changeset " + event.changeset().key() + " is created twice");
  }

  void comes_back(const std::string& key, Notebook::Changeset& changeset) {
    const auto found = book_.deployments.find(key);
    if (found == book_.deployments.end()) return fault("nothing is left of " + key);
    const Notebook::Deployment& old = found->second;
    if (old.phase != "draining" && old.phase != "retired")
      fault(key + " comes back and is " + old.phase);
    if (book_.held(old.module)) fault("module " + old.module + " comes back and is held");
    changeset.brings.push_back(key);
    if (!changeset.modules.insert(old.module).second) fault(old.module + " comes twice");
  }

  void enter(const std::string& key, const std::string& phase) {
    const auto found = book_.changesets.find(key);
    if (found == book_.changesets.end()) return fault("no changeset " + key);
    if (!allowed().at(phase).contains(found->second.phase))
      fault(key + " went from " + found->second.phase + " to " + phase);
    found->second.phase = phase;
  }

  void committed(const pb::ChangesetCommitted& event) {
    enter(event.changeset(), "committed");
    Notebook::Changeset& changeset = book_.changesets[event.changeset()];
    changeset.replaced.assign(event.replaced().begin(), event.replaced().end());
    const auto canonical = book_.canonical();
    for (const std::string& module : changeset.modules)
      if (const auto old = canonical.find(module);
          old != canonical.end() &&
          std::count(changeset.replaced.begin(), changeset.replaced.end(), old->second) != 1)
        fault("the commit of " + event.changeset() + " leaves " + old->second + " in place");
    for (const std::string& key : changeset.replaced) book_.deployments[key].phase = "draining";
    for (const std::string& key : changeset.brings) {
      book_.deployments[key].phase = "canonical";
      if (!changeset.accepts_breaks) values_fit(book_.deployments[key], canonical);
    }
  }

  // A deploy does not take a value away from a module, unless that was accepted.
  void values_fit(const Notebook::Deployment& now, const std::map<std::string, std::string>& was) {
    for (const auto& [name, type] : now.configs) {
      const std::string json = book_.given(now.module, name);
      if (json.empty() || fits(type, json)) continue;
      const auto old = was.find(now.module);
      const bool did_fit = old == was.end() ||
                           !book_.deployments[old->second].configs.contains(name) ||
                           fits(book_.deployments[old->second].configs[name], json);
      if (did_fit) fault(now.module + "." + name + " is " + json + " and becomes " + type);
    }
  }

  void finalized(const std::string& key) {
    enter(key, "finalized");
    for (const std::string& old : book_.changesets[key].replaced)
      if (const auto found = book_.deployments.find(old);
          found != book_.deployments.end() && found->second.phase == "draining")
        found->second.phase = "retired";
  }

  void failed(const std::string& key) {
    enter(key, "failed");
    for (const std::string& brought : book_.changesets[key].brings)
      if (const auto found = book_.deployments.find(brought);
          found != book_.deployments.end() && found->second.phase == "preparing")
        found->second.phase = "failed";
  }

  void removed(const pb::DeploymentsRemoved& event) {
    for (const std::string& key : event.deployments()) {
      const auto found = book_.deployments.find(key);
      if (found == book_.deployments.end()) {
        fault("removed twice: " + key);
        continue;
      }
      if (found->second.phase != "retired" && found->second.phase != "failed")
        fault("removed while " + found->second.phase + ": " + key);
      book_.deployments.erase(found);
      std::erase_if(book_.endpoints,
                    [&](const auto& each) { return each.second.deployment == key; });
    }
  }

  void registered(const pb::Endpoint& endpoint) {
    if (!book_.deployments.contains(endpoint.deployment()))
      fault("endpoint " + endpoint.id() + " serves no deployment");
    book_.endpoints[endpoint.id()] = {endpoint.deployment(), endpoint.address(),
                                      endpoint.healthy()};
  }

  void health(const pb::EndpointHealthChanged& event) {
    const auto found = book_.endpoints.find(event.endpoint());
    if (found == book_.endpoints.end()) return fault("health of no endpoint");
    if (found->second.healthy == event.healthy()) fault("health did not change");
    found->second.healthy = event.healthy();
  }

  void left(const std::string& endpoint) {
    if (book_.endpoints.erase(endpoint) != 1) fault("endpoint " + endpoint + " left twice");
  }

  void config_set(const pb::ConfigValue& value) {
    if (value.json().empty()) return fault("a config is set to nothing");
    std::string& now = book_.config[value.module() + "." + value.name()];
    if (now == value.json()) fault("config " + value.name() + " is set to what it was");
    now = value.json();
  }

  void remembered(const pb::RequestRemembered& event) {
    const std::string name = event.principal() + "/" + event.token();
    if (!book_.tokens.emplace(name, book_.revision).second)
      fault("G4: request " + name + " took effect twice");
  }

  Notebook& book_;
};

}  // namespace

void Notebook::write_down(std::string_view bytes) {
  ++revision;
  pb::Commit commit;
  pb::CommitHeader header;
  if (!commit.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !header.ParseFromString(commit.header())) {
    faults.push_back("commit " + std::to_string(revision) + " cannot be read");
    return;
  }
  if (header.revision() != revision) faults.push_back("commit out of order");
  if (header.time_ms() < time_ms) faults.push_back("time goes back");
  time_ms = header.time_ms();
  const std::map<std::string, std::string> before = config;
  for (const pb::EventSlot& slot : commit.events()) {
    pb::Event event;
    if (!event.ParseFromString(slot.event())) faults.push_back("an event cannot be read");
    Writer(*this).write(event);
  }
  if (config != before) check_values(before);
  check_rules();
}

std::string Notebook::given(const std::string& module, const std::string& name) const {
  return given_by(config, module, name);
}

// Each value that a module is given anew fits its type, and somebody is given it.
void Notebook::check_values(const std::map<std::string, std::string>& before) {
  const std::string at = "revision " + std::to_string(revision) + ": ";
  for (const auto& [module, key] : canonical())
    for (const auto& [name, type] : deployments.at(key).configs) {
      const std::string json = given(module, name);
      if (!json.empty() && json != given_by(before, module, name) && !fits(type, json))
        faults.push_back(at + module + "." + name + " is given " + json + " and is " + type);
    }
  for (const auto& [place, json] : config)
    if (!before.contains(place) && !declares(place.substr(place.find('.') + 1)))
      faults.push_back(at + "nobody declares a config " + place);
}

// Some deployment that is, or is about to be, canonical.
bool Notebook::declares(const std::string& name) const {
  std::set<std::string> keys;
  for (const auto& [module, key] : canonical()) keys.insert(key);
  for (const auto& [key, changeset] : changesets)
    if (changeset.phase == "preparing" || changeset.phase == "prepared")
      keys.insert(changeset.brings.begin(), changeset.brings.end());
  return std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return deployments.at(key).configs.contains(name);
  });
}

std::map<std::string, std::string> Notebook::canonical() const {
  std::map<std::string, std::string> found;
  for (const auto& [key, deployment] : deployments)
    if (deployment.phase == "canonical") found[deployment.module] = key;
  return found;
}

std::map<std::string, std::set<std::string>> Notebook::reachable() const {
  std::map<std::string, std::set<std::string>> found;
  for (const auto& [module, key] : canonical()) {
    std::set<std::string> addresses;
    for (const auto& [id, endpoint] : endpoints)
      if (endpoint.deployment == key && endpoint.healthy) addresses.insert(endpoint.address);
    for (const std::string& verb : deployments.at(key).verbs)
      found[module + "." + verb] = addresses;
  }
  return found;
}

std::map<std::string, std::string> Notebook::routes() const {
  std::map<std::string, std::string> found;
  for (const auto& [module, key] : canonical())
    for (const auto& [route, verb] : deployments.at(key).routes) found[route] = module + "." + verb;
  return found;
}

bool Notebook::held(const std::string& module) const {
  return std::any_of(changesets.begin(), changesets.end(), [&](const auto& each) {
    return before_commit(each.second.phase) && each.second.modules.contains(module);
  });
}

void Notebook::check_rules() {
  const std::string at = "revision " + std::to_string(revision) + ": ";
  std::map<std::string, int> canonical_count;
  std::set<std::string> callable;
  std::map<std::string, int> route_count;
  for (const auto& [key, deployment] : deployments) {
    if (deployment.phase != "canonical") continue;
    ++canonical_count[deployment.module];
    for (const std::string& verb : deployment.verbs)
      callable.insert(deployment.module + "." + verb);
    for (const auto& [route, verb] : deployment.routes) ++route_count[route];
  }
  for (const auto& [module, count] : canonical_count)
    if (count != 1) faults.push_back(at + module + " has two canonical deployments");
  for (const auto& [route, count] : route_count)
    if (count != 1) faults.push_back(at + "two canonical verbs answer " + route);
  for (const auto& [key, deployment] : deployments)
    if (deployment.phase == "canonical")
      for (const std::string& call : deployment.calls)
        if (!callable.contains(call))
          faults.push_back(at + key + " calls " + call + ", which is not there");
  for (const auto& [id, endpoint] : endpoints)
    if (!deployments.contains(endpoint.deployment))
      faults.push_back(at + id + " serves no deployment");
}

}  // namespace millrace::sim
