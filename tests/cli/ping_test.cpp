// `millrace ping --health URL`: what the health check of a container asks.
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "httpkit/health.hpp"
#include "support/catch.hpp"

using namespace millrace;

namespace {

// A health page as every binary serves it.
struct Page {
  statekit::Health health;
  statekit::Metrics metrics;
  std::unique_ptr<httpkit::Server> server;

  Page() {
    auto served = httpkit::serve_health("127.0.0.1:0", "test", health, metrics);
    REQUIRE(served);
    server = std::move(*served);
  }
  ~Page() { server->stop(1'000); }
  std::string url() const { return "http://" + server->address(); }
};

struct Answer {
  int exit_code = -1;
  std::string out;
};

Answer ping(const std::string& url) {
  std::ostringstream out, err;
  cli::Session session;
  session.out = &out;
  session.err = &err;
  const auto commands = cli::all_commands(session);
  const cli::Parsed parsed = cli::parse(commands, {"ping", "--health", url}, session);
  REQUIRE_FALSE(parsed.exit_code);
  const int exit_code = parsed.command->run();
  return {exit_code, out.str()};
}

}  // namespace

TEST_CASE("ping asks one health page, and says whether it is ready and why not") {
  Page page;
  page.health.set("feed", true);
  CHECK(ping(page.url()).exit_code == cli::done);
  page.health.set("feed", false, "empty");
  const Answer refused = ping(page.url());
  CHECK(refused.exit_code == cli::unable);
  CHECK(refused.out.find("not ready") != std::string::npos);
  CHECK(refused.out.find("feed: empty") != std::string::npos);
  CHECK(ping(page.url() + "/healthz").exit_code == cli::done);  // alive it is
}

TEST_CASE("ping takes the host and port of a health page for its readiness") {
  Page page;
  page.health.set("feed", true);
  const std::string address = page.server->address();
  CHECK(ping(address).exit_code == cli::done);
  CHECK(ping(address).out.find(page.url() + "/readyz") != std::string::npos);
  page.health.set("feed", false, "empty");
  CHECK(ping(address).out.find("feed: empty") != std::string::npos);
  CHECK(ping(address + "/healthz").exit_code == cli::done);
}

TEST_CASE("ping tells a health page that is not there from one that is not ready") {
  std::string url;
  {
    const Page page;
    url = page.url();
  }
  const Answer gone = ping(url);
  CHECK(gone.exit_code == cli::unable);
  CHECK(gone.out.find("unreachable") != std::string::npos);
  CHECK(ping("ftp://127.0.0.1").exit_code == cli::unable);
}
