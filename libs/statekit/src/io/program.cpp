#include "statekit/io/program.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "statekit/io/log.hpp"

namespace millrace::statekit {
namespace {

// A signal handler may only touch these: a pipe that wakes run(), and how many signals came.
std::array<int, 2> wake_pipe = {-1, -1};
volatile std::sig_atomic_t signals = 0;

extern "C" void on_signal(int number) {
  const int saved = errno;
  signals = signals + 1;
  if (signals > 1) _exit(128 + number);
  const char octet = static_cast<char>(number);
  static_cast<void>(!write(wake_pipe[1], &octet, 1));
  errno = saved;
}

void catch_signals(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Program::Program(std::string name, std::int64_t stop_ms_max)
    : name_(std::move(name)), stop_ms_max_(stop_ms_max) {
  check(wake_pipe[0] == -1, "there is one Program at a time");
  check(pipe2(wake_pipe.data(), O_CLOEXEC) == 0, "a pipe can be made");
  signals = 0;
  std::signal(SIGPIPE, SIG_IGN);  // a peer that hangs up is an error of that connection only
  catch_signals(on_signal);
}

Program::~Program() {
  catch_signals(SIG_DFL);
  close(wake_pipe[0]);
  close(wake_pipe[1]);
  wake_pipe = {-1, -1};
}

void Program::add(std::string name, std::function<Status()> start, std::function<void()> stop) {
  parts_.push_back({std::move(name), std::move(start), std::move(stop)});
}

void Program::finish(int exit_code) {
  int none = -1;
  if (!exit_code_.compare_exchange_strong(none, exit_code)) return;
  const char octet = 0;
  static_cast<void>(!write(wake_pipe[1], &octet, 1));
}

int Program::run() {
  std::size_t started = 0;
  if (start_parts(started)) {
    log_info("program.started", {{"program", name_}});
    wait_for_end();
  }
  stop_parts(started);
  log_info("program.stopped", {{"program", name_}});
  return exit_code_ == -1 ? 0 : exit_code_.load();
}

// False when a part failed, or a signal came meanwhile.
bool Program::start_parts(std::size_t& started) {
  for (const Part& part : parts_) {
    if (signals > 0) return false;
    if (const Status up = part.start(); !up) {
      log_error("program.start-failed", {{"part", part.name}, {"error", up.error().message}});
      for (const std::string& detail : up.error().details)
        log_error("program.start-failed", {{"part", part.name}, {"detail", detail}});
      finish(2);
      return false;
    }
    ++started;
  }
  return true;
}

void Program::wait_for_end() {
  char octet = 0;
  while (read(wake_pipe[0], &octet, 1) < 0 && errno == EINTR) {
  }
  if (octet != 0) log_info("program.signal", {{"signal", static_cast<int>(octet)}});
}

void Program::stop_parts(std::size_t started) {
  std::mutex mutex;
  std::condition_variable changed;
  std::string stopping;
  bool done = false;
  std::thread watchdog([&] {
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, std::chrono::milliseconds(stop_ms_max_), [&] { return done; }))
      return;
    log_error("program.stop-timeout", {{"part", stopping}, {"after_ms", stop_ms_max_}});
    _exit(2);
  });
  while (started > 0) {
    const Part& part = parts_[--started];
    {
      std::lock_guard lock(mutex);
      stopping = part.name;
    }
    if (part.stop) part.stop();
  }
  {
    std::lock_guard lock(mutex);
    done = true;
  }
  changed.notify_all();
  watchdog.join();
}

}  // namespace millrace::statekit
