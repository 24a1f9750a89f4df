#include "services/schema/contexts.hpp"

#include <utility>

#include "services/schema/config_types.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::fail;

namespace {

statekit::Status stopping_now() {
  return fail(Code::unavailable, "the schema service stops: connect again");
}

}  // namespace

void Contexts::open(const std::shared_ptr<ContextPort>& port, const std::string& deployment) {
  const std::lock_guard lock(mutex_);
  if (port->gone()) return;  // its `close` was first
  if (stopping_) return port->end(stopping_now());
  if (open_.size() >= open_max_)
    return port->end(
        fail(Code::resource_exhausted, "too many deployments are given their values here (" +
                                           std::to_string(open_max_) +
                                           ", schema.registrations_max): try again later"));
  Watch& watch = open_[port];
  watch.deployment = deployment;
  give(*port, watch, *machine_.read());
}

void Contexts::close(const std::shared_ptr<ContextPort>& port) {
  const std::lock_guard lock(mutex_);
  open_.erase(port);
}

void Contexts::refresh(const State& state) {
  const std::lock_guard lock(mutex_);
  for (auto& [port, watch] : open_) {
    if (!watch.ended && state.revision() > watch.given) give(*port, watch, state);
  }
}

void Contexts::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  for (auto& [port, watch] : open_) {
    if (!std::exchange(watch.ended, true)) port->end(stopping_now());
  }
}

void Contexts::give(ContextPort& port, Watch& watch, const State& state) {
  const Deployment* deployment = state.deployment(watch.deployment);
  if (deployment == nullptr) {
    watch.ended = true;
    return port.end(
        fail(Code::not_found, "no deployment " + watch.deployment + ": it may be gone already"));
  }
  const bool first = watch.given == 0;
  watch.given = state.revision();
  std::vector<std::string> sources = sources_of(state, *deployment);
  if (!first && sources == watch.sources) return;
  watch.sources = std::move(sources);
  statekit::Position position = machine_.position();
  if (position.revision != state.revision()) position.digest = {};
  position.revision = state.revision();
  DeploymentContext context = *context_of(state, watch.deployment);
  open_secrets(context, *deployment, state);
  port.give(context, position);
  for (ContextSecret& secret : context.secrets)
    if (secret.json) seal::wipe(*secret.json);
}

// Held against the type once more: it may have changed since the secret was sealed.
void Contexts::open_secrets(DeploymentContext& context, const Deployment& deployment,
                            const State& state) {
  if (context.secrets.empty()) return;
  const schema::Index types = types_around(state, deployment);
  for (ContextSecret& each : context.secrets) {
    const SecretValue* sealed = state.secret_of(context.module, each.name);
    const schema::Secret* declared = schema::find_secret(*deployment.schema, each.name);
    if (sealed == nullptr || declared == nullptr) continue;
    const auto clear = vault_.open(*sealed);
    if (!clear) {
      each.problem = clear.error().message;
      continue;
    }
    schema::JsonOptions options;
    options.hide_values = true;
    auto fitted = canonical_value(types, declared->type, clear->view(), options);
    if (fitted)
      each.json = *std::move(fitted);
    else
      each.problem = lines_of(each.name, fitted.error()).front();
  }
}

}  // namespace millrace::schema_service
