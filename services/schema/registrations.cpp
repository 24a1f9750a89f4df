#include "services/schema/registrations.hpp"

#include <algorithm>
#include <utility>

#include "statekit/io/ids.hpp"

namespace millrace::schema_service {

using statekit::Code;
using statekit::Committed;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::size_t name_bytes_max = 256;

bool is_port(const std::string& text) {
  const bool digits =
      !text.empty() && text.size() <= 5 &&
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return digits && std::stoi(text) >= 1 && std::stoi(text) <= 65'535;
}

const Endpoint* find_registered(const State& state, const Offer& offer) {
  for (const Endpoint* endpoint : state.endpoints_of(offer.deployment)) {
    if (endpoint->leased && endpoint->address == offer.address &&
        endpoint->instance == offer.instance)
      return endpoint;
  }
  return nullptr;
}

Status stopping_status() {
  return fail(Code::unavailable, "the schema service is stopping: register with the next one");
}

// The deployment is no more, or never was: the endpoint stops instead of trying again.
bool is_final(const statekit::Error& error) {
  return error.code == Code::not_found || error.code == Code::failed_precondition;
}

}  // namespace

Advice advice_for(const State& state, const std::string& key) {
  const Deployment* deployment = state.deployment(key);
  if (deployment == nullptr)
    return {Directive::stop, {}, "deployment " + key + " is gone: deploy its module again"};
  switch (deployment->phase) {
    case DeploymentPhase::preparing:
    case DeploymentPhase::canonical: return {Directive::serve, {}, {}};
    case DeploymentPhase::draining:
    case DeploymentPhase::retired: {
      const Deployment* newer = state.canonical(deployment->module());
      const std::string by = newer == nullptr ? "removed" : "replaced by " + newer->key;
      return {Directive::drain, {}, "deployment " + key + " is " + by};
    }
    case DeploymentPhase::failed: break;
  }
  const Changeset* changeset = state.changeset(deployment->changeset);
  const std::string why = changeset == nullptr ? "" : ": " + changeset->failure;
  return {Directive::stop, {}, "changeset " + deployment->changeset + " failed" + why};
}

Status check_offer(const Offer& offer) {
  if (offer.deployment.empty())
    return fail(Code::invalid_argument, "the first message names the deployment to serve");
  if (offer.instance.empty() || offer.instance.size() > name_bytes_max)
    return fail(Code::invalid_argument, "`instance` names this process, in 1 to 256 octets");
  const std::size_t colon = offer.address.rfind(':');
  const bool has_host = colon != std::string::npos && colon > 0;
  if (!has_host || offer.address.size() > name_bytes_max ||
      !is_port(offer.address.substr(colon + 1)))
    return fail(Code::invalid_argument,
                "`address` must be host:port, such as 127.0.0.1:9001, not `" + offer.address + "`");
  return {};
}

void Registration::on_message(const Offer& offer) {
  const std::lock_guard lock(mutex_);
  if (port_ == nullptr) return;
  if (offer_.deployment.empty()) {
    if (const Status checked = check_offer(offer); !checked) return end_locked(checked);
    offer_ = offer;
  }
  if (offer.leaving) {
    left_ = true;
    return take_out();
  }
  left_ = false;
  renew();
}

void Registration::renew() {
  if (submitted_) return;
  {
    const auto state = owner_.machine_.read();
    if (endpoint_.empty() || state->endpoint(endpoint_) == nullptr) {
      endpoint_.clear();
    } else {
      Advice advice = advice_for(*state, offer_.deployment);
      advice.endpoint = endpoint_;
      advise(advice);
    }
  }
  if (endpoint_.empty()) return submit_offer();
  owner_.heard_(endpoint_);
}

void Registration::submit_offer() {
  submitted_ = true;
  const statekit::CommandMeta meta{
      "endpoint " + offer_.instance, {}, owner_.clock_.wall_ms(), {}, {}};
  owner_.machine_.submit(RegisterEndpoint{offer_.deployment, offer_.address, offer_.instance,
                                          "ept-" + statekit::random_base36(10)},
                         meta, owner_.limits_.write_ms_max,
                         [self = weak_from_this()](const Result<Committed>& result) {
                           if (const auto registration = self.lock())
                             registration->on_registered(result);
                         });
}

void Registration::on_registered(const Result<Committed>& result) {
  const std::lock_guard lock(mutex_);
  submitted_ = false;
  if (port_ == nullptr && !left_) return;
  if (!result) {
    if (!is_final(result.error())) return end_locked(fail(result.error()));
    return advise({Directive::stop, {}, result.error().message});
  }
  Advice advice;
  {
    const auto state = owner_.machine_.read();
    advice = advice_for(*state, offer_.deployment);
    if (const Endpoint* endpoint = find_registered(*state, offer_)) endpoint_ = endpoint->id;
  }
  if (left_) return take_out();
  if (endpoint_.empty()) return;  // taken out again meanwhile: the next heartbeat registers anew
  owner_.heard_(endpoint_);
  advice.endpoint = endpoint_;
  advise(advice);
}

// The endpoint hears of it once it is committed: who has left stops only when routers know.
void Registration::take_out() {
  if (submitted_) return;  // its registration is under way, and this comes after it
  if (endpoint_.empty()) return advise({Directive::drain, {}, "it leaves"});
  Revision registered = 0;
  {
    const auto state = owner_.machine_.read();
    if (const Endpoint* endpoint = state->endpoint(endpoint_))
      registered = endpoint->registered_revision;
  }
  const statekit::CommandMeta meta{
      "endpoint " + offer_.instance, {}, owner_.clock_.wall_ms(), {}, {}};
  owner_.machine_.submit(RemoveEndpoint{endpoint_, registered, "left"}, meta,
                         owner_.limits_.write_ms_max,
                         [self = weak_from_this()](const Result<Committed>& result) {
                           if (const auto registration = self.lock())
                             registration->on_taken_out(result);
                         });
}

// Where it could not be committed the lease ends it.
void Registration::on_taken_out(const Result<Committed>& result) {
  const std::lock_guard lock(mutex_);
  advise({Directive::drain, endpoint_, "it leaves", result ? result->revision : 0});
}

void Registration::on_closed(bool left) {
  const std::lock_guard lock(mutex_);
  // What this side has ended was not left by its endpoint.
  if (port_ != nullptr && left && !left_) {
    left_ = true;
    take_out();
  }
  port_ = nullptr;
}

void Registration::refresh(const State& state) {
  const std::lock_guard lock(mutex_);
  if (offer_.deployment.empty()) return end_silent();
  if (port_ == nullptr || endpoint_.empty() || left_) return;
  Advice advice = advice_for(state, offer_.deployment);
  advice.endpoint = endpoint_;
  if (advice.directive != last_.directive) advise(advice);
}

void Registration::end_silent() {
  const std::int64_t max = owner_.limits_.first_message_ms_max;
  if (owner_.clock_.mono_ms() - opened_ms_ <= max) return;
  end_locked(fail(Code::deadline_exceeded,
                  "no endpoint was named within " + std::to_string(max) +
                      " ms (schema.first_message_max): the first message says which one it is"));
}

void Registration::end(const Status& status) {
  const std::lock_guard lock(mutex_);
  end_locked(status);
}

void Registration::advise(const Advice& advice) {
  last_ = advice;
  if (port_ != nullptr) port_->advise(advice);
}

void Registration::end_locked(const Status& status) {
  if (port_ != nullptr) port_->end(status);
  port_ = nullptr;
}

std::shared_ptr<Registration> Registrations::open(std::shared_ptr<AdvicePort> port) {
  auto registration = std::make_shared<Registration>(*this, std::move(port), clock_.mono_ms());
  Status able;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      able = stopping_status();
    } else if (open_.size() >= limits_.open_max) {
      able = fail(Code::resource_exhausted, "too many endpoints are registered here (" +
                                                std::to_string(limits_.open_max) +
                                                ", schema.registrations_max): try again later");
    } else {
      open_.insert(registration);
    }
  }
  if (!able) registration->end(able);
  return registration;
}

void Registrations::close(const std::shared_ptr<Registration>& registration) {
  const std::lock_guard lock(mutex_);
  open_.erase(registration);
}

std::set<std::shared_ptr<Registration>> Registrations::all() {
  const std::lock_guard lock(mutex_);
  return open_;
}

void Registrations::refresh(const State& state) {
  for (const auto& registration : all()) registration->refresh(state);
}

void Registrations::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  for (const auto& registration : all()) registration->end(stopping_status());
}

}  // namespace millrace::schema_service
