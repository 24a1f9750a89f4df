#include "e2e/killed_fill.hpp"

#include <signal.h>

#include "e2e/steps.hpp"
#include "support/catch.hpp"
#include "support/tcp_proxy.hpp"

namespace millrace::e2e {

namespace {

constexpr int commits = 700;

// The value of one fact, as `--output json` prints it; empty where there is none.
std::string fact(const Outcome& outcome, const std::string& name) {
  const std::size_t at = outcome.out.find("\"" + name + "\": ");
  if (at == std::string::npos) return {};
  const std::size_t from = at + name.size() + 4;
  return outcome.out.substr(from, outcome.out.find_first_of(",\n", from) - from);
}

std::string filled_store(const Folder& folder) {
  const std::string path = folder.path("many.db");
  const auto made =
      run({binary("journal_filler"), "sqlite:" + path, std::to_string(commits)}, {}, 60);
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  return path;
}

Outcome look(const std::string& what, const std::string& url) {
  return storage({what, "--journal", url, "--output", "json"});
}

void check_refused(const Folder& folder, const std::string& url) {
  const auto service =
      run({binary("millrace-schema"), "--data", folder.path("served"), "--schema.journal=" + url,
           "--schema.listen=127.0.0.1:0", "--schema.http_listen=127.0.0.1:0",
           "--schema.health_listen=127.0.0.1:0"});
  CHECK(service.exit_code == 2);
  CHECK(holds(service.err, "was interrupted"));
  const auto backup = storage({"backup", folder.path("of-half.db"), "--journal", url});
  CHECK(backup.exit_code != 0);
  CHECK(holds(backup.err, "was interrupted"));
}

// The command writes to a workspace; what it does is `to(url)`.
using Fill = std::function<Words(const std::string& url)>;

Words millrace(Words words) {
  words.insert(words.begin(), {binary("millrace"), "storage"});
  return words;
}

// How many octets it sends when nothing stops it.
std::size_t whole_run(const Engine& engine, const Fill& fill) {
  test::TcpProxy proxy(engine.port);
  const auto done = run(millrace(fill(engine.url(proxy.address(), "whole"))), {}, 60);
  INFO(done.err);
  REQUIRE(done.exit_code == 0);
  return proxy.octets_sent();
}

// False: it was done before it came so far.
bool killed_at(const Engine& engine, const Folder& folder, const Fill& fill,
               const std::string& workspace, std::size_t octets) {
  test::TcpProxy proxy(engine.port);
  proxy.still_after(octets);
  Process process(millrace(fill(engine.url(proxy.address(), workspace))),
                  folder.path("log-" + workspace));
  REQUIRE(eventually([&] { return proxy.stands_still() || !process.running(); }));
  process.signal(SIGKILL);
  return process.wait() == 128 + SIGKILL;
}

void check_kills(const Engine& engine, const Folder& folder, const Fill& fill) {
  const std::string direct = "127.0.0.1:" + std::to_string(engine.port);
  const std::size_t all = whole_run(engine, fill);
  int halves = 0;
  for (const unsigned percent : {3, 30, 60, 90, 97}) {
    const std::string workspace = "killed" + std::to_string(percent);
    const std::string url = engine.url(direct, workspace);
    INFO(workspace);
    const bool killed = killed_at(engine, folder, fill, workspace, all * percent / 100);
    // A server may not have seen yet that its client is gone.
    Outcome verified;
    REQUIRE(eventually([&] {
      verified = look("verify", url);
      return verified.exit_code == 0 || holds(verified.err, "was interrupted") ||
             holds(verified.err, "there is no journal");
    }));
    INFO(verified.out << verified.err);
    if (!killed) {
      CHECK(fact(verified, "entries") == std::to_string(commits));
      continue;
    }
    CHECK(verified.exit_code != 0);
    if (holds(verified.err, "was interrupted")) {
      const auto info = look("info", url);
      CHECK(fact(info, "half_filled") == "true");
      if (++halves == 2) check_refused(folder, url);
    }
    Outcome again;
    REQUIRE(eventually([&] {
      again = run(millrace(fill(url)), {}, 60);
      return again.exit_code == 0;
    }));
    const auto whole = look("verify", url);
    INFO(whole.err);
    CHECK(fact(whole, "entries") == std::to_string(commits));
    CHECK(fact(look("info", url), "half_filled") == "false");
  }
  CHECK(halves >= 3);
}

}  // namespace

void check_killed_restores(const Engine& engine) {
  const Folder folder;
  const std::string backup = filled_store(folder);
  check_kills(engine, folder, [&](const std::string& url) {
    return Words{"restore", backup, "--journal", url};
  });
}

void check_killed_migrations(const Engine& engine) {
  const Folder folder;
  const std::string store = filled_store(folder);
  const std::string old = fact(look("verify", store), "digest");
  check_kills(engine, folder, [&](const std::string& url) {
    return Words{"migrate", "--journal", "sqlite:" + store, "--to", url};
  });
  const std::string direct = "127.0.0.1:" + std::to_string(engine.port);
  CHECK(fact(look("verify", engine.url(direct, "killed60")), "digest") == old);
  CHECK(fact(look("verify", store), "digest") == old);
}

}  // namespace millrace::e2e
