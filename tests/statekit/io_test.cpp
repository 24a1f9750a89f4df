// The io layer's small parts: ids, files, logs, metrics, health, program, errors over gRPC.
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include <grpcpp/support/status.h>
#include <sys/wait.h>
#include <unistd.h>

#include "statekit/io/clock.hpp"
#include "statekit/io/file.hpp"
#include "statekit/io/health.hpp"
#include "statekit/io/ids.hpp"
#include "statekit/io/log.hpp"
#include "statekit/io/metrics.hpp"
#include "statekit/io/program.hpp"
#include "statekit/io/rpc.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

namespace millrace {
namespace {

using namespace statekit;

TEST_CASE("ids have their alphabet and length, and differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string incarnation = random_incarnation();
    CHECK(incarnation.size() == 32);
    CHECK(incarnation.find_first_not_of("0123456789abcdef") == std::string::npos);
    const std::string key = random_base36(10);
    CHECK(key.size() == 10);
    CHECK(key.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos);
    seen.insert(incarnation);
    seen.insert(key);
    const double fraction = random_fraction();
    CHECK((fraction >= 0 && fraction < 1));
  }
  CHECK(seen.size() == 200);
  CHECK(random_request_id().starts_with("req-"));
}

TEST_CASE("a file is replaced whole, appended to, read back and removed") {
  test::TempDir dir;
  DiskFile file(dir / "deep/er/file");
  CHECK(file.read().error().code == Code::not_found);
  CHECK_FALSE(file.append("x"));
  REQUIRE(file.replace("one"));
  REQUIRE(file.append(" two"));
  REQUIRE(file.append(Bytes("\0three", 6)));
  CHECK(file.read() == Bytes("one two\0three", 13));
  REQUIRE(file.replace("again"));
  REQUIRE(file.append("!"));
  CHECK(*file.read() == "again!");
  CHECK(std::filesystem::status(dir / "deep/er/file").permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  file.remove();
  CHECK(file.read().error().code == Code::not_found);
}

TEST_CASE("a file that cannot be written is an error that names it") {
  test::TempDir dir;
  std::ofstream(dir / "plain") << "not a folder";
  const auto written = write_file(dir / "plain/file", "x");
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("plain/file") != std::string::npos);
}

TEST_CASE("log lines reach the sink with their fields, from the level on") {
  std::vector<LogLine> lines;
  set_log_sink([&](const LogLine& line) { lines.push_back(line); });
  set_up_logging({LogLevel::warn, LogFormat::text});
  log_info("too.quiet");
  log_warn("feed.lost", {{"revision", 7U}, {"why", "two words"}, {"live", false}, {"lag", -1}});
  set_log_sink(nullptr);
  log_error("after.the.sink");
  set_up_logging({});
  REQUIRE(lines.size() == 1);
  lines[0].time_ms = 1'700'000'000'123;
  CHECK(to_text(lines[0]) ==
        "2023-11-14T22:13:20.123Z warn  feed.lost revision=7 why=\"two words\" live=false lag=-1");
}

TEST_CASE("log levels and formats have names, and others are refused") {
  for (const char* name : {"debug", "info", "warn", "error", "off"})
    CHECK(name_of(*parse_log_level(name)) == name);
  CHECK_FALSE(parse_log_level("loud"));
  CHECK(*parse_log_format("json") == LogFormat::json);
  CHECK(parse_log_format("xml").error().message.find("text or json") != std::string::npos);
}

TEST_CASE("metrics are written in the text format, with labels, after the updates were asked") {
  Metrics metrics;
  const Counter calls = metrics.counter("millrace_test_calls_total", "calls", {{"verb", "a.b"}});
  calls.add();
  calls.add(2);
  metrics.counter("millrace_test_calls_total", "calls", {{"verb", "a.b"}}).add();
  const Gauge age = metrics.gauge("millrace_test_age_seconds", "age");
  metrics.on_scrape([=] { age.set(1.5); });
  metrics.histogram("millrace_test_call_seconds", "time").observe(0.002);
  const std::string text = metrics.text();
  CHECK(text.find("millrace_test_calls_total{verb=\"a.b\"} 4") != std::string::npos);
  CHECK(text.find("millrace_test_age_seconds 1.5") != std::string::npos);
  CHECK(text.find("millrace_test_call_seconds_bucket{le=\"0.0025\"} 1") != std::string::npos);
  CHECK(text.find("millrace_test_call_seconds_bucket{le=\"0.001\"} 0") != std::string::npos);
}

TEST_CASE("health is ready when every part is, and gives the reasons of those that are not") {
  Health health;
  CHECK(health.ready());
  health.set("server", true);
  bool live = false;
  health.watch("feed", [&] { return Readiness{live, live ? "stale" : "never connected"}; });
  CHECK_FALSE(health.ready());
  CHECK(health.reasons() == std::vector<std::string>{"feed: never connected"});
  live = true;
  CHECK(health.ready());
  CHECK(health.reasons() == std::vector<std::string>{"feed: stale"});
  health.remove("feed");
  CHECK(health.reasons().empty());
}

TEST_CASE("an error keeps its code, message and details over gRPC") {
  const Error error{Code::not_found, "no module named ehco", {"did you mean echo?", "", "see ps"}};
  CHECK(from_grpc(to_grpc(error)) == error);
  const Error plain{Code::aborted, "again", {}};
  CHECK(from_grpc(to_grpc(plain)) == plain);
  CHECK(to_grpc(Status()).ok());
}

// Runs `body` in a child process and gives back its exit code, or minus its signal.
template <class Body>
int exit_code_of(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    set_up_logging({LogLevel::off, LogFormat::text});
    _exit(body());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("a program starts its parts in order and stops them in reverse after SIGTERM") {
  CHECK(exit_code_of([] {
          std::string trace;
          Program program("test");
          for (const char name : {'a', 'b', 'c'})
            program.add(
                std::string(1, name),
                [&trace, name] {
                  trace += name;
                  if (name == 'c') std::raise(SIGTERM);
                  return Status();
                },
                [&trace, name] { trace += static_cast<char>(name - 'a' + 'A'); });
          const int code = program.run();
          return trace == "abcCBA" ? code : 99;
        }) == 0);
}

TEST_CASE("a part that does not start ends the program with 2, and what was started is stopped") {
  CHECK(exit_code_of([] {
          std::string trace;
          Program program("test");
          program.add(
              "a", [&] { return Status(); }, [&] { trace += 'A'; });
          program.add(
              "b", [] { return Status(fail(Code::unavailable, "no")); }, [&] { trace += 'B'; });
          const int code = program.run();
          return trace == "A" ? code : 99;
        }) == 2);
}

TEST_CASE("a program ends with the code that it is told from another thread") {
  CHECK(exit_code_of([] {
          Program program("test");
          std::thread other;
          program.add(
              "a",
              [&] {
                other = std::thread([&] {
                  program.finish(7);
                  program.finish(8);
                });
                return Status();
              },
              [&] { other.join(); });
          return program.run();
        }) == 7);
}

TEST_CASE("a second signal ends a program at once, and a part that hangs is bounded") {
  CHECK(exit_code_of([] {
          Program program("test");
          program.add(
              "a",
              [] {
                std::raise(SIGINT);
                return Status();
              },
              [] {
                std::raise(SIGINT);
                for (;;) pause();
              });
          return program.run();
        }) == 128 + SIGINT);
  CHECK(exit_code_of([] {
          Program program("test", 50);
          program.add(
              "a",
              [] {
                std::raise(SIGINT);
                return Status();
              },
              [] {
                for (;;) pause();
              });
          return program.run();
        }) == 2);
}

TEST_CASE("the monotonic clock does not go back and the wall clock is past 2023") {
  const SystemClock clock;
  const MonoMs first = clock.mono_ms();
  CHECK(clock.mono_ms() >= first);
  CHECK(clock.wall_ms() > 1'700'000'000'000);
}

}  // namespace
}  // namespace millrace
