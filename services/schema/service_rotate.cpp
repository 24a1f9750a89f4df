// The part of the service that wraps the keys of secrets anew, in small commits: stopped anywhere,
// it goes on where it was when it is asked again.
#include <chrono>
#include <future>
#include <utility>

#include "services/schema/service.hpp"

namespace millrace::schema_service {

using schema::config_name;
using statekit::Code;
using statekit::CommandMeta;
using statekit::Committed;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::size_t rewraps_in_commit_max = 100;

statekit::Error not_all_yet() {
  return {Code::deadline_exceeded, "not all is wrapped anew yet: ask again to go on", {}};
}

std::string count_of(std::uint64_t secrets) {
  return std::to_string(secrets) + (secrets == 1 ? " secret" : " secrets");
}

// All of a secret but what is sealed.
struct DataKey {
  ConfigKey of;
  statekit::Bytes id;
  seal::Wrapped wrapped;
};

std::vector<DataKey> under_key(const State& state, const std::string& id) {
  std::vector<DataKey> found;
  for (const auto& [key, secret] : state.secrets())
    if (secret.key_id == id) found.push_back({key, secret.id, {secret.wrapped_key, id}});
  return found;
}

std::string failure_of(const ConfigKey& secret, const statekit::Error& error) {
  return config_name(secret.first, secret.second) + ": " + error.message;
}

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
  const auto refusal = [&](const statekit::Error& error) {
    const std::string needed = needed_keys();
    return fail(needed.empty() ? error : within(needed, error));
  };
  if (order.new_key)
    if (const auto made = keys.add_key(); !made) return refusal(made.error());
  const Result<std::string> active = keys.active();
  if (!active) return refusal(active.error());
  answer.active_key = *active;
  if (Status caught_up = see_all(); !caught_up) return fail(caught_up.error());
  // Another key under the active one's name: what it wrapped would open with neither.
  const std::vector<DataKey> own = under_key(*machine_.read(), *active);
  for (const DataKey& each : own) {
    if (std::chrono::steady_clock::now() > until) return fail(not_all_yet());
    if (const Status opens = seal::unwraps(keys, each.id, each.wrapped); !opens)
      answer.failures.push_back(failure_of(each.of, opens.error()));
  }
  if (!own.empty() && answer.failures.size() == own.size()) {
    if (Status rest = settle_keys(false, keys, answer); !rest) return fail(rest.error());
    return answer;
  }
  RewrapSecrets batch;
  batch.readers_level = readers_level();
  const auto submit = [&]() -> Status {
    if (batch.secrets.empty()) return {};
    auto promise = std::make_shared<std::promise<Result<Committed>>>();
    auto answered = promise->get_future();
    const std::size_t count = batch.secrets.size();
    CommandMeta each = meta;
    each.token.clear();  // of several commits; asking again is harmless
    machine_.submit(std::exchange(batch, {{}, batch.readers_level}), each, deadline_ms,
                    [promise](const Result<Committed>& result) { promise->set_value(result); });
    if (answered.wait_until(until) != std::future_status::ready) return fail(not_all_yet());
    const Result<Committed> result = answered.get();
    if (!result) return fail(result.error());
    answer.rewrapped += count;
    return {};
  };
  for (const SecretValue& secret : under_other_keys(*machine_.read(), *active)) {
    if (std::chrono::steady_clock::now() > until) {
      if (Status done = submit(); !done) return fail(done.error());
      return fail(not_all_yet());
    }
    auto rewrapped = vault_->rewrap(secret);
    if (!rewrapped)
      answer.failures.push_back(failure_of({secret.module, secret.name}, rewrapped.error()));
    else
      batch.secrets.push_back(*std::move(rewrapped));
    if (batch.secrets.size() < rewraps_in_commit_max) continue;
    if (Status done = submit(); !done) return fail(done.error());
  }
  if (Status done = submit(); !done) return fail(done.error());
  if (Status rest = settle_keys(order.forget, keys, answer); !rest) return fail(rest.error());
  return answer;
}

// Counts what still needs an older key, and forgets those that nothing does.
Status Service::settle_keys(bool forget, seal::KeyProvider& keys, RotateAnswer& answer) {
  // What is sealed from here on is sealed by the active key, or by a newer one.
  if (forget && sealing_ > 0)
    return fail(Code::aborted,
                "secrets are being set at this moment: forget the old keys once they are");
  if (Status caught_up = see_all(); !caught_up) return caught_up;
  {
    const auto state = machine_.read();
    for (const SecretValue& secret : under_other_keys(*state, answer.active_key))
      ++answer.needed[secret.key_id];
    answer.position = position_of(*state);
  }
  if (!forget) return {};
  const auto all = keys.keys();
  if (!all) return fail(all.error());
  for (const std::string& key : *all) {
    if (key == answer.active_key || answer.needed.contains(key)) continue;
    if (Status gone = keys.forget(key); !gone) return gone;
    answer.forgotten.push_back(key);
  }
  return {};
}

std::string Service::needed_keys() const {
  std::map<std::string, std::uint64_t> needed;
  for (const auto& [key, secret] : machine_.read()->secrets()) ++needed[secret.key_id];
  std::string text;
  for (const auto& [id, count] : needed)
    text += (text.empty() ? "" : ", ") + count_of(count) + " sealed with key " + id;
  return text;
}

Status Service::nothing_sealed() {
  if (Status caught_up = see_all(); !caught_up) return caught_up;
  const std::string needed = needed_keys();
  if (needed.empty()) return {};
  return fail(Code::failed_precondition,
              "it is needed by " + needed +
                  ": put it back, or a copy of it. Where it is lost for good, `millrace secret "
                  "unset` what it sealed, and set it again");
}

// One that opens is enough: the others may be damaged.
Status Service::check_sealing_key(const std::string& key_id) const {
  const Result<seal::KeyProvider*> provider = vault_->keys();
  if (!provider) return fail(provider.error());
  Status wrong;
  for (const DataKey& each : under_key(*machine_.read(), key_id)) {
    Status opens = seal::unwraps(**provider, each.id, each.wrapped);
    if (opens) return {};
    if (opens.error().code == Code::data_loss) wrong = std::move(opens);
  }
  if (wrong) return {};
  return fail(
      within("nothing is sealed with it, since it does not open what is stored (what is damaged: "
             "`millrace "
             "secret unset` it)",
             std::move(wrong.error())));
}

// Until this replica has everything that any of them committed.
Status Service::see_all() {
  auto at = at_head({});
  if (!at) return fail(at.error());
  at->wait_ms_max = settings_.write_ms_max;
  auto promise = std::make_shared<std::promise<Status>>();
  auto seen = promise->get_future();
  when_at(*at, [promise](const Status& able) { promise->set_value(able); });
  return seen.get();
}

}  // namespace millrace::schema_service
