// Registrations: one for each RegisterEndpoint stream. The first message registers the endpoint,
// each later one renews its lease, the last takes it out; the answers say what the endpoint should
// do and are pushed when that changes. Free of any transport: server.cpp carries messages in and
// answers out. Thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "services/schema/model.hpp"
#include "statekit/clock.hpp"
#include "statekit/result.hpp"

namespace millrace::schema_service {

enum class Directive { serve, drain, stop };

struct Advice {
  Directive directive = Directive::serve;
  std::string endpoint;
  std::string reason;
  Revision revision = 0;  // of the removal, of an endpoint that left
  bool operator==(const Advice&) const = default;
};

// What an endpoint of this deployment should do. Pure.
Advice advice_for(const State& state, const std::string& deployment);

struct Offer {
  std::string deployment;
  std::string address;
  std::string instance;
  bool leaving = false;
};

// InvalidArgument when it names no deployment, no instance or an address that is not host:port.
statekit::Status check_offer(const Offer& offer);

// Where answers go. Called under the registration's lock: must not block nor call back.
class AdvicePort {
 public:
  virtual ~AdvicePort() = default;
  virtual void advise(const Advice& advice) = 0;
  // Nothing follows.
  virtual void end(const statekit::Status& status) = 0;
};

class Registrations;

class Registration : public std::enable_shared_from_this<Registration> {
 public:
  Registration(Registrations& owner, std::shared_ptr<AdvicePort> port, statekit::MonoMs now)
      : owner_(owner), opened_ms_(now), port_(std::move(port)) {}

  void on_message(const Offer& offer);
  // The stream is over: `left` when its end closed it in good order, else its lease runs out.
  void on_closed(bool left);
  // Tells the endpoint when its advice has changed; ends one that has not said who it is.
  void refresh(const State& state);
  void end(const statekit::Status& status);

 private:
  void submit_offer();
  void on_registered(const statekit::Result<statekit::Committed>& result);
  void renew();
  void take_out();
  void on_taken_out(const statekit::Result<statekit::Committed>& result);
  void advise(const Advice& advice);
  void end_silent();
  void end_locked(const statekit::Status& status);

  Registrations& owner_;
  const statekit::MonoMs opened_ms_;
  std::recursive_mutex mutex_;  // a command that is not taken is answered while it is submitted
  std::shared_ptr<AdvicePort> port_;  // null once ended
  Offer offer_;
  std::string endpoint_;
  bool submitted_ = false;  // a command is under way
  bool left_ = false;
  Advice last_;
};

struct RegistrationLimits {
  std::int64_t write_ms_max = 10'000;
  std::int64_t first_message_ms_max = 10'000;  // how long a stream may be open and say nothing
  std::size_t open_max = 10'000;
};

class Registrations {
 public:
  // `heard` is told of each heartbeat. All outlive it.
  Registrations(Machine& machine, const statekit::Clock& clock, RegistrationLimits limits,
                std::function<void(const std::string& endpoint)> heard)
      : machine_(machine), clock_(clock), limits_(limits), heard_(std::move(heard)) {}

  // One more than may be open at a time is ended at once, with ResourceExhausted.
  std::shared_ptr<Registration> open(std::shared_ptr<AdvicePort> port);
  void close(const std::shared_ptr<Registration>& registration);
  // After each commit, and a few times a second: who says nothing is ended with DeadlineExceeded.
  void refresh(const State& state);
  // Ends all streams, later ones too, with Unavailable: this process stops, its endpoints stay and
  // come back to another.
  void stop();

 private:
  friend class Registration;
  std::set<std::shared_ptr<Registration>> all();

  Machine& machine_;
  const statekit::Clock& clock_;
  const RegistrationLimits limits_;
  const std::function<void(const std::string&)> heard_;
  std::mutex mutex_;
  std::set<std::shared_ptr<Registration>> open_;
  bool stopping_ = false;
};

}  // namespace millrace::schema_service
