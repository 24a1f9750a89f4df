// Child: the program that `millrace run` started, in a process group of its own, its output
// forwarded line by line with a prefix. It dies with this process. Owner: the main thread.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "statekit/result.hpp"

namespace millrace::cli {

struct ChildOptions {
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;  // over what this process has
  std::string prefix;                              // of each line of its output
  // Told of each line, on the threads that forward them.
  std::function<void(std::string_view line, bool is_error)> on_line = {};
  // Of its core dumps, where it is not to be this process's own.
  std::optional<rlimit> core_limit = {};
};

// Whether `program` can be started, as execvp looks for it: in the folders of `path` (PATH) where
// it holds no slash. Asked before anything is deployed for it. NotFound with what is wrong.
statekit::Status can_start(const std::string& program, const std::string& path);

class Child {
 public:
  // NotFound where there is no such program. REQUIRES: called from the thread that lives longest:
  // the kernel ends the child when the thread that started it ends.
  static statekit::Result<std::unique_ptr<Child>> start(const ChildOptions& options);
  ~Child();  // kills it where it still runs, and waits for it
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const;
  // How it ended, for people ("exit code 3", "killed by signal 9"); nothing while it runs.
  std::optional<std::string> ended();
  void signal(int number);  // to it and what it started

 private:
  struct Impl;
  explicit Child(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::cli
