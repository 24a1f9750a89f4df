// The parts of the service that change, list and rotate secrets.
#include <chrono>
#include <future>
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

constexpr std::size_t rewraps_in_commit_max = 100;

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
Result<ChangeSecrets> Service::sealed(std::vector<ClearSecret> changes) {
  const auto state = machine_.read();
  ChangeSecrets command;
  std::set<std::string> deployments;
  std::vector<std::string> faults;
  for (const ClearSecret& change : changes) {
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
    if (declared.empty()) {  // `decide` refuses the name; nothing is sealed, no keyring made for it
      out.secret.emplace();
      continue;
    }
    const seal::ClearText value = checked(*state, change, deployments, faults);
    if (!faults.empty()) continue;
    Result<schema::SecretValue> secret = vault_->seal(change.module, change.name, value);
    if (!secret) return fail(std::move(secret.error()));
    out.secret = *std::move(secret);
  }
  if (!faults.empty())
    return fail(Code::invalid_argument, "the secrets do not fit, so nothing was done",
                std::move(faults));
  command.checked.assign(deployments.begin(), deployments.end());
  return command;
}

void Service::change_secrets(std::vector<ClearSecret> changes, CommandMeta meta,
                             std::int64_t deadline_ms, Done<Position> done) {
  auto kept = std::make_shared<std::vector<ClearSecret>>(std::move(changes));
  workers_.run([this, kept, meta = std::move(meta), deadline_ms,
                done = std::move(done)](const Status& room) {
    if (!room) return done(fail(room.error()));
    Result<ChangeSecrets> command = sealed(std::move(*kept));
    if (!command) return done(fail(std::move(command.error())));
    machine_.submit(*std::move(command), meta, deadline_ms,
                    [this, done](const Result<Committed>& result) {
                      if (!result) return done(fail(result.error()));
                      Position position = machine_.position();
                      if (position.revision != result->revision) position.digest = {};
                      position.revision = result->revision;
                      done(position);
                    });
  });
}

Result<SecretListAnswer> Service::secrets(const std::string& module) const {
  const auto state = machine_.read();
  return SecretListAnswer{list_secrets(*state, module), position_of(*state)};
}

namespace {

std::vector<SecretValue> under_other_keys(const State& state, const std::string& active) {
  std::vector<SecretValue> found;
  for (const auto& [key, secret] : state.secrets())
    if (secret.key_id != active) found.push_back(secret);
  return found;
}

}  // namespace

Result<RotateAnswer> Service::rotate(const RotateOrder& order, const CommandMeta& meta,
                                     std::int64_t deadline_ms) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms);
  const Result<seal::KeyProvider*> provider = vault_->keys();
  if (!provider) return fail(provider.error());
  seal::KeyProvider& keys = **provider;
  RotateAnswer answer;
  if (order.new_key)
    if (const auto made = keys.add_key(); !made) return fail(made.error());
  const Result<std::string> active = keys.active();
  if (!active) return fail(active.error());
  answer.active_key = *active;
  RewrapSecrets batch;
  const auto submit = [&]() -> Status {
    if (batch.secrets.empty()) return {};
    auto promise = std::make_shared<std::promise<Result<Committed>>>();
    auto answered = promise->get_future();
    const std::size_t count = batch.secrets.size();
    CommandMeta each = meta;
    each.token.clear();  // of several commits; asking again is harmless
    machine_.submit(std::exchange(batch, {}), each, deadline_ms,
                    [promise](const Result<Committed>& result) { promise->set_value(result); });
    if (answered.wait_until(until) != std::future_status::ready)
      return fail(Code::deadline_exceeded, "not all is wrapped anew yet: ask again to go on");
    const Result<Committed> result = answered.get();
    if (!result) return fail(result.error());
    answer.rewrapped += count;
    return {};
  };
  for (const SecretValue& secret : under_other_keys(*machine_.read(), *active)) {
    auto rewrapped = vault_->rewrap(secret);
    if (!rewrapped)
      answer.failures.push_back(config_name(secret.module, secret.name) + ": " +
                                rewrapped.error().message);
    else
      batch.secrets.push_back(*std::move(rewrapped));
    if (batch.secrets.size() < rewraps_in_commit_max) continue;
    if (Status done = submit(); !done) return fail(done.error());
  }
  if (Status done = submit(); !done) return fail(done.error());
  const auto state = machine_.read();
  for (const SecretValue& secret : under_other_keys(*state, *active))
    ++answer.needed[secret.key_id];
  if (order.forget) {
    const auto all = keys.keys();
    if (!all) return fail(all.error());
    for (const std::string& key : *all) {
      if (key == *active || answer.needed.contains(key)) continue;
      if (Status gone = keys.forget(key); !gone) return fail(gone.error());
      answer.forgotten.push_back(key);
    }
  }
  answer.position = position_of(*state);
  return answer;
}

}  // namespace millrace::schema_service
