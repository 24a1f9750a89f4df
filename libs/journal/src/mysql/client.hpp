// Statements and transactions on the servers of one address: some connections that are kept,
// deadlines to the millisecond, endpoints tried in turn, whole transactions tried again when they
// lost a race. It says of a transaction whether it surely did not happen or may have, and never
// sends a COMMIT twice. Thread safe; `close` ends every call that is under way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "session.hpp"
#include "statekit/journal.hpp"

namespace millrace::journal::mysql {

using statekit::Bytes;
using statekit::BytesView;
using statekit::Digest;
using statekit::Revision;

template <class T>
using Answer = statekit::JournalResult<T>;

// What a transaction's work says to each of its statements.
using Run = std::function<Tried<Outcome>(const Sql&)>;

class Client {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  Client(MysqlAddress address, const MysqlTuning& tuning);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // One statement by itself, which does no harm when it happens twice, or late, or not at all.
  // `began`: before each attempt, so that rows of an earlier one are forgotten.
  Answer<Outcome> ask(const Sql& sql, std::int64_t deadline_ms,
                      const std::function<bool(Row)>& each = {},
                      const std::function<void()>& began = {});

  // True: `work` said so, and it is committed. False: `work` said so, and it is rolled back.
  // `unknown` where the answer to the COMMIT did not come.
  using Work = std::function<Tried<bool>(const Run&)>;
  Answer<bool> transact(const Work& work, std::int64_t deadline_ms);

  // Of the server that was last connected to.
  Facts facts() const;
  std::vector<statekit::JournalWarning> warnings() const;

  void close();
  bool closed() const;

 private:
  struct Idle {
    std::unique_ptr<Session> session;
    Moment until;
  };
  enum class End { committed, rolled_back, unsure };

  statekit::JournalError error_of(const Failure& failure, const std::string& endpoint) const;
  Answer<std::unique_ptr<Session>> acquire(Moment end);
  Answer<std::unique_ptr<Session>> connect(Moment end);
  void release(std::unique_ptr<Session> session, bool whole);
  bool watched(Session& session, Moment end);
  void unwatched(Session& session);
  Tried<void> greet(Session& session, Moment end);
  Tried<Outcome> timed(Session& session, const Sql& sql, Moment end,
                       const std::function<bool(Row)>& each = {});
  Tried<End> attempt(Session& session, const Work& work, Moment end);
  void learn_of_write(const Failure* failure, const std::string& endpoint);
  bool rest(int turn, Moment end);
  void watch();

  const MysqlAddress address_;
  const MysqlTuning tuning_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::size_t next_ = 0;  // the endpoint that answered last
  int open_ = 0;          // connections, idle or not
  std::vector<Idle> idle_;
  std::map<Session*, Moment> busy_;  // and when each is cut
  Moment next_look_;                 // of the watcher
  Facts facts_;
  std::string stopped_;  // why nothing can be written; empty: nothing is known of that
  std::thread watcher_;
};

}  // namespace millrace::journal::mysql
