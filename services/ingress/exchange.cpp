#include "services/ingress/exchange.hpp"

#include <algorithm>
#include <utility>

namespace millrace::ingress {
namespace {

constexpr std::size_t path_octets_max = 256;
constexpr std::size_t method_octets_max = 16;
constexpr int client_gone = 499;  // as nginx counts it; nobody sees it on the wire

}  // namespace

Exchange::Exchange(const Parts& parts, Arrival arrival, std::shared_ptr<httpkit::Reply> reply)
    : parts_(parts),
      arrival_(std::move(arrival)),
      reply_(std::move(reply)),
      begun_(std::chrono::steady_clock::now()),
      begun_wall_ms_(parts.clock->wall_ms()) {
  parts_.in_flight->enter();
}

Exchange::~Exchange() {
  const std::shared_ptr<InFlight> in_flight = parts_.in_flight;
  in_flight->leave();
}

std::int64_t Exchange::left_ms() const {
  const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::steady_clock::now() - begun_)
                         .count();
  return std::max<std::int64_t>(parts_.timeout_ms - spent, 1);
}

void Exchange::start() {
  parts_.metrics->begin();
  if (!parts_.position()) {
    return refuse({.status = 503,
                   .detail = "no routes are known yet: ingress waits for the schema service",
                   .reason = "no-state",
                   .retry = true});
  }
  const auto wanted = min_revision_of(arrival_.request.headers);
  if (!wanted) return refuse({400, wanted.error().message});
  if (wanted->has_value()) return wait_for(**wanted);
  proceed();
}

void Exchange::wait_for(const MinRevision& wanted) {
  const auto position = parts_.position();
  if (position->incarnation != wanted.incarnation) {
    return refuse({.status = 412,
                   .detail = "millrace-min-revision is of another incarnation: the store was "
                             "replaced since; ask without it",
                   .reason = "other-incarnation"});
  }
  if (parts_.projection->revision() >= wanted.revision) return proceed();
  const auto behind = [](const std::string& why) {
    return Problem{.status = 503, .detail = why, .reason = "behind", .retry = true};
  };
  const std::uint64_t number = parts_.waiters->wait(
      wanted.revision, begun_ + std::chrono::milliseconds(parts_.timeout_ms),
      [self = shared_from_this(), revision = wanted.revision, behind] {
        const auto reached = self->parts_.projection->revision();
        if (reached >= revision) return self->proceed();
        self->refuse(behind("revision " + std::to_string(revision) + " was asked for and only " +
                            std::to_string(reached) + " was reached in time"));
      });
  if (number == 0) refuse(behind("too many requests wait for a revision"));
}

void Exchange::proceed() {
  // The guard is gone before the answer leaves: nothing slow happens under it.
  auto plan = [&] {
    const auto state = parts_.projection->read();
    return parts_.service->plan(*state, arrival_);
  }();
  if (auto* answer = std::get_if<Answer>(&plan)) return finish(std::move(*answer));
  call(std::get<VerbCall>(std::move(plan)));
}

void Exchange::call(VerbCall call) {
  const auto shared = std::make_shared<const VerbCall>(std::move(call));
  const std::weak_ptr<PendingCall> pending = parts_.caller->call(
      *shared, left_ms(), [self = shared_from_this(), shared](const Outcome& outcome) {
        self->finish(self->parts_.service->answer(self->arrival_, *shared, outcome));
      });
  reply_->on_gone([self = weak_from_this(), pending] {
    if (const auto exchange = self.lock()) exchange->gone_ = true;
    if (const auto here = pending.lock()) here->cancel();
  });
}

void Exchange::refuse(const Problem& problem) { finish(parts_.service->refuse(arrival_, problem)); }

void Exchange::finish(Answer answer) {
  const auto duration_us = std::chrono::duration_cast<std::chrono::microseconds>(
                               std::chrono::steady_clock::now() - begun_)
                               .count();
  if (gone_) {
    answer.response.status = client_gone;
    answer.error = "the client went before its answer came";
  }
  parts_.metrics->end(answer.route, answer.response.status, duration_us);
  tell(answer, duration_us);
  reply_->send(std::move(answer.response));
}

void Exchange::tell(const Answer& answer, std::int64_t duration_us) const {
  if (!parts_.publish) return;
  statekit::IngressEvent event;
  event.method = arrival_.request.method.substr(0, method_octets_max);
  event.route = answer.route;
  event.path = arrival_.request.path.substr(0, path_octets_max);
  event.module = answer.module;
  event.verb = answer.verb;
  event.status = static_cast<std::uint32_t>(answer.response.status);
  event.duration_us = duration_us;
  event.error = answer.error;
  event.request_bytes = arrival_.request.body.size();
  event.response_bytes = answer.response.body.size();
  statekit::TimelineEvent out;
  out.time_ms = begun_wall_ms_;
  out.request_id = arrival_.request_id;
  out.traceparent = arrival_.traceparent;
  out.what = std::move(event);
  parts_.publish(std::move(out));
}

}  // namespace millrace::ingress
