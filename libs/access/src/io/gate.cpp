#include "access/io/gate.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <utility>

#include "statekit/io/log.hpp"

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
constexpr int looks_skipped_max = 5;

thread_local const Caller* current = nullptr;

void log_denied(const Denied& denied) {
  statekit::log_warn("access.denied", {{"who", denied.who},
                                       {"what", denied.what},
                                       {"from", denied.from},
                                       {"why", denied.why},
                                       {"left_out", denied.left_out}});
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
  if (!arrival.authorization.empty()) return "something that is no token";
  return arrival.identities.empty() ? "nobody" : "certificate " + arrival.identities.front();
}

std::string plain(std::string text) {
  if (text.size() > told_bytes_max) text.resize(told_bytes_max);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return text;
}

// "/millrace.v2alpha1.SchemaService/Ping" -> "Ping"
std::string_view short_name(std::string_view method) {
  const std::size_t slash = method.rfind('/');
  return method.front() == '/' ? method.substr(slash + 1) : method;
}

}  // namespace

Gate::Gate(const Trusted& trusted, ReadBook book, const statekit::Clock& clock,
           std::function<void(const Denied&)> tell, GateLimits limits)
    : trusted_(trusted),
      book_(std::move(book)),
      clock_(clock),
      tell_(tell ? std::move(tell) : log_denied),
      limits_(limits),
      allowance_(limits.denied_burst_max, limits.denied_per_second_max),
      thread_([this] { run(); }) {}

Gate::~Gate() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

Result<Caller> Gate::identify_direct(const Arrival& arrival) const {
  if (!arrival.authorization.empty()) {
    const std::string_view token = bearer_of(arrival.authorization);
    if (token.empty())
      return fail(Code::unauthenticated, "what was shown is not of the form: Bearer TOKEN");
    if (auto known = trusted_.caller_by_token(statekit::sha256(token))) return *std::move(known);
    Result<Caller> caller = fail(Code::unauthenticated, nobody);
    book_([&](const Book& book) { caller = book.caller_by_token(token, clock_.wall_ms()); });
    return caller;
  }
  if (arrival.identities.empty()) return fail(Code::unauthenticated, nobody);
  Caller caller;
  caller.name = "certificate";
  for (const std::string& identity : arrival.identities)
    if (auto known = trusted_.caller_by_identity(identity)) return *std::move(known);
  book_([&](const Book& book) {
    for (const std::string& identity : arrival.identities) {
      if (!caller.roles.empty() || !is_principal(identity)) continue;
      caller = book.caller_by_name(identity);
      caller.shown = "certificate " + identity;
    }
  });
  return caller;
}

// A service of the platform says for whom it hands a request on; nobody else is believed.
Result<Caller> Gate::identify(const Arrival& arrival) const {
  Result<Caller> caller = identify_direct(arrival);
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

Result<Caller> Gate::check(const Arrival& arrival) const {
  const auto permission = permission_of(arrival.method);
  if (permission == Permission::open) {
    // Nobody is asked; who says who they are is known nevertheless.
    Result<Caller> caller = identify(arrival);
    return caller ? std::move(*caller) : Caller{"anonymous", {}, "nobody"};
  }
  Result<Caller> caller = identify(arrival);
  if (!caller) return caller;
  if (permission && caller->may(*permission)) return caller;
  const std::string roles = permission ? roles_with(*permission) : "";
  return fail(Code::permission_denied, caller->name + " may not " +
                                           std::string(short_name(arrival.method)) +
                                           (roles.empty() ? "" : ": it takes the role " + roles));
}

Result<Caller> Gate::admit(const Arrival& arrival) {
  Result<Caller> caller = check(arrival);
  if (caller) return caller;
  const Result<Caller> known = identify(arrival);
  tell({known ? known->name + " (" + known->shown + ")" : shown_by(arrival), arrival.method,
        arrival.from, caller.error().message, 0});
  return caller;
}

void Gate::refuse(const Caller& caller, const std::string& what, const std::string& from,
                  const std::string& why) {
  tell({caller.name + " (" + caller.shown + ")", what, from, why, 0});
}

void Gate::tell(Denied denied) {
  {
    const std::lock_guard lock(telling_);
    if (!allowance_.take(clock_.mono_ms())) {
      ++left_out_;
      return;
    }
    denied.left_out = std::exchange(left_out_, 0);
  }
  denied.who = plain(std::move(denied.who));
  denied.what = plain(std::move(denied.what));
  denied.from = plain(std::move(denied.from));
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
    const Result<Caller> caller = check(stay.arrival);
    if (!caller)
      end(number, caller.error());
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
