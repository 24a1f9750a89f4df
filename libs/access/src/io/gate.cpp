#include "access/io/gate.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

#include "peer.hpp"
#include "statekit/audit_line.hpp"
#include "statekit/io/audit.hpp"

namespace millrace::access {

using statekit::Code;
using statekit::Error;
using statekit::fail;
using statekit::Result;

namespace {

constexpr const char* nobody =
    "nobody is known here who shows nothing: a token is wanted (--token-file or "
    "MILLRACE_TOKEN_FILE), or a certificate";
constexpr std::size_t told_bytes_max = 200;
constexpr std::size_t modules_bytes_max = 2'000;
constexpr std::size_t why_bytes_max = 500;  // may name what a token of anybody's says of itself
constexpr int looks_skipped_max = 5;

thread_local const Caller* current = nullptr;

bool is_uri(std::string_view name) { return name.find("://") != std::string_view::npos; }

void log_denied(const Denied& denied) {
  statekit::audit(statekit::access_denied, {{"who", denied.who},
                                            {"what", denied.what},
                                            {"from", denied.from},
                                            {"why", denied.why},
                                            {"left_out", denied.left_out},
                                            {statekit::principal_field, denied.principal},
                                            {statekit::address_field, denied.address},
                                            {statekit::module_field, denied.modules}});
}

// The token of "Bearer TOKEN", whatever the case of its first word; empty: it is not one.
std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size()) return {};
  for (std::size_t i = 0; i < scheme.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(authorization[i])) != scheme[i]) return {};
  return authorization.substr(scheme.size());
}

// What may be told of who was not let in: never more of a token than its id.
std::string shown_by(const Arrival& arrival) {
  const std::string_view id = id_of_token(bearer_of(arrival.authorization));
  if (!id.empty()) return "token " + std::string(id);
  if (JwtDoor::is_jwt(arrival.authorization)) return "a JWT";
  if (!arrival.authorization.empty()) return "something that is no token";
  return arrival.identities.empty() ? "nobody" : "certificate " + arrival.identities.front();
}

std::string plain(std::string text, std::size_t bytes_max = told_bytes_max) {
  if (text.size() > bytes_max) text.resize(bytes_max);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return text;
}

// "/millrace.v2alpha1.SchemaService/Ping" -> "Ping"
std::string_view short_name(std::string_view method) {
  const std::size_t slash = method.rfind('/');
  return method.front() == '/' ? method.substr(slash + 1) : method;
}

bool is_of_state(const Arrival& arrival) { return arrival.method.starts_with("state/"); }

bool may(const Caller& caller, Permission permission, const Arrival& arrival) {
  return is_of_state(arrival) ? caller.may_in_workspace(permission, arrival.workspace)
                              : caller.may(permission);
}

std::string wanted_for(Permission permission, const Arrival& arrival) {
  const std::string roles = roles_with(permission);
  if (roles.empty()) return {};
  return ": it takes the role " + roles +
         (is_of_all_modules(permission) && !is_of_state(arrival) ? ", for all modules" : "");
}

// Not of a certificate that nobody here knows.
std::string principal_of(const Caller& caller) { return caller.shown.empty() ? "" : caller.name; }

Error must_wait(std::int64_t rest_ms, const Error& why) {
  return {Code::resource_exhausted,
          "too many attempts from this address have failed: try again in " +
              std::to_string(rest_ms) + " ms",
          {"waits; " + (why.details.empty() ? why.message : why.details.front())}};
}

}  // namespace

Gate::Gate(const Trusted& trusted, ReadBook book, const statekit::Clock& clock,
           std::function<void(const Denied&)> tell, GateLimits limits)
    : trusted_(trusted),
      book_(std::move(book)),
      clock_(clock),
      tell_(tell ? std::move(tell) : log_denied),
      limits_(limits),
      allowance_(limits.told),
      failures_(limits.failed),
      thread_([this] { run(); }) {}

Gate::~Gate() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Gate::count_in(statekit::Metrics& metrics, const std::string& door) {
  const auto counter = [&](const char* name, const char* help) {
    return metrics.counter(std::string("millrace_access_") + name + "_total", help,
                           {{"door", door}});
  };
  counters_ = {counter("denied", "Requests that were denied."),
               counter("failed", "Requests that showed a token which was not right."),
               counter("slowed", "Requests that were answered that they must wait.")};
}

std::int64_t Gate::rest_ms(const Arrival& arrival) {
  const std::lock_guard lock(failing_);
  return failures_.rest_ms(address_of(arrival.from), clock_.mono_ms());
}

// While it waits an address is answered that it must, which is not counted again: whoever keeps
// trying waits no longer than whoever sits still.
Error Gate::failed(const Arrival& arrival, Error error) {
  const std::string address = address_of(arrival.from);
  const statekit::MonoMs now = clock_.mono_ms();
  std::int64_t rest = 0;
  {
    const std::lock_guard lock(failing_);
    rest = failures_.rest_ms(address, now);
    if (rest == 0) failures_.failed(address, now);
  }
  if (counters_ && rest == 0) counters_->failed.add();
  return rest == 0 ? error : must_wait(rest, error);
}

Result<Caller> Gate::by_jwt(std::string_view token, const Arrival& arrival, Asks asks) {
  // To look at a signature costs so much that an address which only fails is not worth it.
  if (asks == Asks::first && !trusted_.jwt->knows(token))
    if (const std::int64_t rest = rest_ms(arrival); rest > 0)
      return fail(must_wait(rest, {Code::unauthenticated, "", {"a JWT was not looked at"}}));
  auto bearer = trusted_.jwt->bearer(token, clock_.wall_ms(), clock_.mono_ms());
  if (!bearer) return fail(std::move(bearer.error()));
  Caller caller;
  book_([&](const Book& book) {
    caller = book.caller_by_name(bearer->principal);
    for (const std::string& group : bearer->groups)
      for (const RoleBinding& role : book.caller_by_name(group).roles)
        if (std::find(caller.roles.begin(), caller.roles.end(), role) == caller.roles.end())
          caller.roles.push_back(role);
  });
  caller.shown = "JWT";
  return caller;
}

Result<Caller> Gate::by_token(std::string_view token, const Arrival& arrival, Asks asks) {
  if (auto known = trusted_.caller_by_token(statekit::sha256(token))) return *std::move(known);
  if (trusted_.jwt != nullptr && JwtDoor::is_jwt(token)) return by_jwt(token, arrival, asks);
  Result<Caller> caller = fail(Code::unauthenticated, nobody);
  book_([&](const Book& book) { caller = book.caller_by_token(token, clock_.wall_ms()); });
  return caller;
}

// Of the names of a certificate the one that has roles. Where none has, whoever reads the audit is
// told a URI before a host, which many have.
Result<Caller> Gate::by_certificate(const Arrival& arrival) const {
  Caller caller;
  caller.name = "certificate";
  for (const std::string& identity : arrival.identities)
    if (auto known = trusted_.caller_by_identity(identity)) return *std::move(known);
  book_([&](const Book& book) {
    for (const std::string& identity : arrival.identities) {
      if (!caller.roles.empty() || !is_principal(identity)) continue;
      if (identity.starts_with(group_prefix) || is_own_name(identity)) continue;
      Caller named = book.caller_by_name(identity);
      if (named.roles.empty() && !caller.shown.empty() && !is_uri(identity)) continue;
      caller = std::move(named);
      caller.shown = "certificate " + identity;
    }
  });
  return caller;
}

Result<Caller> Gate::identify_direct(const Arrival& arrival, Asks asks) {
  if (arrival.authorization.empty()) {
    if (arrival.identities.empty()) return fail(Code::unauthenticated, nobody);
    return by_certificate(arrival);
  }
  const std::string_view token = bearer_of(arrival.authorization);
  Result<Caller> caller =
      token.empty() ? Result<Caller>(fail(Code::unauthenticated,
                                          "what was shown is not of the form: Bearer TOKEN"))
                    : by_token(token, arrival, asks);
  if (caller || asks == Asks::again || caller.error().code != Code::unauthenticated) return caller;
  return fail(failed(arrival, std::move(caller.error())));
}

// A service of the platform says for whom it hands a request on; nobody else is believed.
Result<Caller> Gate::identify(const Arrival& arrival, Asks asks) {
  Result<Caller> caller = identify_direct(arrival, asks);
  if (!caller || arrival.on_behalf.empty()) return caller;
  if (!caller->is_platform())
    return fail(Code::permission_denied, "only Millrace's own services speak for others");
  Caller behind{arrival.on_behalf, {}, "handed on by " + caller->shown};
  std::string_view rest = arrival.on_behalf_roles;
  while (!rest.empty()) {
    const std::size_t space = rest.find(' ');
    if (auto role = binding_of(rest.substr(0, space))) behind.roles.push_back(std::move(*role));
    rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
  }
  return behind;
}

// `caller`: what identify said.
Result<Caller> Gate::check(const Arrival& arrival, const Result<Caller>& caller) {
  const auto permission = permission_of(arrival.method);
  // Nobody is asked; who says who they are is known nevertheless.
  if (permission == Permission::open) return caller ? *caller : Caller{"anonymous", {}, "nobody"};
  if (!caller || (permission && may(*caller, *permission, arrival))) return caller;
  return fail(Code::permission_denied,
              caller->name + " may not " + std::string(short_name(arrival.method)) +
                  (arrival.workspace.empty() ? "" : " in workspace " + arrival.workspace) +
                  (permission ? wanted_for(*permission, arrival) : ""));
}

Result<Caller> Gate::admit(const Arrival& arrival) {
  const Result<Caller> known = identify(arrival, Asks::first);
  Result<Caller> caller = check(arrival, known);
  if (caller) return caller;
  if (counters_ && caller.error().code == Code::resource_exhausted) counters_->slowed.add();
  // Why it was not believed is for those who run the service; the caller is not told.
  Error& error = caller.error();
  const std::string why = error.details.empty() ? error.message : error.details.front();
  error.details.clear();
  tell({known ? known->name + " (" + known->shown + ")" : shown_by(arrival), arrival.method,
        arrival.from, why, 0, known ? principal_of(*known) : ""});
  return caller;
}

void Gate::refuse(const Caller& caller, const std::string& what, const std::string& from,
                  const std::string& why, const std::vector<std::string>& modules) {
  Denied denied{caller.name + " (" + caller.shown + ")", what, from, why, 0, principal_of(caller)};
  for (const std::string& module : modules) {
    if (denied.modules.size() + module.size() >= modules_bytes_max) break;
    denied.modules += (denied.modules.empty() ? "" : " ") + module;
  }
  tell(std::move(denied));
}

void Gate::tell(Denied denied) {
  if (counters_) counters_->denied.add();
  denied.address = address_of(denied.from);
  {
    const std::lock_guard lock(telling_);
    const bool known = !denied.principal.empty();
    if (!allowance_.take(known ? "p " + denied.principal : "a " + denied.address,
                         clock_.mono_ms())) {
      ++left_out_;
      return;
    }
    denied.left_out = std::exchange(left_out_, 0);
  }
  denied.who = plain(std::move(denied.who));
  denied.what = plain(std::move(denied.what));
  denied.from = plain(std::move(denied.from));
  denied.why = plain(std::move(denied.why), why_bytes_max);
  denied.principal = plain(std::move(denied.principal));
  denied.address = plain(std::move(denied.address));
  denied.modules = plain(std::move(denied.modules), modules_bytes_max);
  tell_(denied);
}

std::uint64_t Gate::stay(const Arrival& arrival, const Caller& caller,
                         std::function<void(const Error&)> end) {
  const std::lock_guard lock(mutex_);
  stays_.emplace(++last_, Stay{arrival, caller.roles, std::move(end)});
  if (stays_.size() == 1) wake_.notify_all();
  return last_;
}

void Gate::leave(std::uint64_t number) {
  std::unique_lock lock(mutex_);
  stays_.erase(number);
  if (std::this_thread::get_id() == thread_.get_id()) return;
  ended_.wait(lock, [&] { return ending_ != number; });
}

void Gate::run() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    if (stays_.empty()) {
      wake_.wait(lock);
      continue;
    }
    wake_.wait_for(lock, std::chrono::milliseconds(limits_.look_ms));
    if (stopped_) return;
    lock.unlock();
    look();
    lock.lock();
  }
}

// Asks for each stream what it was asked at its beginning. Its end is told without the lock, since
// it may come back with `leave`.
void Gate::look() {
  std::uint64_t digest = 0;
  book_([&](const Book& book) { digest = book.digest(); });
  // Nobody's rights changed; what expires is looked for now and then.
  if (digest == looked_at_ && ++skipped_ < looks_skipped_max) return;
  looked_at_ = digest;
  skipped_ = 0;
  std::vector<std::pair<std::uint64_t, Stay>> all;
  {
    const std::lock_guard lock(mutex_);
    all.assign(stays_.begin(), stays_.end());
  }
  for (const auto& [number, stay] : all) {
    const Result<Caller> caller = check(stay.arrival, identify(stay.arrival, Asks::again));
    if (!caller)
      end(number, {caller.error().code, caller.error().message, {}});
    else if (caller->roles != stay.roles)
      end(number,
          {Code::unavailable, "what " + caller->name + " may do was changed: connect again", {}});
  }
}

void Gate::end(std::uint64_t number, const Error& why) {
  std::unique_lock lock(mutex_);
  const auto found = stays_.find(number);
  if (found == stays_.end()) return;
  const auto told = std::move(found->second.end);
  stays_.erase(found);
  ending_ = number;
  lock.unlock();
  told(why);
  lock.lock();
  ending_ = 0;
  lock.unlock();
  ended_.notify_all();
}

const Caller* current_caller() { return current; }

CurrentCaller::CurrentCaller(const Caller& caller) : before_(std::exchange(current, &caller)) {}
CurrentCaller::~CurrentCaller() { current = before_; }

}  // namespace millrace::access
