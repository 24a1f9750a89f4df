// One workspace in a database, as the driver's parts share it: the client, and what is known of
// where the journal begins and ends. What it tells of the end is on the server's disk: InnoDB shows
// a commit to others a moment before it is synced, so what another wrote is made durable before it
// is told (docs/decisions/0153). Thread safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "client.hpp"
#include "layout.hpp"

namespace millrace::journal::mysql {

class Store {
 public:
  Store(const MysqlAddress& address, const MysqlTuning& tuning, bool read_only);

  const std::string& workspace() const { return workspace_; }
  Client& client() { return client_; }
  const MysqlTuning& tuning() const { return tuning_; }
  bool read_only() const { return read_only_; }

  // `also` from open with `fill` until it is filled.
  Filling filling() const { return filling_; }
  void allow(Filling filling) { filling_ = filling; }

  // Linearizable; nullopt: there is no such workspace.
  Answer<std::optional<Root>> find(std::int64_t deadline_ms);
  // The same; `corrupt` when it is gone.
  Answer<Root> read(std::int64_t deadline_ms);
  // What was read with something else, made durable before it is told.
  Answer<void> settle(const Root& root, std::int64_t deadline_ms);
  // What is known without asking.
  Root known() const;
  // What this handle wrote itself, which is durable.
  void learn_written(const Root& root);

  // Until something behind `after` is known, at most so long. False when closed.
  bool wait(Revision after, std::int64_t ms);
  // True for one of those who wait, once an interval: that one looks for all.
  bool may_look();

  void close();
  bool closed() const { return client_.closed(); }

 private:
  void learn(const Root& root);

  const std::string workspace_;
  const MysqlTuning tuning_;
  const bool read_only_;
  Client client_;
  std::atomic<Filling> filling_{Filling::refused};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  Root known_;
  Bytes durable_;  // the seal of the newest head that is surely on the disk
  Client::Moment looked_;
};

}  // namespace millrace::journal::mysql
