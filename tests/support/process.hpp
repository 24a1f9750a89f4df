// A child process of a test: one of our binaries with its log in a file. It is ended by its pid and
// reaped before its owner goes, so that no test leaves one behind. One thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace millrace::test {

class Process {
 public:
  // Standard output and error go to the file `log`, which is begun anew. REQUIRES: argv[0] is a
  // path.
  Process(const std::vector<std::string>& argv, std::string log);
  ~Process();  // kill -9 where it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Its exit code, or 128 and the signal that ended it; none while it runs at the deadline.
  std::optional<int> wait(std::chrono::milliseconds deadline = std::chrono::milliseconds(60'000));
  // kill -9, and gone when this returns.
  void kill();
  std::string log() const;
  // What follows `before` in the log up to the next blank, once it is there; empty if it exits or
  // does not say so within 60 s.
  std::string logged(const std::string& before);

 private:
  pid_t pid_ = 0;
  std::optional<int> exit_;
  const std::string log_;
};

}  // namespace millrace::test
