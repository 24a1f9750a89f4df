// Replicas: the schema services on one journal, as each tells the others of itself a few times a
// second: who is the preferred writer, whose leases another holds, which followers it serves. Soft
// knowledge: what it says wrongly costs time, never a commit. Thread safe, but for start and stop.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "statekit/clock.hpp"
#include "statekit/feed_hub.hpp"
#include "statekit/presence.hpp"

namespace millrace::schema_service {

struct ReplicaFacts {
  std::string id;
  std::string address;
  statekit::Revision revision = 0;
  std::uint32_t feature_level = 1;
  std::vector<std::string> endpoints;  // heard from lately
  std::vector<statekit::FollowerRecord> followers;
  std::vector<statekit::StateVote> votes;  // digests that its followers reported of their states
  statekit::WallMs since_ms = 0;           // when it started, by its clock; 0: it does not tell
  std::optional<bool> ready;               // nullopt: it does not tell, or was not heard lately
  std::vector<std::string> reasons;        // why it is not ready
};

// The message ReplicaMember; `now` is this process's, to which seen_ms of the followers refer.
statekit::Bytes encode(const ReplicaFacts& facts, statekit::MonoMs now);
statekit::Result<ReplicaFacts> decode_replica(const statekit::Member& member, statekit::MonoMs now);

// One record for each follower: where two replicas know it, the one that it is live with, else the
// one that saw it last; whether it diverged says the one that it reported a state to last. Pure.
std::vector<statekit::FollowerRecord> merge_followers(std::vector<statekit::FollowerRecord> own,
                                                      const std::vector<ReplicaFacts>& others);

struct ReplicaTimes {
  std::int64_t round_ms = 300;
  std::int64_t ttl_ms = 3'000;  // after which a silent replica is gone
};

class Replicas {
 public:
  // Null `presence`: this one is alone. `tell` says what this replica is at; clock outlives it.
  Replicas(std::unique_ptr<statekit::Presence> presence, std::string id,
           std::function<ReplicaFacts()> tell, const statekit::Clock& clock,
           ReplicaTimes times = {});
  ~Replicas();
  Replicas(const Replicas&) = delete;
  Replicas& operator=(const Replicas&) = delete;

  // False: no other process can be a replica.
  bool shared() const { return presence_ != nullptr; }
  const std::string& id() const { return id_; }
  // From now on the others see this one, reached at `address`.
  void join(const std::string& address);
  void leave();  // idempotent

  // This one should decide: it is alone, or the lowest of those that are there.
  bool is_writer() const;
  // Where to forward commands; empty: decide here.
  std::string writer_address() const;
  // The id of the preferred writer; empty: not known.
  std::string writer() const;
  // Those that are there, but for this one, by id.
  std::vector<ReplicaFacts> others() const;
  // All of them, with this one as it is now; whether others are ready only while they are heard.
  std::vector<ReplicaFacts> all() const;
  // Says itself and hears the others once; `join` does it again and again.
  void round();

 private:
  void run();
  bool here_locked() const;

  const std::unique_ptr<statekit::Presence> presence_;
  const std::string id_;
  const std::function<ReplicaFacts()> tell_;
  const statekit::Clock& clock_;
  const ReplicaTimes times_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::string address_;
  std::vector<ReplicaFacts> others_;
  statekit::MonoMs announced_ms_ = 0;
  bool announced_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::schema_service
