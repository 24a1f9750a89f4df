// Those who wait for a journal to grow: parked without a thread, answered when somebody appends, at
// their deadline, or at the end. Called by the service of journals on its workers; one thread of
// its own counts deadlines and, where other processes may append, has the head looked at. Thread
// safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "httpkit/server.hpp"
#include "services/schema/workers.hpp"
#include "services/schema/workspace/held_journal.hpp"

namespace millrace::workspace {

inline constexpr std::size_t polls_max = 4'096;  // that wait at one time; one more is refused

class Polls : public std::enable_shared_from_this<Polls> {
 public:
  // `workers` outlive this. `shared`: other processes may append.
  Polls(schema_service::Workers& workers, bool shared);
  ~Polls();

  // Answers with the head once its last revision is past `after`, or after `ms`. REQUIRES: on a
  // worker, since it looks at the head.
  void park(std::shared_ptr<HeldJournal> held, Revision after, std::int64_t ms,
            std::shared_ptr<httpkit::Reply> reply);
  // Somebody appended, and this is the head now.
  void ring(const HeldJournal& held, const Head& head);
  // Answers all that wait. Idempotent.
  void stop();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Parked {
    std::uint64_t number = 0;
    std::shared_ptr<HeldJournal> held;
    Revision after = 0;
    Time until;
    std::shared_ptr<httpkit::Reply> reply;
  };
  void run();
  void look(const std::shared_ptr<HeldJournal>& held);
  void answer(const HeldJournal& held, const JournalResult<Head>& head);
  std::vector<std::shared_ptr<HeldJournal>> due(Time now);
  void forget(std::uint64_t number);

  schema_service::Workers& workers_;
  const bool shared_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Parked> parked_;
  std::uint64_t count_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::workspace
