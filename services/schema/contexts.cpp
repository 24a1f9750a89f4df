#include "services/schema/contexts.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "services/schema/config_types.hpp"
#include "statekit/io/audit.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;

namespace {

// A key that is not there may come back: a file that is put back, a provider that is up again.
constexpr std::chrono::milliseconds retry_ms{1'000};
constexpr int looks_max = 5;  // at one deployment whose secrets change while they are opened

statekit::Status stopping_now() {
  return fail(Code::unavailable, "the schema service stops: connect again");
}

// What a deployment is given, told before it is given it.
void tell(const DeploymentContext& context, const std::string& deployment,
          const std::string& secrets, Revision revision) {
  statekit::audit("audit.secrets-given", {{"deployment", deployment},
                                          {"module", context.module},
                                          {"secrets", secrets},
                                          {"revision", revision}});
}

// Held against the type once more: it may have changed since the secret was sealed.
void take(ContextSecret& each, const statekit::Result<seal::ClearText>& clear,
          const schema::Index& types, const schema::Type& type) {
  if (!clear) {
    each.problem = clear.error().message;
    return;
  }
  schema::JsonOptions options;
  options.hide_values = true;
  auto fitted = canonical_value(types, type, clear->view(), options);
  if (fitted)
    each.json = *std::move(fitted);
  else
    each.problem = lines_of(each.name, fitted.error()).front();
}

}  // namespace

Contexts::Contexts(Machine& machine, Vault& vault, std::size_t open_max)
    : machine_(machine), vault_(vault), open_max_(open_max), thread_([this] { run(); }) {}

void Contexts::open(const std::shared_ptr<ContextPort>& port, const std::string& deployment,
                    bool config_only) {
  const std::lock_guard lock(mutex_);
  if (port->gone()) return;  // its `close` was first
  if (stopping_) return port->end(stopping_now());
  if (open_.size() >= open_max_)
    return port->end(
        fail(Code::resource_exhausted, "too many deployments are given their values here (" +
                                           std::to_string(open_max_) +
                                           ", schema.registrations_max): try again later"));
  auto watch = std::make_shared<Watch>();
  watch->port = port;
  watch->deployment = deployment;
  watch->config_only = config_only;
  open_[port] = std::move(watch);
  moved_ = true;
  wake_.notify_one();
}

void Contexts::close(const std::shared_ptr<ContextPort>& port) {
  const std::lock_guard lock(mutex_);
  open_.erase(port);
}

void Contexts::refresh(Revision revision) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(seen_, revision) == revision) return;
  moved_ = true;
  if (!open_.empty()) wake_.notify_one();
}

void Contexts::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [port, watch] : open_) {
      if (!std::exchange(watch->ended, true)) port->end(stopping_now());
    }
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Contexts::run() {
  bool retry = false;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto due = [this] { return stopping_ || moved_; };
    if (retry)
      wake_.wait_for(lock, retry_ms, due);
    else
      wake_.wait(lock, due);
    if (stopping_) break;
    moved_ = false;
    lock.unlock();
    retry = round();
    lock.lock();
  }
}

bool Contexts::round() {
  std::vector<std::shared_ptr<Watch>> due;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [port, watch] : open_)
      if (!watch->ended) due.push_back(watch);
  }
  bool retry = false;
  for (const auto& watch : due) {
    if (!watch->port->gone()) retry = give(*watch) || retry;
  }
  return retry;
}

// The state is let go while secrets are opened: whoever reads it holds its writer up.
bool Contexts::give(Watch& watch) {
  for (int looks = 0; looks < looks_max; ++looks) {
    std::optional<Opening> opening = look(watch);
    if (!opening) break;
    for (const SecretValue& each : opening->sealed)
      opening->clear.emplace(each.name, vault_.open(each));
    if (answer(watch, *opening)) break;
  }
  return !watch.problems.empty();
}

std::optional<Contexts::Opening> Contexts::look(Watch& watch) {
  const auto state = machine_.read();
  const Deployment* deployment = state->deployment(watch.deployment);
  if (deployment == nullptr) {
    end(watch,
        fail(Code::not_found, "no deployment " + watch.deployment + ": it may be gone already"));
    return std::nullopt;
  }
  const bool first = watch.given == 0;
  Opening opening{sources_of(*state, *deployment, !watch.config_only), {}, {}};
  const bool same = !first && opening.sources == watch.sources;
  if (same) watch.given = state->revision();
  if (same && watch.problems.empty()) return std::nullopt;
  if (watch.config_only) return opening;
  for (const schema::Secret& secret : deployment->schema->secrets)
    if (const SecretValue* value = state->secret_of(deployment->module(), secret.name))
      opening.sealed.push_back(*value);
  return opening;
}

bool Contexts::answer(Watch& watch, const Opening& opening) {
  const auto state = machine_.read();
  const Deployment* deployment = state->deployment(watch.deployment);
  if (deployment == nullptr ||
      sources_of(*state, *deployment, !watch.config_only) != opening.sources)
    return false;
  DeploymentContext context = *context_of(*state, watch.deployment, !watch.config_only);
  const schema::Index types = types_around(*state, *deployment);
  std::string given;
  std::string problems;
  for (ContextSecret& each : context.secrets) {
    const schema::Secret* declared = schema::find_secret(*deployment->schema, each.name);
    const auto clear = opening.clear.find(each.name);
    if (clear == opening.clear.end() || declared == nullptr) continue;
    take(each, clear->second, types, declared->type);
    if (!clear->second) problems += each.name + ": " + each.problem + "\n";
    if (each.json)
      given += (given.empty() ? "" : " ") + each.name + "@" + std::to_string(each.version);
  }
  statekit::Position position = machine_.position();
  if (position.revision != state->revision()) position.digest = {};
  position.revision = state->revision();
  const bool told = watch.given != 0 && opening.sources == watch.sources;
  const bool news = !told || problems != watch.problems;
  if (!given.empty() && given != watch.secrets)
    tell(context, watch.deployment, given, position.revision);
  watch.given = position.revision;
  watch.sources = opening.sources;
  watch.secrets = std::move(given);
  watch.problems = std::move(problems);
  if (news) watch.port->give(context, position);
  for (ContextSecret& secret : context.secrets)
    if (secret.json) seal::wipe(*secret.json);
  return true;
}

void Contexts::end(Watch& watch, const statekit::Status& status) {
  const std::lock_guard lock(mutex_);
  watch.problems.clear();
  if (!std::exchange(watch.ended, true)) watch.port->end(status);
}

}  // namespace millrace::schema_service
