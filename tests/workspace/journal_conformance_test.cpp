// `millrace journal conformance`: our server passes, so does one written from the document in
// another language, and each rule that one of them breaks is found by the case for it.
#include "cli/conformance/conformance.hpp"
#include "services/schema/workspace/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using cli::ConformanceReport;

namespace {

// The server of journal_server.mjs, with one rule broken or none.
class OtherServer {
 public:
  explicit OtherServer(const std::string& fault = {})
      : process_({NODE, JOURNAL_SERVER, folder_ / "store", fault}, folder_ / "log"),
        url_("http://127.0.0.1:" + process_.logged("listening ")) {}
  const std::string& url() const { return url_; }

 private:
  test::TempDir folder_;
  test::Process process_;
  std::string url_;
};

ConformanceReport ask(const std::string& url, const std::string& only = {}) {
  cli::ConformanceOrder order;
  order.url = url;
  order.only = only;
  order.run = "test";
  auto report = cli::check_journals(order, nullptr);
  REQUIRE(report);
  return *report;
}

std::string failures(const ConformanceReport& report) {
  std::string text;
  for (const auto& each : report.cases)
    if (!each.passed) text += each.name + ": " + each.expected + "; " + each.got + "\n";
  return text;
}

}  // namespace

TEST_CASE("our server of journals passes every case and keeps nothing of it") {
  const statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  schema_service::Settings settings;
  settings.journal = "memory:";
  settings.http_listen = "127.0.0.1:0";
  const auto server = workspace::start(settings, {&clock, &metrics, &health});
  REQUIRE(server);
  const auto report = ask("http://" + (*server)->address());
  CHECK(report.cases.size() == 20);
  CHECK(failures(report).empty());
}

TEST_CASE("a server of journals written from the document in another language passes every case") {
  const OtherServer server;
  CHECK(failures(ask(server.url())).empty());
}

TEST_CASE("each rule that a server of journals breaks is found by the case for it") {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"made-again", "journal.made-once"},
      {"workspaces-are-one", "journal.apart"},
      {"text-only", "append.round-trip"},
      {"forgets", "append.round-trip"},
      {"stale-accepted", "append.stale"},
      {"stale-accepted", "append.sent-twice"},
      {"match-not-needed", "append.needs-match"},
      {"gaps", "append.refused"},
      {"no-limits", "append.limits"},
      {"both-taken", "append.raced"},
      {"splits-batches", "append.whole"},
      {"limit-ignored", "read.limits"},
      {"skips-one", "read.limits"},
      {"gone-is-empty", "read.compacted"},
      {"wakes-early", "wait.deadline"},
      {"never-wakes", "wait.woken"},
      {"no-snapshots", "snapshot.round-trip"},
      {"one-snapshot", "snapshot.round-trip"},
      {"torn-is-visible", "snapshot.in-messages"},
      {"parts-in-any-order", "snapshot.out-of-order"},
      {"any-snapshot", "snapshot.refused"},
      {"no-snapshots", "snapshot.beginning"},
      {"compacts-to-anywhere", "compact.keeps-tail"},
      {"compact-drops-all", "compact.keeps-tail"},
  };
  for (const auto& [fault, name] : faults) {
    INFO(fault << " must fail " << name);
    const OtherServer server(fault);
    const auto report = ask(server.url(), name);
    REQUIRE(report.cases.size() == 1);
    CHECK_FALSE(report.cases[0].passed);
    CHECK_FALSE(report.cases[0].expected.empty());
    CHECK_FALSE(report.cases[0].got.empty());
  }
}
