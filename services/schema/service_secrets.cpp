// The part of the service that changes secrets: each is checked and sealed before the rules are
// asked.
#include <algorithm>
#include <set>
#include <utility>

#include "services/schema/config_types.hpp"
#include "services/schema/service.hpp"

namespace millrace::schema_service {

using schema::config_name;
using statekit::Code;
using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Position;
using statekit::Result;
using statekit::Status;

namespace {

// Nothing of a value may show in a fault.
schema::JsonOptions hiding() {
  schema::JsonOptions options;
  options.hide_values = true;
  return options;
}

// The canonical text of one secret, held against each type that it is given for; its faults are
// added to `faults`. A module's own comes in the form of its type, one for all as it was written.
seal::ClearText checked(const State& state, const ClearSecret& change,
                        std::set<std::string>& deployments, std::vector<std::string>& faults) {
  const std::string_view json = change.json->view();
  seal::ClearText text;
  for (const Deployment* each : declaring_secret(state, change.module, change.name)) {
    deployments.insert(each->key);
    const bool own = state.secret({each->module(), change.name}) != nullptr;
    if (change.module.empty() && own) continue;
    const schema::Secret* declared = schema::find_secret(*each->schema, change.name);
    auto fitted = canonical_value(types_around(state, *each), declared->type, json, hiding());
    if (!fitted) {
      for (std::string& line : lines_of(config_name(each->module(), change.name), fitted.error()))
        faults.push_back(std::move(line));
    } else if (!change.module.empty()) {
      text = seal::ClearText(*std::move(fitted));
    } else {
      seal::wipe(*fitted);
    }
  }
  if (!change.module.empty()) return text;
  auto plain = untyped_value(json, hiding());
  if (plain) return seal::ClearText(*std::move(plain));
  for (std::string& line : lines_of(change.name, plain.error())) faults.push_back(std::move(line));
  return text;
}

}  // namespace

// What `decide_secrets` refuses it says better; here only values are looked at.
Result<ChangeSecrets> Service::sealed(SecretsOrder order, const statekit::MonoMs* until) const {
  const auto state = machine_.read();
  ChangeSecrets command;
  command.if_revision = order.if_revision;
  command.readers_level = readers_level();
  std::set<std::string> deployments;
  std::vector<std::string> faults;
  std::vector<std::pair<std::size_t, seal::ClearText>> to_seal;
  for (const ClearSecret& change : order.changes) {
    SecretChange& out = command.changes.emplace_back();
    out.module = change.module;
    out.name = change.name;
    const auto declared = declaring_secret(*state, change.module, change.name);
    for (const Deployment* each : declared) deployments.insert(each->key);
    if (!change.json) continue;
    if (change.json->size() > config_value_bytes_max)
      return fail(Code::resource_exhausted, "the value of " +
                                                config_name(change.module, change.name) +
                                                " is over the limit of " +
                                                std::to_string(config_value_bytes_max) + " octets");
    out.secret.emplace();
    out.secret->module = change.module;
    out.secret->name = change.name;
    if (declared.empty()) continue;  // `decide` refuses the name, and no keyring is made for it
    seal::ClearText value = checked(*state, change, deployments, faults);
    to_seal.emplace_back(command.changes.size() - 1, std::move(value));
  }
  if (!faults.empty())
    return fail(Code::invalid_argument, "the secrets do not fit, so nothing was done",
                std::move(faults));
  command.checked.assign(deployments.begin(), deployments.end());
  if (until == nullptr) return command;
  std::string key_id;  // that the last one was sealed with
  for (const auto& [index, value] : to_seal) {
    if (clock_.mono_ms() > *until)
      return fail(Code::deadline_exceeded, "sealing took too long, so nothing was done");
    SecretChange& out = command.changes[index];
    Result<schema::SecretValue> secret = vault_->seal(out.module, out.name, value);
    if (!secret) return fail(std::move(secret.error()));
    if (std::exchange(key_id, secret->key_id) != secret->key_id)
      if (Status right = check_sealing_key(key_id); !right) return fail(std::move(right.error()));
    out.secret = *std::move(secret);
  }
  return command;
}

void Service::change_secrets(SecretsOrder order, CommandMeta meta, std::int64_t deadline_ms,
                             Done<Position> done) {
  auto kept = std::make_shared<SecretsOrder>(std::move(order));
  const statekit::MonoMs until = clock_.mono_ms() + deadline_ms;
  ++sealing_;  // keys that it is sealed by must not go before it is committed
  const auto answer = [this, done = std::move(done)](Result<Position> position) {
    --sealing_;
    done(std::move(position));
  };
  workers_.run([this, kept, meta = std::move(meta), until, answer](const Status& room) {
    if (!room) return answer(fail(room.error()));
    if (Status able = check_readers(2); !able) return answer(fail(able.error()));
    Result<ChangeSecrets> command = sealed(std::move(*kept), &until);
    if (!command) return answer(fail(std::move(command.error())));
    machine_.submit(*std::move(command), meta, std::max<std::int64_t>(1, until - clock_.mono_ms()),
                    [this, answer](const Result<Committed>& result) {
                      if (!result) return answer(fail(result.error()));
                      Position position = machine_.position();
                      if (position.revision != result->revision) position.digest = {};
                      position.revision = result->revision;
                      answer(position);
                    });
  });
}

Result<ConfigPlanAnswer> Service::plan(SecretsOrder order) const {
  const Result<ChangeSecrets> command = sealed(std::move(order), nullptr);
  if (!command) return fail(command.error());
  const auto state = machine_.read();
  Result<std::vector<std::string>> lines = schema_service::plan(*state, *command);
  if (!lines) return fail(std::move(lines.error()));
  return ConfigPlanAnswer{*std::move(lines), position_of(*state)};
}

}  // namespace millrace::schema_service
