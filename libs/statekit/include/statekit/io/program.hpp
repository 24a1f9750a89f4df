// Program: the ordered start and stop of named parts. main adds them and calls run: it starts them
// in order, waits for SIGINT, SIGTERM or finish(), and stops them in reverse within a bound; a
// second signal exits at once. One Program a process at a time; finish() from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::statekit {

class Program {
 public:
  // `stop_ms_max` bounds the whole stop; a part that hangs is named and the process exits with 2.
  explicit Program(std::string name, std::int64_t stop_ms_max = 20'000);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  // Before run. A start that fails ends the program: what was started is stopped, run returns 2.
  void add(std::string name, std::function<Status()> start, std::function<void()> stop);

  // A part that is made when it starts, by a Result<std::unique_ptr<Made>>(), and has stop().
  template <class Made, class Start>
  void add(std::string name, std::unique_ptr<Made>& place, Start start) {
    add(
        std::move(name),
        [&place, start]() -> Status {
          auto made = start();
          if (!made) return fail(std::move(made.error()));
          place = std::move(*made);
          return {};
        },
        [&place] { place->stop(); });
  }

  // Returns the exit code: 0 after a signal, else what finish() said.
  int run();
  // Makes run stop everything and return `exit_code`. The first call counts.
  void finish(int exit_code);

 private:
  struct Part {
    std::string name;
    std::function<Status()> start;
    std::function<void()> stop;
  };
  bool start_parts(std::size_t& started);
  void wait_for_end();
  void stop_parts(std::size_t started);

  const std::string name_;
  const std::int64_t stop_ms_max_;
  std::vector<Part> parts_;
  std::atomic<int> exit_code_{-1};
};

}  // namespace millrace::statekit
