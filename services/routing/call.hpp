// Call: one call's way through the router: read, wait, route, send, perhaps send elsewhere, finish.
// Made by CallService alone. Its steps follow one another, on whatever thread the step before
// ended; only cancel() comes from beside, so what it touches is under the mutex.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/routing/codec.hpp"
#include "services/routing/permit.hpp"
#include "services/routing/service.hpp"

namespace millrace::routing {

class Call final : public Pending, public std::enable_shared_from_this<Call> {
 public:
  Call(CallService& service, Arrival arrival, std::function<void(Answer)> done);

  void start();
  void cancel() override;

 private:
  bool read();              // false: refused
  void complete_request();  // appends what the request lacks
  void wait_or_go(const MinRevision& wanted);
  void resume(const MinRevision& wanted);
  void go();
  // An endpoint; a miss: there is none. `no`: there is one, but not for this caller.
  std::optional<Miss> choose(std::optional<Forbidden>& no);
  void send();
  void on_outcome(Outcome outcome);
  void on_answer(Outcome outcome);

  void refuse(Miss miss);
  void refuse(Reason reason, std::string message);
  void finish(Answer answer);
  void record(const Answer& answer);
  std::string name() const { return head_.module + "." + head_.verb; }
  std::string at_endpoint() const;
  bool late() const { return std::chrono::steady_clock::now() >= deadline_; }

  CallService& service_;
  Arrival arrival_;
  std::function<void(Answer)> done_;
  const Instant begun_;
  Instant deadline_;
  bool counted_ = false;  // among the calls in flight

  CallHead head_;
  bool known_verb_ = false;
  std::string deployment_;
  std::string endpoint_;
  std::string address_;
  EndpointPool::Lease lease_;
  std::vector<std::string> tried_;
  AnswerHead answered_;

  std::mutex mutex_;
  bool cancelled_ = false;
  std::uint64_t waiting_ = 0;  // its number among the waiters
  std::size_t attempt_ = 0;
  std::shared_ptr<Pending> pending_;  // of the newest attempt, at its endpoint
};

}  // namespace millrace::routing
