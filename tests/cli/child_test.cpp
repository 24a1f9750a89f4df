// The program that `millrace run` starts.
#include "cli/run/child.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

#include "cli/run/forward.hpp"
#include "cli/run/port.hpp"
#include "support/catch.hpp"

using namespace millrace::cli;

namespace {

std::string end_of(Child& child) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
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

TEST_CASE("a program gets what is added to the environment") {
  auto child =
      Child::start({{"sh", "-c", "test \"$PORT\" = 7 && test -n \"$PATH\""}, {{"PORT", "7"}}, ""});
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

TEST_CASE("G8: a line without end is cut instead of kept") {
  const std::string text(200'000, 'x');
  std::istringstream lines(forwarded(text + "\nnext\n", "m | "));
  std::size_t octets = 0, count = 0;
  for (std::string line; std::getline(lines, line) && line != "m | next"; ++count) {
    REQUIRE(line.size() <= 4 + 64 * 1024);
    octets += line.size() - 4;
  }
  CHECK(octets == text.size());
  CHECK(count == 4);
}

TEST_CASE("a port in use is refused with what to do, a free one is found") {
  const auto any = free_port(0);
  REQUIRE(any);
  CHECK(*any > 0);
  CHECK(free_port(*any));
  const auto privileged_or_used = free_port(1);
  if (!privileged_or_used) {
    CHECK(privileged_or_used.error().message.find("--port") != std::string::npos);
  }
}
