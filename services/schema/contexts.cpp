#include "services/schema/contexts.hpp"

#include <utility>

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
  port.give(*context_of(state, watch.deployment), position);
}

}  // namespace millrace::schema_service
