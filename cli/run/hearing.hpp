// Hearing: when the schema service was last heard by one that keeps an endpoint registered, and
// what that one has to do now, so that a replica which is silent without being dead costs no
// lease. Pure: times come in, steps come out. One thread.
#pragma once

#include <cstdint>

namespace millrace::cli {

class Hearing {
 public:
  enum class Step {
    wait,
    open,   // make a stream to the next address
    renew,  // say on the stream that the endpoint lives
    leave,  // the stream is silent: end it, and say so with `lost`
  };

  Step next(std::int64_t now_ms) const;

  void opened(std::int64_t now_ms);
  void renewed(std::int64_t now_ms) { renewed_ms_ = now_ms; }
  void answered(std::int64_t now_ms, std::int64_t lease_ms);
  // The stream is over; `fraction` of [0, 1) spreads those that lost it at the same time.
  void lost(std::int64_t now_ms, double fraction);

  // For how long nothing was said on this stream.
  std::int64_t silent_ms(std::int64_t now_ms) const;

 private:
  std::int64_t patience_ms() const;

  enum class Stream { none, opening, answered } stream_ = Stream::none;
  std::int64_t lease_ms_ = 10'000;  // until one is told
  std::int64_t since_ms_ = 0;       // when it was opened, or the newest answer came
  std::int64_t renewed_ms_ = 0;
  std::int64_t reopen_ms_ = 0;
  std::int64_t backoff_ms_ = 0;  // 0: the last stream was good
  int unanswered_ = 0;           // streams in a row that never said anything
};

}  // namespace millrace::cli
