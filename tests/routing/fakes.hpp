// What a CallService stands on, in the test's hands: a projection that is told commits, endpoints
// that answer as they are told, a clock that stands still, and everything that was published.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "services/routing/service.hpp"
#include "support/manual_clock.hpp"
#include "tests/routing/history.hpp"
#include "v2alpha1/verb.pb.h"

namespace millrace::test {

using namespace millrace::routing;

inline std::string text_of(const Payload& payload) {
  std::string out;
  for (const std::string_view piece : payload.pieces()) out += piece;
  return out;
}

inline v2alpha1::CallRequest request_of(const std::string& module, const std::string& verb,
                                        const std::map<std::string, std::string>& metadata = {}) {
  v2alpha1::CallRequest out;
  out.mutable_verb()->set_module(module);
  out.mutable_verb()->set_name(verb);
  out.set_body(R"({"n":1})");
  for (const auto& [key, value] : metadata) {
    auto* pair = out.add_metadata();
    pair->set_key(key);
    pair->set_value(value);
  }
  return out;
}

inline std::string metadata_of(const v2alpha1::CallRequest& request, const std::string& key) {
  std::string out;
  for (const auto& pair : request.metadata())
    if (pair.key() == key) out += (out.empty() ? "" : ",") + pair.value();
  return out;
}

// Endpoints by address. `says` decides; without an entry a call stays open until it is answered by
// hand or cancelled.
class FakeTransport final : public Transport {
 public:
  struct Sent final : public Pending {
    std::string address;
    Outgoing outgoing;
    std::function<void(Outcome)> done;
    std::mutex mutex;
    bool cancelled = false;

    void finish(Outcome outcome) {
      std::function<void(Outcome)> call;
      {
        std::lock_guard lock(mutex);
        call = std::exchange(done, nullptr);
      }
      if (call) call(std::move(outcome));
    }
    void cancel() override {
      {
        std::lock_guard lock(mutex);
        cancelled = true;
      }
      Outcome outcome;
      outcome.how = Delivery::cancelled;
      finish(std::move(outcome));
    }
    v2alpha1::CallRequest request() const {
      v2alpha1::CallRequest out;
      statekit::check(out.ParseFromString(text_of(outgoing.request)),
                      "what arrives is a CallRequest");
      return out;
    }
  };

  std::map<std::string, Outcome> says;
  std::vector<std::shared_ptr<Sent>> sent;
  std::map<std::string, int> connections;  // alive, by address

  static Outcome body(const std::string& json) {
    v2alpha1::CallResponse response;
    response.set_body(json);
    Outcome out;
    out.how = Delivery::answered;
    out.response = Payload(response.SerializeAsString());
    return out;
  }
  static Outcome failure(Delivery how, const std::string& message) {
    Outcome out;
    out.how = how;
    out.message = message;
    return out;
  }

  std::shared_ptr<Connection> connect(const std::string& address) override {
    ++connections[address];
    return std::make_shared<FakeConnection>(*this, address);
  }

 private:
  struct FakeConnection final : public Connection {
    FakeTransport& transport;
    std::string address;
    FakeConnection(FakeTransport& owner, std::string where)
        : transport(owner), address(std::move(where)) {}
    ~FakeConnection() override { --transport.connections[address]; }
    std::shared_ptr<Pending> call(Outgoing outgoing, std::function<void(Outcome)> done) override {
      auto out = std::make_shared<Sent>();
      out->address = address;
      out->outgoing = std::move(outgoing);
      out->done = std::move(done);
      transport.sent.push_back(out);
      const auto answer = transport.says.find(address);
      if (answer != transport.says.end()) out->finish(answer->second);
      return out;
    }
  };
};

// A router without gRPC. echo.get and echo.put are deployed with endpoints one and two.
struct Router {
  statekit::Projection<RouteState> projection;
  statekit::Incarnation incarnation = "aa";
  bool empty = false;
  FakeTransport transport;
  ManualClock clock;
  statekit::Metrics registry;
  CallMetrics metrics{registry};
  std::mutex mutex;
  std::vector<statekit::TimelineEvent> events;
  std::uint64_t random = 0;
  int ids = 0;
  std::unique_ptr<CallService> service;

  explicit Router(CallLimits limits = {}) {
    CallService::Parts parts;
    parts.projection = &projection;
    parts.position = [this]() -> std::optional<statekit::Position> {
      if (empty) return std::nullopt;
      return statekit::Position{incarnation, projection.revision(), {}};
    };
    parts.transport = &transport;
    parts.clock = &clock;
    parts.metrics = &metrics;
    parts.publish = [this](statekit::TimelineEvent event) {
      std::lock_guard lock(mutex);
      events.push_back(std::move(event));
    };
    parts.random = [this] { return random += 0x9e3779b97f4a7c15U; };
    parts.request_id = [this] { return "req-" + std::to_string(++ids); };
    service = std::make_unique<CallService>(parts, limits);
  }
  ~Router() { service->stop(); }

  void tell(std::vector<schema::Event> events_told) {
    projection.apply(commit_at(projection.revision() + 1, std::move(events_told)));
  }
  void deploy_echo() {
    schema::ChangesetCreated created;
    created.changeset.key = "chs-1";
    created.changeset.deployments = {"dpl-1"};
    created.deployments = {deployment_of("dpl-1", "echo", {"get", "put"})};
    tell({created, endpoint("ept-1", "one:1"), endpoint("ept-2", "two:2"),
          schema::ChangesetCommitted{"chs-1", {}}});
  }
  static schema::Event endpoint(const std::string& id, const std::string& address) {
    schema::Endpoint out;
    out.id = id;
    out.deployment = "dpl-1";
    out.address = address;
    return schema::EndpointRegistered{out};
  }
};

// An answer that may come later, from another thread.
class Answered {
 public:
  std::function<void(Answer)> taker() {
    return [this](Answer answer) {
      std::lock_guard lock(mutex_);
      ++times_;
      answer_ = std::move(answer);
      changed_.notify_all();
    };
  }
  bool there() {
    std::lock_guard lock(mutex_);
    return times_ > 0;
  }
  int times() {
    std::lock_guard lock(mutex_);
    return times_;
  }
  const Answer& get() {
    std::unique_lock lock(mutex_);
    statekit::check(
        changed_.wait_for(lock, std::chrono::seconds(60), [this] { return times_ > 0; }),
        "an answer comes in time");
    return answer_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int times_ = 0;
  Answer answer_;
};

}  // namespace millrace::test
