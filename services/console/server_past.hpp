// Past: the system as it was at a revision, asked of the schema service's feed by a thread of its
// own, one after the other, so that the live projection goes on untouched. The last few answers are
// kept, since a page asks for several parts of one revision. Used by server.cpp. start and stop
// from one thread, `ask` from any.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "services/console/codec.hpp"
#include "services/console/state.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/result.hpp"

namespace millrace::console {

inline constexpr std::size_t past_views_max = 4;     // kept
inline constexpr std::size_t past_asks_max = 32;     // that wait; further ones are refused
inline constexpr std::int64_t past_ms_max = 20'000;  // until the schema service has sent one
inline constexpr std::size_t past_bytes_max = std::size_t{64} << 20;  // of one, as it is sent

struct PastSystem {
  std::string incarnation;
  ConsoleState state;
  PastView commit;
  std::string text;  // what system_json gives
};

class Past {
 public:
  using View = std::shared_ptr<const PastSystem>;
  using Done = std::function<void(statekit::Result<View>)>;

  // No channels: there is nobody to ask. `ended_max`: how many ended changesets to show.
  Past(std::vector<statekit::Channel> schema, std::size_t ended_max)
      : schema_(std::move(schema)), ended_max_(ended_max) {}
  Past(const Past&) = delete;
  Past& operator=(const Past&) = delete;
  ~Past() { stop(); }

  void start();
  void stop();  // answers what waits; idempotent

  // Answers once: on the thread of this, or at once where too many wait. NotFound past the head,
  // OutOfRange where it is compacted. A kept answer is given only for the same `incarnation`.
  void ask(Revision revision, std::string incarnation, Done done);

 private:
  struct Question {
    Revision revision = 0;
    std::string incarnation;
    Done done;
  };

  void run();
  bool begin(std::function<void()> cancel);
  void end();
  View kept(const Question& question) const;
  statekit::Result<View> view_of(const Question& question);
  statekit::Result<View> fetch(const statekit::Channel& channel, Revision revision);
  statekit::Result<PastSystem> snapshot(const statekit::Channel& channel, Revision revision);
  statekit::Status name_commit(const statekit::Channel& channel, PastView& commit);

  const std::vector<statekit::Channel> schema_;
  const std::size_t ended_max_;
  std::size_t turn_ = 0;    // of the thread only
  std::deque<View> views_;  // newest first; of the thread only
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::deque<Question> waiting_;
  std::function<void()> cancel_;  // ends the call in hand
  std::thread thread_;
};

}  // namespace millrace::console
