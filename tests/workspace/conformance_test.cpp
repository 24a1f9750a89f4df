// `millrace state conformance`: our server passes, so does one written from the document in another
// language, and each rule that one of them breaks is found by the case for it.
#include <nlohmann/json.hpp>

#include "access/book.hpp"
#include "httpkit/client.hpp"
#include "support/certificates.hpp"
#include "workspace/conformance_bench.hpp"

using namespace millrace;
using namespace millrace::test;
using cli::ConformanceReport;

namespace {

// The server of other_server.mjs, with one rule broken or none.
struct OtherServer : NodeServer {
  explicit OtherServer(const std::string& fault = {})
      : NodeServer({CLIENTS "/other_server.mjs", fault}) {}
};

ConformanceReport ask(const std::string& url, const std::string& only = {}) {
  return report_of(cli::check_states, url, only);
}

}  // namespace

TEST_CASE("our server of states passes every case and keeps nothing of it") {
  const OurServer server;
  CHECK(failures(ask(server.url() + "/v1/", "state.none")).empty());
  const auto report = ask(server.url() + "/v1/workspaces/prod/state?ID=x");
  CHECK(report.cases.size() > 35);
  CHECK(failures(report).empty());
  const auto left = httpkit::fetch("GET", server.url() + "/v1/workspaces", {}, {}, 60'000);
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
      {"lock-checksum-ignored", "lock.checksum"},
      {"made-for-a-lost-id", "lock.makes-no-workspace"},
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
    check_found(ask(server.url(), name));
  }
}

TEST_CASE("a server that closes its doors is asked over TLS and with a token") {
  const TempDir folder;
  const tls::Doors doors = doors_of(Authority().write(folder, "keeper"));
  const std::string token = "mlr_" + std::string(10, 'o') + "_" + std::string(52, 'o');
  access::Trusted trusted;
  trusted.required = true;
  trusted.bootstrap = statekit::sha256(token);
  const access::Book book;
  const OurServer server(doors, &trusted, [&](const auto& use) { use(book); });
  cli::ConformanceOrder order;
  order.url = server.url();
  order.only = "lock.";
  order.run = "test";
  order.credentials = doors.credentials;
  CHECK(cli::check_states(order, nullptr).error().code == statekit::Code::unauthenticated);
  order.token = token;
  const auto report = cli::check_states(order, nullptr);
  INFO((report ? std::string() : report.error().message));
  REQUIRE(report);
  CHECK(failures(*report).empty());
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
