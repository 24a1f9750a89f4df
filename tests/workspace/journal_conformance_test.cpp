// `millrace journal conformance`: our server passes, so does one written from the document in
// another language, and each rule that one of them breaks is found by the case for it.
#include "workspace/conformance_bench.hpp"

using namespace millrace;
using namespace millrace::test;
using cli::ConformanceReport;

namespace {

// The server of journal_server.mjs, with one rule broken or none.
struct Store {
  TempDir folder;
};
struct OtherServer : private Store, public NodeServer {
  explicit OtherServer(const std::string& fault = {})
      : NodeServer({JOURNAL_SERVER, folder / "store", fault}) {}
};

ConformanceReport ask(const std::string& url, const std::string& only = {}) {
  return report_of(cli::check_journals, url, only);
}

}  // namespace

TEST_CASE("our server of journals passes every case and keeps nothing of it") {
  const OurServer server;
  const auto report = ask(server.url());
  CHECK(report.cases.size() == 21);
  CHECK(failures(report).empty());
}

TEST_CASE("a server of journals written from the document in another language passes every case") {
  const OtherServer server;
  CHECK(failures(ask(server.url())).empty());
}

TEST_CASE("each rule that a server of journals breaks is found by the case for it") {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"made-again", "journal.made-once"},
      {"filled-for-all", "journal.filling"},
      {"mark-stays", "journal.filling"},
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
    check_found(ask(server.url(), name));
  }
}
