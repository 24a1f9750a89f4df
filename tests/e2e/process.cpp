#include "e2e/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "support/eventually.hpp"

extern char** environ;

namespace millrace::e2e {
namespace {

pid_t spawn(const Words& words, int out, int err, const Environment& environment,
            const std::string& folder) {
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid != 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  setpgid(0, 0);
  dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  if (!folder.empty() && chdir(folder.c_str()) != 0) _exit(126);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], std::strerror(errno));
  _exit(127);
}

int open_for_writing(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) throw std::runtime_error("cannot write " + path);
  return file;
}

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

}  // namespace

Process::Process(const Words& words, const std::string& log, const Environment& environment,
                 const std::string& folder)
    : log_(log) {
  const int file = open_for_writing(log);
  pid_ = spawn(words, file, file, environment, folder);
  close(file);
}

Process::~Process() {
  if (!running()) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const { kill(pid_, number); }

bool Process::running() {
  if (exit_code_) return false;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return true;
  exit_code_ = code_of(status);
  return false;
}

int Process::wait(int seconds) {
  return eventually([this] { return !running(); }, seconds) ? *exit_code_ : -1;
}

std::string Process::output() const { return read_file(log_); }

bool Process::says(const std::string& text, int seconds) {
  const auto said = [&] { return output().find(text) != std::string::npos; };
  return eventually([&] { return said() || !running(); }, seconds) && said();
}

Outcome run(const Words& words, const Environment& environment, int seconds,
            const std::string& folder) {
  const Folder scratch;
  const int out = open_for_writing(scratch.path("out"));
  const int err = open_for_writing(scratch.path("err"));
  const pid_t pid = spawn(words, out, err, environment, folder);
  close(out);
  close(err);
  int status = 0;
  Outcome outcome;
  if (eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; }, seconds)) {
    outcome.exit_code = code_of(status);
  } else {
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  outcome.out = read_file(scratch.path("out"));
  outcome.err = read_file(scratch.path("err"));
  return outcome;
}

bool eventually(const std::function<bool()>& holds, int seconds) {
  return test::eventually(holds, std::chrono::seconds(seconds));
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

Folder::Folder() {
  char name[] = "/tmp/millrace-e2e-XXXXXX";
  if (mkdtemp(name) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

}  // namespace millrace::e2e
