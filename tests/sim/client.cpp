#include "sim/client.hpp"

#include <algorithm>

#include "sim/modules.hpp"

namespace millrace::sim {

using statekit::Code;
using statekit::Committed;
using statekit::MonoMs;
using statekit::Result;
using statekit::WallMs;

void Clients::act(Replica& replica, const Notebook& book, Dice& dice, MonoMs now, WallMs wall) {
  const std::size_t choice = dice.below(100);
  if (choice < 5) return ask(replica, back(replica, dice), dice, now, wall);
  if (choice < 12) return ask(replica, configure(replica, dice), dice, now, wall);
  if (choice < 40) return ask(replica, create(dice), dice, now, wall);
  if (choice < 65) return start_process(book, dice);
  if (choice < 69) return change_health(replica, dice, now, wall);
  if (choice < 74 && !processes_.empty()) {
    processes_.erase(processes_.begin() +
                     static_cast<std::ptrdiff_t>(dice.below(processes_.size())));
    return;
  }
  if (choice < 82) return repeat(replica, dice, now);
  const std::string key = some_changeset(book, dice);
  if (choice < 90) return ask(replica, schema_service::CommitChangeset{key}, dice, now, wall);
  if (choice < 96) return ask(replica, schema_service::RollbackChangeset{key}, dice, now, wall);
  ask(replica, schema_service::FailChangeset{key}, dice, now, wall);
}

schema_service::Command Clients::create(Dice& dice) const {
  schema_service::CreateChangeset command;
  command.key = dice.key("chs-");
  for (const std::string& name : module_names()) {
    if (!dice.percent(30)) continue;
    if (dice.percent(12)) {
      command.removed_modules.push_back(name);
      continue;
    }
    schema_service::NewModule module;
    module.schema = module_of(name, dice.below(versions));
    module.digest = schema::module_digest(*module.schema);
    module.build = "build-" + std::to_string(dice.below(3));
    module.replicas = 1 + static_cast<std::uint32_t>(dice.below(2));
    module.deployment = dice.key("dpl-" + name + "-");
    module.endpoint = dice.key("ept-");
    command.modules.push_back(std::move(module));
  }
  command.hold = dice.percent(25);
  command.allow_breaking = dice.percent(20);
  command.redeploy = dice.percent(50);
  command.canary_percent = static_cast<std::uint32_t>(dice.percent(20) ? 10 : 0);
  command.deadline_ms = 1'000 + static_cast<std::int64_t>(dice.below(20'000));
  command.drain_ms_max = static_cast<std::int64_t>(dice.below(10'000));
  return command;
}

schema_service::Command Clients::configure(Replica& replica, Dice& dice) {
  schema_service::ChangeConfig command;
  for (const char* name : {"limit", "title"}) {
    if (dice.percent(30)) continue;
    schema_service::ConfigChange change;
    if (dice.percent(60)) change.module = dice.percent(50) ? "alpha" : "epsilon";
    change.name = name;
    if (dice.percent(80))
      change.json = dice.percent(50) ? std::to_string(dice.below(9))
                                     : "\"t" + std::to_string(dice.below(9)) + "\"";
    command.changes.push_back(std::move(change));
  }
  if (dice.percent(20)) command.if_revision = replica.core().projection().revision();
  return command;
}

// What was canonical when it looked, some time ago: its state may be behind.
schema_service::Command Clients::back(Replica& replica, Dice& dice) {
  const auto state = replica.core().projection().read();
  if (seen_.empty() || dice.percent(40)) seen_.push_back(canonical_of(*state, dice));
  schema_service::RollbackTo command = seen_[dice.below(seen_.size())];
  command.request.key = dice.key("chs-");
  command.request.hold = dice.percent(20);
  return command;
}

schema_service::RollbackTo Clients::canonical_of(const schema_service::State& state, Dice& dice) {
  schema_service::RollbackTo command;
  command.revision = state.revision();
  for (const auto& [name, key] : state.canonical_keys()) {
    const schema_service::Deployment& was = *state.deployment(key);
    command.request.modules.push_back({was.schema, was.schema_digest, was.build, was.replicas, "",
                                       dice.key("dpl-" + name + "-"), dice.key("ept-")});
  }
  return command;
}

void Clients::ask(Replica& replica, schema_service::Command command, Dice& dice, MonoMs now,
                  WallMs wall) {
  auto request = std::make_shared<Request>();
  request->command = std::move(command);
  request->meta.principal = dice.percent(50) ? "ada" : "bob";
  request->meta.now_ms = wall;
  request->meta.token = "t" + std::to_string(++tokens_);
  request->meta.request_hash = statekit::sha256(request->meta.token + "'s request");
  requests_.push_back(request);
  send(replica, request, now);
}

void Clients::send(Replica& replica, const std::shared_ptr<Request>& request, MonoMs now) {
  waiting_.push_back(request);
  replica.core().submit(request->command, request->meta, now + 3'000,
                        [this, request](Result<Committed> answer) {
                          std::erase(waiting_, request);
                          if (!answer && answer.error().code == Code::unknown) request->lost = true;
                          request->answers.push_back(std::move(answer));
                        });
}

// A client that got no answer, or one that it does not trust, asks the same again; sometimes it
// mixes up its tokens.
void Clients::repeat(Replica& replica, Dice& dice, MonoMs now) {
  if (requests_.empty()) return;
  const std::shared_ptr<Request>& request = requests_[dice.below(requests_.size())];
  if (std::find(waiting_.begin(), waiting_.end(), request) != waiting_.end()) return;
  if (auto* create = std::get_if<schema_service::CreateChangeset>(&request->command)) {
    create->key = dice.key("chs-");
    for (schema_service::NewModule& module : create->modules)
      module.deployment = dice.key("dpl-" + module.schema->name + "-");
  }
  send(replica, request, now);
}

void Clients::start_process(const Notebook& book, Dice& dice) {
  std::vector<std::string> wanting;
  for (const auto& [key, deployment] : book.deployments)
    if (deployment.phase == "preparing" || deployment.phase == "canonical") wanting.push_back(key);
  if (wanting.empty() || processes_.size() > 12) return;
  const std::string instance = dice.key("run-");
  processes_.push_back({wanting[dice.below(wanting.size())], instance,
                        "127.0.0.1:" + std::to_string(10'000 + dice.below(50'000))});
}

void Clients::change_health(Replica& replica, Dice& dice, MonoMs now, WallMs wall) {
  const auto state = replica.core().projection().read();
  if (state->endpoints().empty()) return;
  auto endpoint = state->endpoints().begin();
  std::advance(endpoint, static_cast<std::ptrdiff_t>(dice.below(state->endpoints().size())));
  statekit::CommandMeta meta;
  meta.principal = "probe";
  meta.now_ms = wall;
  replica.core().submit(
      schema_service::SetEndpointHealth{endpoint->first, endpoint->second.registered_revision,
                                        !endpoint->second.healthy},
      meta, now + 3'000, [](auto&&) {});
}

void Clients::heartbeat(Replica& replica, Dice& dice, MonoMs now, WallMs wall) {
  const auto state = replica.core().projection().read();
  statekit::CommandMeta meta;
  meta.principal = "process";
  meta.now_ms = wall;
  for (auto process = processes_.begin(); process != processes_.end();) {
    const auto& all = state->endpoints();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& each) {
      return each.second.instance == process->instance;
    });
    if (found != all.end()) {
      replica.leases().renew(found->first, now);
    } else if (state->deployment(process->deployment) == nullptr) {
      process = processes_.erase(process);
      continue;
    } else {
      replica.core().submit(schema_service::RegisterEndpoint{process->deployment, process->address,
                                                             process->instance, dice.key("ept-")},
                            meta, now + 3'000, [](auto&&) {});
    }
    ++process;
  }
}

void Clients::server_gone() {
  for (const std::shared_ptr<Request>& request : waiting_) request->lost = true;
  waiting_.clear();
}

std::string Clients::some_changeset(const Notebook& book, Dice& dice) {
  std::vector<std::string> keys;
  for (const auto& [key, changeset] : book.changesets)
    if (changeset.phase != "finalized" && changeset.phase != "failed") keys.push_back(key);
  return keys.empty() ? "chs-nosuchkey0" : keys[dice.below(keys.size())];
}

std::string Clients::judge(const Request& request, const Notebook& book) {
  const std::string name = request.meta.principal + "/" + request.meta.token;
  const auto written = book.tokens.find(name);
  bool accepted = false;
  for (const Result<Committed>& answer : request.answers) {
    if (!answer && accepted && answer.error().code != Code::unknown &&
        answer.error().code != Code::unavailable &&
        answer.error().code != Code::deadline_exceeded &&
        answer.error().code != Code::resource_exhausted)
      return "G4: " + name + " was acknowledged, then refused: " + answer.error().message;
    if (!answer) continue;
    accepted = true;
    if (written == book.tokens.end()) return "G1: " + name + " was acknowledged and is not there";
    if (written->second != answer->revision)
      return "G4: " + name + " was answered " + std::to_string(answer->revision) +
             " and stands at " + std::to_string(written->second);
  }
  const bool refused = !request.answers.empty() && !accepted && !request.lost;
  if (refused && written != book.tokens.end()) return "G4: " + name + " was refused and is there";
  return {};
}

std::string Clients::judge(const Notebook& book) const {
  for (const std::shared_ptr<Request>& request : requests_)
    if (std::string fault = judge(*request, book); !fault.empty()) return fault;
  return {};
}

}  // namespace millrace::sim
