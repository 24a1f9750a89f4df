// One workspace in etcd, as the driver's parts share it: the client, the keys, and what is known of
// where the journal begins and ends, which a watch keeps fresh. Thread safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "client.hpp"
#include "layout.hpp"

namespace millrace::journal::etcd {

class Store {
 public:
  Store(const EtcdAddress& address, const EtcdTuning& tuning, std::shared_ptr<Client> client);
  ~Store();

  const Keys& keys() const { return keys_; }
  Client& client() { return *client_; }
  const EtcdTuning& tuning() const { return tuning_; }

  // As read_root; `also` from open with `fill` until it is filled.
  statekit::JournalResult<std::optional<Root>> root_in(const std::vector<KeyValue>& found) const {
    return read_root(keys_, found, filling_);
  }
  void allow(Filling filling) { filling_ = filling; }

  // Linearizable; `corrupt` when the records are gone.
  Answer<Root> read(std::int64_t deadline_ms);
  // What is known without asking.
  Root known() const;
  // Takes what was read or written; what is older than known is passed over.
  void learn(const Root& root);

  // Until something behind `after` is known, at most so long. False when closed.
  bool wait(Revision after, std::int64_t ms);
  void close();
  bool closed() const;

  // How etcd fares: filled now and then by a thread of its own, which `tend` starts.
  void tend();
  // Something was refused: see now what etcd says of itself.
  void look_soon();
  std::vector<statekit::JournalWarning> warnings() const;

 private:
  void follow();
  void follow_once();
  void keep_watch();

  const Keys keys_;
  const EtcdTuning tuning_;
  const std::uint64_t quota_bytes_;
  const std::shared_ptr<Client> client_;
  std::atomic<Filling> filling_{Filling::refused};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Root known_;
  bool closed_ = false;
  bool look_ = false;
  std::vector<statekit::JournalWarning> warnings_;
  std::thread follower_, keeper_;
};

}  // namespace millrace::journal::etcd
