#include "support/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "support/eventually.hpp"

namespace millrace::test {

namespace {

// In the child, after the fork: nothing but calls that are safe there.
[[noreturn]] void become(char* const* argv, const char* log) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  dup2(file, STDOUT_FILENO);
  dup2(file, STDERR_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

Process::Process(const std::vector<std::string>& argv, std::string log) : log_(std::move(log)) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::ofstream(log_).flush();
  pid_ = fork();
  if (pid_ == 0) become(arguments.data(), log_.c_str());
}

Process::~Process() { kill(); }

void Process::signal(int number) const {
  if (!exit_) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds deadline) {
  if (exit_) return exit_;
  eventually(
      [this] {
        int status = 0;
        if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
        exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return true;
      },
      deadline);
  return exit_;
}

void Process::kill() {
  signal(SIGKILL);
  wait();
}

std::string Process::log() const {
  std::ostringstream text;
  text << std::ifstream(log_).rdbuf();
  return text.str();
}

std::string Process::logged(const std::string& before) {
  std::string found;
  eventually([&] {
    // Asked before the log is read: what it said last is there once it has exited.
    const bool over = wait(std::chrono::milliseconds(0)).has_value();
    const std::string text = log();
    const std::size_t at = text.find(before);
    const std::size_t end =
        at == std::string::npos ? at : text.find_first_of(" \n", at + before.size());
    if (end != std::string::npos) found = text.substr(at + before.size(), end - at - before.size());
    return !found.empty() || over;
  });
  return found;
}

}  // namespace millrace::test
