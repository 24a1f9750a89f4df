#include "tests/schema_service/script.hpp"

#include <sstream>

#include "schema/check.hpp"
#include "support/changes.hpp"

namespace millrace::test {

namespace {

namespace service = schema_service;

std::string lines_of(const std::vector<schema::Event>& events) {
  std::string text;
  for (const schema::Event& event : events) text += schema::describe(event) + "\n";
  return text;
}

std::string refusal(const statekit::Error& error) {
  std::string text = "refused " + std::string(name_of(error.code)) + ": " + error.message + "\n";
  for (const std::string& detail : error.details) text += "  " + detail + "\n";
  return text;
}

// "echo/2" is a module echo whose second version differs from the first by a verb.
service::NewModule module_of(const std::string& word, const std::string& key) {
  const std::size_t slash = word.find('/');
  const std::string name = word.substr(0, slash);
  const std::string version = word.substr(slash + 1);
  service::NewModule module;
  schema::Module value = version == "none" ? module_with(name, {}) : module_with(name);
  const std::size_t dash = version.find('-');  // echo/1-2: build 2 of what echo/1 looks like
  if (version != "none") value.verbs[0].name = "run" + version.substr(0, dash);
  module.schema = std::make_shared<const schema::Module>(std::move(value));
  module.digest = statekit::sha256(word);
  module.build = "b" + version;
  module.deployment = "dpl-" + name + "-" + key;
  module.endpoint = "ept-fixed-" + name + "-" + key;
  return module;
}

// Lets the module's one verb call another, named as MODULE.VERB.
void let_call(service::NewModule& module, const std::string& verb) {
  schema::Module value = *module.schema;
  schema::Metadata calls;
  const std::size_t dot = verb.find('.');
  calls.value = schema::Calls{{schema::Ref{verb.substr(0, dot), verb.substr(dot + 1), {}}}};
  value.verbs.at(0).metadata.push_back(calls);
  module.digest = statekit::sha256(module.build + " calls " + verb);
  module.schema = std::make_shared<const schema::Module>(std::move(value));
}

// Lets the module's one verb answer with a type of the language.
void let_answer(service::NewModule& module, const std::string& type) {
  const std::string text = "module m { verb v(Unit) " + type + " }";
  schema::Module value = *module.schema;
  value.verbs.at(0).response =
      schema::parse_and_check({{"f", text}}).schema.modules.at(0).verbs.at(0).response;
  module.digest = statekit::sha256(module.build + " answers " + type);
  module.schema = std::make_shared<const schema::Module>(std::move(value));
}

// `name=value` read into `target`; false when the word is another.
bool option(const std::string& word, const std::string& name, std::string& target) {
  if (!word.starts_with(name + "=")) return false;
  target = word.substr(name.size() + 1);
  return true;
}

// The module declares one config more: "limit:Int".
void add_config(service::NewModule& module, const std::string& word) {
  const std::size_t colon = word.find(':');
  const auto kind =
      word.substr(colon + 1) == "Int" ? schema::TypeKind::integer : schema::TypeKind::string;
  schema::Module value = *module.schema;
  value.configs.push_back({word.substr(0, colon), schema::type_of(kind), {}, {}});
  module.schema = std::make_shared<const schema::Module>(std::move(value));
  module.digest = statekit::sha256(statekit::to_bytes(module.digest) + word);
}

struct DeployWords {
  service::CreateChangeset command;
  statekit::CommandMeta meta{"ada", {}, 0, {}, {}};
  bool plan = false;

  void take(const std::string& word, const std::string& key) {
    std::string value;
    if (word == "hold")
      command.hold = true;
    else if (word == "allow-breaking")
      command.allow_breaking = true;
    else if (option(word, "config", value))
      add_config(command.modules.back(), value);
    else if (word == "redeploy")
      command.redeploy = true;
    else if (word == "allow-breaking")
      command.allow_breaking = true;
    else if (option(word, "answers", value))
      let_answer(command.modules.back(), value);
    else if (option(word, "calls", value))
      let_call(command.modules.back(), value);
    else if (word == "plan")
      plan = true;
    else if (option(word, "remove", value))
      command.removed_modules.push_back(value);
    else if (option(word, "canary", value))
      command.canary_percent = static_cast<std::uint32_t>(std::stoul(value));
    else if (option(word, "deadline", value))
      command.deadline_ms = std::stoll(value);
    else if (option(word, "drain", value))
      command.drain_ms_max = std::stoll(value);
    else if (option(word, "token", meta.token))
      return;
    else if (option(word, "build", value))
      command.modules.back().build = value;
    else if (option(word, "fixed", value))
      command.modules.back().fixed_endpoint = value;
    else if (option(word, "replicas", value))
      command.modules.back().replicas = static_cast<std::uint32_t>(std::stoul(value));
    else
      command.modules.push_back(module_of(word, key));
  }
};

std::string told(const statekit::Result<service::Plan>& plan) {
  if (!plan) return refusal(plan.error());
  std::string text;
  for (const std::string& line : plan->lines) text += line + "\n";
  for (const std::string& line : plan->judged.breaks) text += "breaks " + line + "\n";
  return text.empty() ? "nothing to do\n" : text;
}

}  // namespace

std::string dump(const service::State& state) {
  std::ostringstream out;
  out << "rev " << state.revision();
  for (const auto& [key, deployment] : state.deployments())
    out << " | " << key << " " << name_of(deployment.phase) << " " << state.live_endpoints_of(key)
        << "/" << state.endpoints_of(key).size();
  for (const auto& [key, changeset] : state.changesets())
    out << " | " << key << " " << name_of(changeset.phase);
  return out.str();
}

std::string Script::send(const World::Command& command, const statekit::CommandMeta& meta) {
  const auto decision = world_.run(command, meta);
  if (!decision) return refusal(decision.error());
  if (decision->earlier) return "as at revision " + std::to_string(*decision->earlier) + "\n";
  if (decision->events.empty()) return "nothing to do\n";
  return lines_of(decision->events);
}

std::string Script::deploy(std::istream& words) {
  DeployWords request;
  std::string key;
  std::string all;
  words >> key;
  request.command.key = "chs-" + key;
  for (std::string word; words >> word;) {
    request.take(word, key);
    all += word + " ";
  }
  request.meta.request_hash = statekit::sha256(all);
  if (!request.plan) return send(request.command, request.meta);
  return told(service::plan(world_.state, request.meta, request.command));
}

std::string Script::config(std::istream& words) {
  service::ChangeConfig command;
  for (std::string word, value; words >> word;) {
    if (option(word, "if", value)) {
      command.if_revision = std::stoull(value);
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const std::size_t dot = name.find('.');
    service::ConfigChange& change = command.changes.emplace_back();
    if (dot != std::string::npos) change.module = name.substr(0, dot);
    change.name = dot == std::string::npos ? name : name.substr(dot + 1);
    if (equals != std::string::npos) change.json = word.substr(equals + 1);
  }
  return send(command, {"ada", {}, 0, {}, {}});
}

std::string Script::dispatch(const std::string& verb, std::istream& words) {
  std::string name;
  if (verb == "tick") return lines_of(world_.tick());
  if (verb == "restart") return world_.restart(), "";
  if (verb == "endpoints") {
    std::string text;
    for (const auto& [id, endpoint] : world_.state.endpoints())
      text += id + " " + endpoint.deployment + " " + endpoint.address +
              (endpoint.healthy ? " up" : " down") + "\n";
    return text;
  }
  if (verb == "deploy") return deploy(words);
  if (verb == "config") return config(words);
  if (verb == "configs") {
    std::string text;
    for (const auto& [key, value] : world_.state.config())
      text += schema::config_name(key.first, key.second) + " = " + value.json + "\n";
    return text;
  }
  words >> name;
  std::string rest;
  std::getline(words >> std::ws, rest);
  const statekit::CommandMeta ada{"ada", rest, 0, {}, {}};
  if (verb == "back") {
    auto command = world_.rollback_to(std::stoull(rest), name);
    const auto says = [&](const char* word) { return rest.find(word) != std::string::npos; };
    command.request.hold = says("hold");
    command.request.allow_breaking = says("allow-breaking");
    if (says("plan")) return told(service::plan(world_.state, ada, command));
    return send(command, ada);
  }
  if (verb == "commit") return send(service::CommitChangeset{"chs-" + name}, ada);
  if (verb == "rollback") return send(service::RollbackChangeset{"chs-" + name}, ada);
  if (verb == "fail") return send(service::FailChangeset{"chs-" + name}, ada);
  if (verb == "pass") return world_.let_pass(std::stoll(name)), "";
  if (verb == "hear") return world_.leases.renew(name, world_.mono_ms), "";
  if (verb == "routing") {
    world_.followers = {{"routing", name != "gone", name == "gone" ? 0 : std::stoull(name)}};
    // What it tells of calls that drain: `none`, or deployments; nothing: it does not tell.
    if (!rest.empty()) world_.followers[0].draining.emplace();
    std::istringstream deployments(rest == "none" ? "" : rest);
    for (std::string key; deployments >> key;) (*world_.followers[0].draining)[key] = 1;
    return "";
  }
  if (verb == "register") {
    const std::size_t space = rest.find(' ');
    return send(service::RegisterEndpoint{name, rest.substr(0, space), rest.substr(space + 1),
                                          "ept-" + std::to_string(++endpoints_)},
                ada);
  }
  const service::Endpoint* endpoint = world_.state.endpoint(name);
  const statekit::Revision registered = endpoint == nullptr ? 0 : endpoint->registered_revision;
  if (verb == "leave") return send(service::RemoveEndpoint{name, registered, "left"}, ada);
  if (verb == "health")
    return send(service::SetEndpointHealth{name, registered, rest == "up"}, ada);
  return "no such command: " + verb + "\n";
}

std::string Script::run(const std::string& line) {
  std::istringstream words(line);
  std::string verb;
  words >> verb;
  const bool still = verb == "still" || verb == "tick";
  if (verb == "still") words >> verb;
  std::string output = dispatch(verb, words);
  // The clockwork wakes up at each commit.
  if (!still) output += lines_of(world_.settle());
  return output + dump(world_.state) + "\n";
}

}  // namespace millrace::test
