#include "cli/run/child.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "cli/run/config_environment.hpp"
#include "cli/run/forward.hpp"

extern char** environ;

namespace millrace::cli {

using statekit::Code;
using statekit::Result;
using statekit::Status;

namespace {

// 0, or the errno that starting this file would end with.
int fault_of(const std::string& file) {
  struct stat about {};
  if (stat(file.c_str(), &about) != 0) return errno;
  if (!S_ISREG(about.st_mode)) return EACCES;
  return ::access(file.c_str(), X_OK) == 0 ? 0 : errno;
}

struct Pipe {
  int read = -1;
  int write = -1;

  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
  void close_write() {
    if (write >= 0) close(write);
    write = -1;
  }
};

// Config of a program around this one, which is another's, is not handed on.
std::vector<std::string> merged_environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string text(*entry);
    if (text.starts_with(config_variable_prefix)) continue;
    if (!added.contains(text.substr(0, text.find('=')))) entries.push_back(text);
  }
  for (const auto& [name, value] : added) entries.push_back(name + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> result;
  for (std::string& word : words) result.push_back(word.data());
  result.push_back(nullptr);
  return result;
}

// After fork and before exec only async-signal-safe calls are allowed: all memory is prepared.
[[noreturn]] void become(char* const* words, char** environment, const Pipe& out, const Pipe& err,
                         const Pipe& fault, pid_t parent, const rlimit* cores) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above
  setpgid(0, 0);
  if (cores != nullptr) setrlimit(RLIMIT_CORE, cores);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0) dup2(nothing, STDIN_FILENO);
  dup2(out.write, STDOUT_FILENO);
  dup2(err.write, STDERR_FILENO);
  environ = environment;
  execvp(words[0], words);
  const int why = errno;
  (void)!write(fault.write, &why, sizeof why);
  _exit(127);
}

}  // namespace

Status can_start(const std::string& program, const std::string& path) {
  const bool searched = program.find('/') == std::string::npos;
  int why = searched ? ENOENT : fault_of(program);
  for (std::size_t begin = 0; searched && why != 0 && begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const std::string folder = path.substr(begin, end - begin);
    const int fault = fault_of((folder.empty() ? "." : folder) + "/" + program);
    if (fault == 0 || fault == EACCES) why = fault;  // a later folder may still have it
    begin = end + 1;
  }
  if (why == 0 && !program.empty()) return {};
  const bool missing = searched && why == ENOENT;
  return statekit::fail(Code::not_found, "cannot start " + program + ": " +
                                             (missing ? "no folder of PATH has it; write ./" +
                                                            program + " for one in this folder"
                                                      : std::string(std::strerror(why))));
}

struct Child::Impl {
  pid_t pid = -1;
  std::optional<std::string> ended;
  std::vector<std::thread> forwarders;
};

Child::Child(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Child::~Child() {
  // Also where it has ended: what it started itself may live on and hold its output open. It is
  // waited for only now, so that until here its number cannot belong to anybody else.
  kill(-impl_->pid, SIGKILL);
  waitpid(impl_->pid, nullptr, 0);
  for (std::thread& each : impl_->forwarders) each.join();
}

Result<std::unique_ptr<Child>> Child::start(const ChildOptions& options) {
  auto impl = std::make_unique<Impl>();
  Pipe out, err, fault;
  if (!out.open() || !err.open() || !fault.open()) {
    return statekit::fail(Code::resource_exhausted,
                          std::string("cannot open a pipe: ") + std::strerror(errno));
  }
  std::vector<std::string> words = options.command;
  std::vector<std::string> entries = merged_environment(options.environment);
  std::vector<char*> argv = pointers(words), envp = pointers(entries);
  const pid_t parent = getpid();
  impl->pid = fork();
  const rlimit* cores = options.core_limit ? &*options.core_limit : nullptr;
  if (impl->pid == 0) become(argv.data(), envp.data(), out, err, fault, parent, cores);
  const int fork_error = errno;
  out.close_write();
  err.close_write();
  fault.close_write();
  if (impl->pid < 0) {
    for (const int end : {out.read, err.read, fault.read}) close(end);
    return statekit::fail(Code::resource_exhausted,
                          std::string("cannot start a process: ") + std::strerror(fork_error));
  }
  setpgid(impl->pid, impl->pid);  // as the child does, so that neither has to wait for the other
  int why = 0;
  const bool failed = read(fault.read, &why, sizeof why) == static_cast<ssize_t>(sizeof why);
  close(fault.read);
  if (failed) {
    for (const int end : {out.read, err.read}) close(end);
    waitpid(impl->pid, nullptr, 0);
    return statekit::fail(Code::not_found,
                          "cannot start " + options.command[0] + ": " + std::strerror(why));
  }
  const auto forward = [&](int from, int to, bool is_error) {
    OnLine on_line;
    if (options.on_line)
      on_line = [tell = options.on_line, is_error](std::string_view line) { tell(line, is_error); };
    impl->forwarders.emplace_back(forward_lines, from, to, options.prefix, std::move(on_line));
  };
  forward(out.read, STDOUT_FILENO, false);
  forward(err.read, STDERR_FILENO, true);
  return std::unique_ptr<Child>(new Child(std::move(impl)));
}

pid_t Child::pid() const { return impl_->pid; }

std::optional<std::string> Child::ended() {
  if (impl_->ended) return impl_->ended;
  siginfo_t how{};
  const auto id = static_cast<id_t>(impl_->pid);
  if (waitid(P_PID, id, &how, WEXITED | WNOHANG | WNOWAIT) != 0 || how.si_pid == 0) return {};
  const std::string number = std::to_string(how.si_status);
  impl_->ended = how.si_code == CLD_EXITED ? "exit code " + number : "killed by signal " + number;
  return impl_->ended;
}

void Child::signal(int number) { kill(-impl_->pid, number); }

}  // namespace millrace::cli
