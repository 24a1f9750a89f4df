// Gate: the one decorator in front of every RPC and every HTTP resource of a service. It finds out
// who calls, holds that against the table of rules (access/rules.hpp), ends a stream whose caller
// may no longer, and tells of each refusal. Made by a service's server, which reads the grants from
// the state that the service follows. Thread safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "access/book.hpp"
#include "access/io/trusted.hpp"
#include "statekit/clock.hpp"
#include "statekit/failed_attempts.hpp"
#include "statekit/fair_allowance.hpp"
#include "statekit/io/metrics.hpp"

namespace millrace::access {

// What a call shows of its caller.
struct Arrival {
  std::string method;         // as in the table of rules
  std::string authorization;  // "Bearer ...", or "Basic ..." over HTTP; empty: none
  std::string on_behalf;      // who stands behind it, of a platform service that hands it on
  std::string on_behalf_roles;
  std::vector<std::string> identities;  // of a verified certificate
  std::string from;                     // the other end's address
  std::string workspace;                // of a state over HTTP; empty: of none in particular
};

struct Denied {
  std::string who;  // what is known of the caller
  std::string what;
  std::string from;
  std::string why;
  std::uint64_t left_out = 0;  // that were not told before it
  std::string principal = {};  // who it is, where that was verified
  std::string address = {};    // of the other end, without its port
  std::string modules = {};    // which it concerns, by spaces; empty: none in particular
};

// Calls its argument with the book as it is now.
using ReadBook = std::function<void(const std::function<void(const Book&)>&)>;

struct GateLimits {
  // Of what is denied so much is told, of each principal, and of each address of who is nobody.
  statekit::FairAllowanceLimits told = {};
  std::int64_t look_ms = 200;  // how soon a stream ends that may not go on
  // What is wrong is answered at once a few times; then it is answered that one must wait.
  statekit::FailedAttemptsLimits failed = {.free_max = 10};
};
// What whoever has to wait is told at the most, over HTTP and gRPC.
inline constexpr std::int64_t retry_after_s_max = 2;
static_assert(statekit::FailedAttemptsLimits{}.wait_ms_max <= retry_after_s_max * 1'000);

class Gate {
 public:
  // `trusted` and `clock` outlive it. `tell` must not block; by default it writes a log line, which
  // the timeline keeps (`millrace audit`).
  Gate(const Trusted& trusted, ReadBook book, const statekit::Clock& clock,
       std::function<void(const Denied&)> tell = {}, GateLimits limits = {});
  ~Gate();
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // Before it is asked anything: counts what it denies, what failed and what had to wait.
  // `door`: which it is, such as "schema". `metrics` outlives it.
  void count_in(statekit::Metrics& metrics, const std::string& door);

  // Unauthenticated: nobody known. PermissionDenied: known, but may not. ResourceExhausted: nobody
  // known, from an address that has failed too often; docs/decisions/0173 says how that is judged.
  // Each says what is missing, and nothing else.
  statekit::Result<Caller> admit(const Arrival& arrival);
  // Of what is found out only while a call is handled; counts and tells as admit does.
  void refuse(const Caller& caller, const std::string& what, const std::string& from,
              const std::string& why, const std::vector<std::string>& modules);

  // Calls `end` once, on a thread of the gate's, when that caller would not be admitted any more,
  // or may do something else than when it was; not after `leave` has returned.
  std::uint64_t stay(const Arrival& arrival, const Caller& caller,
                     std::function<void(const statekit::Error&)> end);
  void leave(std::uint64_t number);

 private:
  struct Stay {
    Arrival arrival;
    std::vector<RoleBinding> roles;
    std::function<void(const statekit::Error&)> end;
  };

  struct Counters {
    statekit::Counter denied, failed, slowed;
  };

  // A stream that is asked again is no attempt.
  enum class Asks { first, again };

  statekit::Result<Caller> by_token(std::string_view token, const Arrival& arrival, Asks asks);
  statekit::Result<Caller> by_jwt(std::string_view token, const Arrival& arrival, Asks asks);
  statekit::Result<Caller> by_certificate(const Arrival& arrival) const;
  statekit::Result<Caller> identify_direct(const Arrival& arrival, Asks asks);
  statekit::Result<Caller> identify(const Arrival& arrival, Asks asks);
  statekit::Result<Caller> check(const Arrival& arrival, const statekit::Result<Caller>& caller);
  std::int64_t rest_ms(const Arrival& arrival);
  // What to answer an attempt that failed for that reason.
  statekit::Error failed(const Arrival& arrival, statekit::Error error);
  void tell(Denied denied);
  void run();
  void look();
  void end(std::uint64_t number, const statekit::Error& why);

  const Trusted& trusted_;
  const ReadBook book_;
  const statekit::Clock& clock_;
  const std::function<void(const Denied&)> tell_;
  const GateLimits limits_;
  std::optional<Counters> counters_;

  std::mutex telling_;
  statekit::FairAllowance allowance_;
  std::uint64_t left_out_ = 0;

  std::mutex failing_;
  statekit::FailedAttempts failures_;  // by address

  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::uint64_t, Stay> stays_;
  std::uint64_t last_ = 0;
  std::uint64_t ending_ = 0;  // the stay that is being ended
  std::condition_variable ended_;
  bool stopped_ = false;
  std::uint64_t looked_at_ = 0;  // the book's digest; only the thread touches it
  int skipped_ = 0;
  std::thread thread_;
};

// The caller of the RPC that this thread begins to handle; null where no gate stands before it.
// Reactors that answer later copy it.
const Caller* current_caller();

class CurrentCaller {
 public:
  explicit CurrentCaller(const Caller& caller);
  ~CurrentCaller();
  CurrentCaller(const CurrentCaller&) = delete;
  CurrentCaller& operator=(const CurrentCaller&) = delete;

 private:
  const Caller* const before_;
};

}  // namespace millrace::access
