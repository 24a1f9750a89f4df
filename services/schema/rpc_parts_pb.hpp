// What the methods of SchemaService share: statuses, reads at the revision that their reader wants,
// commands that are handed to the preferred writer. Included by rpc.cpp and rpc_parts.cpp only,
// since it shows gRPC. Thread safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "access/io/gate.hpp"
#include "services/schema/forward_pb.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/rpc.hpp"

namespace millrace::schema_service {

// As many of the details as fit a status.
statekit::Error fitting(statekit::Error error);

inline grpc::Status status_of(const statekit::Status& status) {
  return status ? grpc::Status::OK : statekit::to_grpc(fitting(status.error()));
}
template <class Value>
grpc::Status status_of(const statekit::Result<Value>& result) {
  return result ? grpc::Status::OK : statekit::to_grpc(fitting(result.error()));
}

// Newest first; a limit of 0 is that of the contract.
std::vector<const Changeset*> newest_changesets(const State& state, bool active_only,
                                                std::uint32_t limit);

// Until the caller's deadline; at least 1.
std::int64_t ms_left(const grpc::CallbackServerContext& context, std::int64_t longest);

grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext* context,
                                 const statekit::Error& error);

// A read that may wait for a revision, and ends when its caller goes away. gRPC tells of that, and
// of the end, only once the method has returned, so `wait_as` comes before both.
class ReadReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit ReadReactor(Service& service) : service_(service) {}
  void wait_as(std::uint64_t number) { number_ = number; }
  void OnCancel() override { service_.wake(number_); }
  void OnDone() override {
    if (at_end_) at_end_();
    delete this;
  }
  // While request and response are still there, once all was sent.
  void at_end(std::function<void()> then) { at_end_ = std::move(then); }

 private:
  Service& service_;
  std::atomic<std::uint64_t> number_ = 0;
  std::function<void()> at_end_;
};

class CallParts {
 protected:
  // `peers`: how other replicas are connected to.
  CallParts(Service& service, const statekit::ChannelOptions& peers, access::Gate* gate)
      : service_(service), gate_(gate), forward_(peers) {}
  ~CallParts() = default;

  // millrace-min-revision of a reader, and whether it wants no less than there is.
  statekit::Result<ReadAt> read_at(grpc::CallbackServerContext* context) const;

  // Runs `then` with the state where `at` wants it; the journal's head is asked for on a worker.
  void when_at(const ReadAt& at, ReadReactor* reactor,
               const std::function<void(const statekit::Status&)>& then);

  // `answer` is given the state once it is where the reader wants it.
  template <class Answer>
  grpc::ServerUnaryReactor* read(grpc::CallbackServerContext* context, const Answer& answer) {
    const statekit::Result<ReadAt> at = read_at(context);
    if (!at) return refuse(context, at.error());
    auto* reactor = new ReadReactor(service_);
    when_at(*at, reactor, [this, reactor, answer](const statekit::Status& able) {
      if (!able) return reactor->Finish(status_of(able));
      const grpc::Status status = answer(*service_.read());
      reactor->Finish(status);
    });
    return reactor;
  }

  // The same for what blocks on storage. `linearizable`: whether the reader asks for it or not.
  template <class Answer>
  grpc::ServerUnaryReactor* on_worker(grpc::CallbackServerContext* context, const Answer& answer,
                                      bool linearizable = false,
                                      std::function<void()> at_end = {}) {
    statekit::Result<ReadAt> at = read_at(context);
    if (!at) return refuse(context, at.error());
    at->linearizable = at->linearizable || linearizable;
    auto* reactor = new ReadReactor(service_);
    reactor->at_end(std::move(at_end));
    when_at(*at, reactor, [this, reactor, answer](const statekit::Status& able) {
      if (!able) return reactor->Finish(status_of(able));
      service_.on_worker([reactor, answer](const statekit::Status& room) {
        reactor->Finish(room ? answer() : status_of(room));
      });
    });
    return reactor;
  }

  // Who asks for a write is whoever was verified, whatever the request says.
  static statekit::Result<statekit::CommandMeta> by_caller(
      statekit::Result<statekit::CommandMeta> meta);
  // Whether the verified caller may do so to all of these modules; an empty name stands for any
  // module. Ok where nobody is asked.
  statekit::Status reaches(const grpc::CallbackServerContext& context, const char* method,
                           access::Permission permission,
                           const std::vector<std::string>& modules) const;

  Service& service_;
  access::Gate* const gate_;  // null: nobody is asked
  Forward forward_;
};

}  // namespace millrace::schema_service
