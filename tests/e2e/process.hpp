// Processes as a user starts them, with their output kept, for end-to-end tests. Each is ended by
// its own pid when the test ends, and dies with it.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace::e2e {

using Words = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

class Process {
 public:
  // Its output, both streams in one, goes to `log`.
  Process(const Words& words, const std::string& log, const Environment& environment = {},
          const std::string& folder = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  bool running();
  // The exit code, or 128 plus the signal; -1 where it still runs after `seconds`.
  int wait(int seconds = 60);
  std::string output() const;
  // Waits until the output holds `text`; false where it ended or time ran out first.
  bool says(const std::string& text, int seconds = 60);

 private:
  pid_t pid_ = -1;
  std::string log_;
  std::optional<int> exit_code_;
};

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};
// Runs a command to its end.
Outcome run(const Words& words, const Environment& environment = {}, int seconds = 60,
            const std::string& folder = {});

// Asks again and again until it is true; false when time ran out.
bool eventually(const std::function<bool()>& holds, int seconds = 60);

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

// A folder that is gone when the test ends.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name = {}) const;

 private:
  std::string path_;
};

}  // namespace millrace::e2e
