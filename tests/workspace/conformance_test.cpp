// `millrace state conformance`: our server passes, so does one written from the document in another
// language, and each rule that one of them breaks is found by the case for it.
#include <nlohmann/json.hpp>

#include "cli/conformance/conformance.hpp"
#include "httpkit/client.hpp"
#include "services/schema/workspace/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using cli::ConformanceReport;

namespace {

// The server of other_server.mjs, with one rule broken or none.
class OtherServer {
 public:
  explicit OtherServer(const std::string& fault = {})
      : process_({NODE, CLIENTS "/other_server.mjs", fault}, folder_ / "log"),
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
  auto report = cli::check_states(order, nullptr);
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

TEST_CASE("our server of states passes every case and keeps nothing of it") {
  const statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  schema_service::Settings settings;
  settings.journal = "memory:";
  settings.http_listen = "127.0.0.1:0";
  const auto server = workspace::start(settings, {&clock, &metrics, &health});
  REQUIRE(server);
  const auto report = ask("http://" + (*server)->address() + "/v1/");
  CHECK(report.cases.size() > 35);
  CHECK(failures(report).empty());
  const auto left =
      httpkit::fetch("GET", "http://" + (*server)->address() + "/v1/workspaces", {}, {}, 5'000);
  REQUIRE(left);
  CHECK(left->body == "{\"workspaces\":[]}\n");
}

TEST_CASE("a server of states written from the document in another language passes every case") {
  const OtherServer server;
  CHECK(failures(ask(server.url())).empty());
}

TEST_CASE("each rule that a server of states breaks is found by the case for it") {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"text-only", "state.round-trip"},
      {"repeated-write-is-new", "state.repeated-write"},
      {"checksum-ignored", "state.checksum"},
      {"cut-at-1-mib", "state.large"},
      {"gzip-kept", "state.gzip"},
      {"etags-ignored", "etag.stale"},
      {"etag-of-content", "etag.not-the-content"},
      {"lock-always-granted", "lock.refused-while-held"},
      {"lock-always-granted", "lock.raced"},
      {"holder-not-told", "lock.typed-holder"},
      {"lock-not-repeatable", "lock.retry-idempotent"},
      {"any-id-unlocks", "lock.wrong-id-refused"},
      {"unlock-not-repeatable", "lock.unlock-idempotent"},
      {"lock-not-looked-at", "lock.write-without-id"},
      {"wrong-id-writes", "lock.write-with-wrong-id"},
      {"lost-id-accepted", "lock.write-with-lost-id"},
      {"force-not-recorded", "lock.forced"},
      {"not-renewed", "lock.expires"},
      {"delete-forgets-versions", "version.kept-after-delete"},
      {"workspaces-are-one", "workspace.apart"},
      {"force-not-needed", "workspace.needs-force"},
      {"deletion-keeps-versions", "workspace.made-again-is-empty"},
      {"default-deleted", "workspace.default-stays"},
      {"any-name", "workspace.names"},
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

TEST_CASE("a run of conformance that cannot begin says why") {
  cli::ConformanceOrder order;
  order.timeout_ms = 2'000;
  order.url = "127.0.0.1:1";
  CHECK(cli::check_states(order, nullptr).error().code == statekit::Code::invalid_argument);
  order.url = "http://127.0.0.1:1";
  CHECK(cli::check_states(order, nullptr).error().code == statekit::Code::unavailable);
  order.only = "nothing.";
  CHECK(cli::check_states(order, nullptr).error().code == statekit::Code::invalid_argument);
}

TEST_CASE("what a run of conformance found is one JSON document") {
  const ConformanceReport report{
      "http://x",
      {{"a.b", "A rule.", true, "", ""}, {"a.c", "Another.", false, "200", "500 oh \xff"}}};
  const auto json = nlohmann::json::parse(to_json(report));
  CHECK(json["url"] == "http://x");
  CHECK(json["passed"] == 1);
  CHECK(json["failed"] == 1);
  CHECK(json["cases"][1]["name"] == "a.c");
  CHECK(json["cases"][1]["rule"] == "Another.");
  CHECK(json["cases"][1]["passed"] == false);
  CHECK(json["cases"][1]["expected"] == "200");
}
