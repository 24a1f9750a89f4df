#include "services/routing/call.hpp"

#include <algorithm>

#include "services/routing/permit.hpp"
#include "statekit/utf8.hpp"

namespace millrace::routing {
namespace {

constexpr std::size_t error_bytes_max = 512;   // of a message in the timeline
constexpr std::size_t header_bytes_max = 128;  // of one that is moved into the request

// Of a header that is sent twice the last one counts, as in a message.
std::string take_header(Headers& headers, std::string_view key) {
  std::string value;
  std::erase_if(headers, [&](auto& header) {
    if (header.first != key) return false;
    value = std::move(header.second);
    return true;
  });
  return value;
}

std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9U;
  return hash ^ (hash >> 31);
}

}  // namespace

Call::Call(CallService& service, Arrival arrival, std::function<void(Answer)> done)
    : service_(service),
      arrival_(std::move(arrival)),
      done_(std::move(done)),
      begun_(std::chrono::steady_clock::now()) {
  const CallLimits& limits = service_.limits_;
  const Instant latest = begun_ + std::chrono::milliseconds(limits.deadline_ms_max);
  const Instant usual = begun_ + std::chrono::milliseconds(limits.deadline_ms_default);
  deadline_ = std::min(arrival_.deadline.value_or(usual), latest);
}

void Call::start() {
  if (!read()) return;
  counted_ = true;
  if (service_.in_flight_.fetch_add(1) >= service_.limits_.calls_max)
    return refuse(Reason::overloaded, "the router has " +
                                          std::to_string(service_.limits_.calls_max) +
                                          " calls in flight (routing.calls_max); try again later");
  if (head_.min_revision.empty()) return go();
  const statekit::Result<MinRevision> wanted = parse_min_revision(head_.min_revision);
  if (!wanted) return refuse(Reason::invalid, wanted.error().message);
  wait_or_go(*wanted);
}

bool Call::read() {
  statekit::Result<CallHead> head = scan_call(arrival_.request.pieces());
  if (!head) {
    refuse(Reason::invalid, head.error().message);
    return false;
  }
  head_ = std::move(*head);
  complete_request();
  return true;
}

// What may come as a header too is moved into the request, where the next hop looks for it. A
// request without an id comes from outside: it gets one, and by it the side of a canary that it
// takes.
void Call::complete_request() {
  std::string more;
  const auto complete = [&](std::string_view key, std::string& known) {
    std::string sent = take_header(arrival_.headers, key);
    if (!known.empty() || sent.empty() || sent.size() > header_bytes_max) return;
    if (!statekit::is_utf8(sent)) return;
    more += encode_pair(key, sent);
    known = std::move(sent);
  };
  complete(key::request_id, head_.request_id);
  complete(key::min_revision, head_.min_revision);
  complete(key::side, head_.side);
  if (head_.traceparent.empty())
    for (const auto& [name, value] : arrival_.headers)
      if (name == key::traceparent) head_.traceparent = value;
  if (head_.request_id.empty()) {
    head_.request_id = service_.parts_.request_id();
    more += encode_pair(key::request_id, head_.request_id);
    if (head_.side.empty() && head_.callers.empty()) {
      head_.side = service_.parts_.projection->read()->side_of(hash_of(head_.request_id));
      if (!head_.side.empty()) more += encode_pair(key::side, head_.side);
    }
  }
  arrival_.request.append(std::move(more));
}

void Call::wait_or_go(const MinRevision& wanted) {
  const std::optional<statekit::Position> here = service_.parts_.position();
  if (here && here->incarnation != wanted.incarnation)
    return refuse(Reason::other_incarnation,
                  "millrace-min-revision names incarnation " + wanted.incarnation +
                      ", but the journal's is " + here->incarnation +
                      " (was it restored from a backup?); read anew what you want to build on");
  if (here && here->revision >= wanted.revision) return go();
  const std::uint64_t number = service_.waiters_.wait(
      wanted.revision, deadline_, [self = shared_from_this(), wanted] { self->resume(wanted); });
  if (number == 0)
    return refuse(Reason::overloaded, "too many calls wait for a revision here (" +
                                          std::to_string(service_.limits_.waiting_max) +
                                          ", routing.waiting_max); try again later");
  bool cancelled = false;
  {
    std::lock_guard lock(mutex_);
    waiting_ = number;
    cancelled = cancelled_;
  }
  if (cancelled) service_.waiters_.wake(number);
}

// On the waiters' thread: reached, late, cancelled, or the router stops.
void Call::resume(const MinRevision& wanted) {
  bool cancelled = false;
  {
    std::lock_guard lock(mutex_);
    cancelled = cancelled_;
  }
  if (cancelled) return refuse(Reason::cancelled, "the caller cancelled");
  const Revision here = service_.parts_.projection->revision();
  if (here >= wanted.revision) {
    // Once more: a state that came meanwhile may be of another incarnation.
    return wait_or_go(wanted);
  }
  refuse(Reason::behind, "this router stands at revision " + std::to_string(here) +
                             ", the call asked for " + std::to_string(wanted.revision) +
                             " and its deadline came first; is the feed behind? see `millrace "
                             "status`");
}

void Call::go() {
  std::optional<Forbidden> no;
  if (const std::optional<Miss> miss = choose(no)) return refuse(*miss);
  if (!no) return send();
  lease_ = {};
  if (arrival_.caller && service_.parts_.denied)
    service_.parts_.denied(arrival_, name(), no->message);
  refuse(no->reason, std::move(no->message));
}

std::optional<Miss> Call::choose(std::optional<Forbidden>& no) {
  const auto state = service_.parts_.projection->read();
  const auto found = state->route(head_.module, head_.verb, head_.side);
  if (const Miss* miss = std::get_if<Miss>(&found)) {
    known_verb_ = *miss == Miss::no_endpoint;
    return *miss;
  }
  const Route& route = std::get<Route>(found);
  known_verb_ = true;
  const access::Caller* const caller = arrival_.caller ? &*arrival_.caller : nullptr;
  Called called{head_.module, head_.verb, route};
  if (route.exported && !route.exported_realm)
    called.same_realm = calls_within(*state, route.realm, caller, head_.callers);
  no = forbidden(called, caller, head_.callers);
  if (no) return std::nullopt;
  deployment_ = route.deployment;
  lease_ = service_.pool_.pick(route, tried_, service_.parts_.random(),
                               service_.parts_.clock->mono_ms());
  endpoint_ = lease_.id();
  address_ = lease_.address();
  return std::nullopt;
}

void Call::refuse(Miss miss) {
  switch (miss) {
    case Miss::unknown_module:
      if (service_.parts_.projection->revision() == 0 && !service_.parts_.position())
        return refuse(Reason::behind,
                      "this router has no state yet: it waits for the schema service");
      return refuse(Reason::unknown_module, "no module named " + head_.module +
                                                " is deployed; `millrace ps` lists those that are");
    case Miss::unknown_verb:
      return refuse(Reason::unknown_verb, "module " + head_.module + " has no verb named " +
                                              head_.verb + "; `millrace schema get " +
                                              head_.module + "` shows it");
    case Miss::no_endpoint:
      return refuse(Reason::no_endpoint,
                    "module " + head_.module +
                        " is deployed, but no live endpoint serves it now; start one with "
                        "`millrace run`");
  }
}

// The answer may be there before `call` returns, and with it the next attempt: then what it
// returned is not the call to cancel any more.
void Call::send() {
  const std::shared_ptr<Connection> connection = lease_.connection();
  std::size_t attempt = 0;
  {
    std::lock_guard lock(mutex_);
    attempt = ++attempt_;
  }
  const std::shared_ptr<Pending> pending = connection->call(
      {arrival_.request, deadline_, arrival_.headers},
      [self = shared_from_this()](Outcome outcome) { self->on_outcome(std::move(outcome)); });
  bool cancelled = false;
  {
    std::lock_guard lock(mutex_);
    if (attempt == attempt_) pending_ = pending;
    cancelled = cancelled_;
  }
  if (cancelled) pending->cancel();
}

std::string Call::at_endpoint() const { return endpoint_ + " at " + address_; }

void Call::on_outcome(Outcome outcome) {
  EndpointPool& pool = service_.pool_;
  const std::string why = outcome.message.empty() ? "" : ": " + outcome.message;
  switch (outcome.how) {
    case Delivery::answered: pool.answered(lease_); return on_answer(std::move(outcome));
    case Delivery::unsent:
      pool.failed(lease_, service_.parts_.clock->mono_ms());
      tried_.push_back(endpoint_);
      lease_.release();
      if (tried_.size() < service_.limits_.attempts_max && !late()) return go();
      return refuse(Reason::endpoint_failed, "endpoint " + at_endpoint() + " of " + head_.module +
                                                 " cannot be reached" + why);
    case Delivery::failed:
      pool.failed(lease_, service_.parts_.clock->mono_ms());
      return refuse(Reason::endpoint_failed, "endpoint " + at_endpoint() + " of " + head_.module +
                                                 " failed to answer " + name() + why);
    case Delivery::refused:
      pool.answered(lease_);
      return refuse(Reason::endpoint_failed, "endpoint " + at_endpoint() + " of " + head_.module +
                                                 " refused " + name() + why);
    case Delivery::timed_out:
      return refuse(Reason::timeout,
                    name() + " did not answer within its deadline at endpoint " + at_endpoint());
    case Delivery::cancelled: return refuse(Reason::cancelled, "the caller cancelled");
  }
}

void Call::on_answer(Outcome outcome) {
  statekit::Result<AnswerHead> head = scan_answer(outcome.response.pieces());
  if (!head)
    return refuse(Reason::endpoint_failed,
                  "endpoint " + at_endpoint() + " answered " + name() + " with no CallResponse");
  answered_ = std::move(*head);
  Answer answer;
  answer.response = std::move(outcome.response);
  answer.leading = std::move(outcome.leading);
  answer.trailing = std::move(outcome.trailing);
  finish(std::move(answer));
}

void Call::cancel() {
  std::shared_ptr<Pending> pending;
  std::uint64_t waiting = 0;
  {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    pending = pending_;
    waiting = waiting_;
  }
  if (pending) pending->cancel();
  if (waiting != 0) service_.waiters_.wake(waiting);
}

void Call::refuse(Reason reason, std::string message) {
  Answer answer;
  answer.reason = reason;
  answer.message = std::move(message);
  finish(std::move(answer));
}

void Call::finish(Answer answer) {
  record(answer);
  lease_.release();
  if (counted_) service_.in_flight_.fetch_sub(1);
  std::exchange(done_, nullptr)(std::move(answer));
}

void Call::record(const Answer& answer) {
  using std::chrono::microseconds;
  const auto took =
      std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - begun_);
  const std::string_view outcome =
      answer.reason == Reason::none && answered_.error ? "error" : name_of(answer.reason);
  service_.parts_.metrics->count(known_verb_ ? name() : "", outcome, took.count());
  if (!service_.parts_.publish) return;
  statekit::CallEvent event;
  event.module = head_.module;
  event.verb = head_.verb;
  event.callers = head_.callers;
  event.deployment = deployment_;
  event.endpoint = endpoint_;
  event.duration_us = took.count();
  event.outcome = outcome;
  const std::string own = answered_.code + ": " + answered_.message;
  event.error = statekit::shortened(answered_.error ? own : answer.message, error_bytes_max);
  event.request_bytes = arrival_.request.size();
  event.response_bytes = answer.response.size();
  service_.parts_.publish(
      {0, service_.parts_.clock->wall_ms(), head_.request_id, head_.traceparent, std::move(event)});
}

}  // namespace millrace::routing
