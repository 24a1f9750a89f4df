// The driver's connections to etcd's endpoints: which one serves now, who is logged in, and the
// calls under way, so that closing ends them. Called by the client's own files only. Thread safe.
#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "client.hpp"
#include "etcd.grpc.pb.h"

namespace millrace::journal::etcd {

namespace pb = etcdserverpb;
using Moment = std::chrono::steady_clock::time_point;

inline Moment in_ms(std::int64_t ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

class Connections {
 public:
  static Answer<std::shared_ptr<Connections>> make(const EtcdAddress& address,
                                                   const EtcdTuning& tuning);

  // The endpoint to ask: the one that served last, else the first that can be reached until `end`.
  Answer<std::size_t> reach(Moment end);
  // This one failed: try the next.
  void leave(std::size_t endpoint);
  std::size_t count() const { return channels_.size(); }
  const std::string& name(std::size_t endpoint) const { return names_[endpoint]; }
  const std::shared_ptr<grpc::Channel>& channel(std::size_t at) const { return channels_[at]; }

  // Where a user is set and there is no token yet: asks for one.
  grpc::Status log_in(std::size_t endpoint, Moment end);
  // What a request carries.
  void authorize(grpc::ClientContext& context, bool needs_leader = true);
  // The token was refused: the next call asks for another. False when none is used.
  bool forget_token();

  void close();
  bool closed() const { return closed_; }
  // False when closed meanwhile.
  bool pause(std::int64_t ms);

  // A call under way, which close() cancels.
  class Call {
   public:
    Call(Connections& owner, Moment end);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    grpc::ClientContext context;

   private:
    Connections& owner_;
  };

 private:
  Connections() = default;
  const EtcdTuning& tuning() const { return tuning_; }

  EtcdTuning tuning_;
  std::vector<std::string> names_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::string user_, password_;
  std::atomic<std::size_t> current_{0};
  std::atomic<bool> closed_{false};
  std::mutex mutex_;
  std::condition_variable closing_;
  std::string token_;
  std::set<grpc::ClientContext*> calls_;
};

// What a failed status means for a call that reads or writes.
statekit::JournalError to_error(const grpc::Status& status, const std::string& endpoint,
                                bool writes);
bool is_token_fault(const grpc::Status& status);
// It is about who we are: asking again changes nothing.
bool is_refusal_of_user(const grpc::Status& status);

}  // namespace millrace::journal::etcd
