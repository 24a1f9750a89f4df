// The program that `millrace run` starts.
#include "cli/run/child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "cli/run/forward.hpp"
#include "cli/run/port.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"

using namespace millrace::cli;

namespace {

std::string end_of(Child& child) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    if (const auto how = child.ended()) return *how;
    std::this_thread::yield();
  }
  return "still running";
}

std::string forwarded(const std::string& text, const std::string& prefix) {
  int from[2], to[2];
  REQUIRE(pipe(from) == 0);
  REQUIRE(pipe(to) == 0);
  std::thread writer([&] {
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = write(from[1], text.data() + done, text.size() - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
    close(from[1]);
  });
  std::thread forwarder([&] {
    forward_lines(from[0], to[1], prefix);
    close(to[1]);
  });
  std::string result;
  char part[4096];
  for (ssize_t count = 0; (count = read(to[0], part, sizeof part)) > 0;) {
    result.append(part, static_cast<std::size_t>(count));
  }
  writer.join();
  forwarder.join();
  close(to[0]);
  return result;
}

}  // namespace

TEST_CASE("the way a program ends is told") {
  auto three = Child::start({{"sh", "-c", "exit 3"}, {}, ""});
  REQUIRE(three);
  CHECK(end_of(**three) == "exit code 3");
  auto killed = Child::start({{"sh", "-c", "kill -9 $$"}, {}, ""});
  REQUIRE(killed);
  CHECK(end_of(**killed) == "killed by signal 9");
}

TEST_CASE("a program that cannot be started is an error with the reason") {
  const auto none = Child::start({{"/nonexistent/program"}, {}, ""});
  REQUIRE_FALSE(none);
  CHECK(none.error().message == "cannot start /nonexistent/program: No such file or directory");
}

TEST_CASE("a program that cannot be started is told before anything is done for it") {
  CHECK(can_start("sh", "/nonexistent:/usr/bin:/bin"));
  CHECK(can_start("/bin/sh", ""));
  const auto nowhere = can_start("shh", "/nonexistent:/usr/bin:/bin");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message ==
        "cannot start shh: no folder of PATH has it; write ./shh for one in this folder");
  const auto gone = can_start("./nonexistent", "/bin");
  REQUIRE_FALSE(gone);
  CHECK(gone.error().message == "cannot start ./nonexistent: No such file or directory");
  const auto folder = can_start("/etc", "/bin");
  REQUIRE_FALSE(folder);
  CHECK(folder.error().message == "cannot start /etc: Permission denied");
  CHECK_FALSE(can_start("passwd", "/etc"));
  CHECK_FALSE(can_start("", "/bin"));
}

TEST_CASE("a program gets what is added to the environment") {
  auto child =
      Child::start({{"sh", "-c", "test \"$PORT\" = 7 && test -n \"$PATH\""}, {{"PORT", "7"}}, ""});
  REQUIRE(child);
  CHECK(end_of(**child) == "exit code 0");
}

TEST_CASE("a program may write the core dumps that it is given, whatever this process may") {
  rlimit own{};
  REQUIRE(getrlimit(RLIMIT_CORE, &own) == 0);
  const rlimit given{std::min<rlim_t>(4'096, own.rlim_max), own.rlim_max};
  const std::string wanted = "^Max core file size  *" + std::to_string(given.rlim_cur) + " ";
  auto child = Child::start({{"grep", "-q", wanted, "/proc/self/limits"}, {}, "", {}, given});
  REQUIRE(child);
  CHECK(end_of(**child) == "exit code 0");
}

TEST_CASE("a program is not given the config of another that runs around it") {
  setenv("MILLRACE_RUN_CONFIG_region", "theirs", 1);
  auto child = Child::start(
      {{"sh", "-c", "test \"$MILLRACE_RUN_CONFIG_own-$MILLRACE_RUN_CONFIG_region\" = mine-"},
       {{"MILLRACE_RUN_CONFIG_own", "mine"}},
       ""});
  unsetenv("MILLRACE_RUN_CONFIG_region");
  REQUIRE(child);
  CHECK(end_of(**child) == "exit code 0");
}

TEST_CASE("a signal reaches the program and what it started") {
  auto child = Child::start({{"sh", "-c", "sleep 1000 & wait"}, {}, ""});
  REQUIRE(child);
  (*child)->signal(SIGTERM);
  CHECK(end_of(**child) == "killed by signal 15");
}

TEST_CASE("nothing is left of a program that is given up") {
  pid_t pid = 0;
  {
    auto child =
        Child::start({{"sh", "-c", "trap '' TERM; sleep 1000 & wait; sleep 1000"}, {}, ""});
    REQUIRE(child);
    pid = (*child)->pid();
  }
  CHECK(kill(pid, 0) != 0);
}

TEST_CASE("lines are forwarded whole, each with the prefix") {
  CHECK(forwarded("one\ntwo\n\nlast", "m | ") == "m | one\nm | two\nm | \nm | last\n");
  CHECK(forwarded("", "m | ").empty());
}

TEST_CASE("G8: a line without end is cut while it comes, instead of kept until it ends") {
  int from[2], to[2];
  REQUIRE(pipe(from) == 0);
  REQUIRE(pipe(to) == 0);
  std::thread forwarder([&] { forward_lines(from[0], to[1], "m | "); });
  std::thread writer([&] {
    const std::string text(200'000, 'x');
    for (std::size_t done = 0; done < text.size();) {
      const ssize_t count = write(from[1], text.data() + done, text.size() - done);
      if (count <= 0) break;
      done += static_cast<std::size_t>(count);
    }
  });
  // The writer's end stays open: what arrives was forwarded before the line's end was seen.
  constexpr std::size_t cut = 4 + 64 * 1024 + 1;
  std::string result;
  pollfd ready{to[0], POLLIN, 0};
  char part[4096];
  while (result.size() < 3 * cut && poll(&ready, 1, 20'000) == 1) {
    const ssize_t count = read(to[0], part, sizeof part);
    result.append(part, count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  CHECK(result.size() == 3 * cut);
  CHECK(std::count(result.begin(), result.end(), '\n') == 3);
  writer.join();
  signal(SIGPIPE, SIG_IGN);  // of a forwarder that still has something to write
  close(to[0]);
  close(from[1]);
  forwarder.join();
  close(to[1]);
}

TEST_CASE("a port in use is refused with what to do, a free one is found") {
  const auto any = free_port(0);
  REQUIRE(any);
  CHECK(*any > 0);
  CHECK(free_port(millrace::test::unused_port()));  // which nobody takes in between
  const auto privileged_or_used = free_port(1);
  if (!privileged_or_used) {
    CHECK(privileged_or_used.error().message.find("--port") != std::string::npos);
  }
}
