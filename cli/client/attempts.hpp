// Attempts: one question to the schema service, asked of its replicas in turn until one answers or
// the time for all of it is up; and what is known then. Pure: times come in. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::cli {

// How far a request got that was answered with an error.
enum class Reach {
  answered,  // the service itself said so
  unsent,    // there was no connection
  cut,       // the connection ended before an answer: it may have been done
  silent,    // no answer in time: it may have been done
};

struct Question {
  std::size_t replicas = 1;
  std::size_t first = 0;       // whom to ask first
  std::int64_t within_ms = 0;  // for all attempts
  bool changes = false;        // it is a write, which may have been done without an answer
  bool safe_again = true;      // asked twice it is done once
};

class Attempts {
 public:
  Attempts(const Question& question, std::int64_t now_ms)
      : question_(question), begun_ms_(now_ms), errors_(question.replicas) {}

  struct Next {
    std::size_t replica = 0;
    std::int64_t pause_ms = 0;   // before it is asked
    std::int64_t within_ms = 0;  // for its answer
  };
  // Nothing: it is over.
  std::optional<Next> next(std::int64_t now_ms);
  // What the last one asked said. True: another one may do better.
  bool failed(const statekit::Error& error, Reach reach);
  // Why there is no answer. Unknown where it may have been done.
  statekit::Error error(std::int64_t now_ms) const;

 private:
  bool may_be_done() const { return question_.changes && may_be_done_; }
  statekit::Error all_errors(std::int64_t now_ms) const;

  const Question question_;
  const std::int64_t begun_ms_;
  std::vector<std::optional<statekit::Error>> errors_;  // the newest of each replica
  std::size_t tried_ = 0;
  std::size_t last_ = 0;  // whom was asked last
  bool again_ = true;     // as `failed` answered
  bool may_be_done_ = false;
};

}  // namespace millrace::cli
