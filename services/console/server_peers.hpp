// Peers: who else follows the feed, asked of the schema service once a second by a thread of its
// own. The last answer is kept while it does not answer, with the reason. Used by server.cpp. start
// and stop from one thread, `latest` from any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/console/codec.hpp"
#include "statekit/io/channel.hpp"

namespace millrace::console {

struct PeersView {
  std::vector<FollowerView> followers;  // by kind, then instance
  std::vector<ReplicaView> replicas;    // by id
  Revision head = 0;
  std::string storage;
  std::string error = "the schema service has not been asked yet";  // empty: up to date
};

class Peers {
 public:
  // No channels: there is nobody to ask.
  explicit Peers(std::vector<statekit::Channel> schema) : schema_(std::move(schema)) {}
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;
  ~Peers() { stop(); }

  void start();
  void stop();  // idempotent

  PeersView latest() const;

 private:
  void run();
  void ask();
  void keep(PeersView view);
  void keep_error(std::string error);
  bool begin(std::function<void()> cancel);

  const std::vector<statekit::Channel> schema_;
  std::size_t turn_ = 0;  // of the thread only
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::function<void()> cancel_;  // ends the call in hand
  PeersView view_;
  std::thread thread_;
};

}  // namespace millrace::console
