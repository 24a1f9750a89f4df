// Three etcd nodes and three schema replicas under every fault we can think of, and what has to
// hold all the same. FAULTS_SEED=n replays the choices (not the timing); MILLRACE_LONG makes it 20
// minutes.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <set>

#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "tests/faults/cluster.hpp"
#include "tests/faults/feed_watch.hpp"
#include "tests/faults/nemesis.hpp"
#include "tests/faults/workload.hpp"
#include "tests/schema_service/client.hpp"
#include "v2alpha1/journal.pb.h"

using namespace millrace::test;
namespace v2alpha1 = millrace::v2alpha1;

namespace {

constexpr std::size_t clients = 6;
constexpr std::size_t followers = 3;
constexpr std::chrono::milliseconds mend_max(180'000);

std::uint32_t seed() {
  const char* given = std::getenv("FAULTS_SEED");
  return given != nullptr ? static_cast<std::uint32_t>(std::atoi(given)) : 20261128U;
}

std::chrono::seconds duration() {
  if (const char* given = std::getenv("FAULTS_SECONDS"))
    return std::chrono::seconds(std::atoi(given));
  return std::chrono::seconds(std::getenv("MILLRACE_LONG") != nullptr ? 1'200 : 120);
}

// The registers as single ones: what was read is what was written last.
void check_registers(const Record& record) {
  for (const auto& [name, ops] : record.registers) {
    const auto told = not_linearizable(ops, 0);
    INFO("G4: " << name << ", " << ops.size() << " operations: " << told.value_or(""));
    CHECK_FALSE(told);
  }
}

// Acknowledged commits: at the revision that was told, once, and in the order of real time.
void check_acknowledged(const Record& record, const std::map<std::uint64_t, std::string>& commits) {
  std::map<std::string, std::vector<std::uint64_t>> created;
  for (const auto& [revision, octets] : commits) {
    v2alpha1::Commit commit;
    v2alpha1::CommitHeader header;
    v2alpha1::Event event;
    REQUIRE((commit.ParseFromString(octets) && header.ParseFromString(commit.header())));
    for (const v2alpha1::EventSlot& slot : commit.events())
      if (event.ParseFromString(slot.event()) && event.has_changeset_created())
        created[header.reason()].push_back(revision);
  }
  created.erase("");  // of those that only try whether writes are taken again
  for (const auto& [reason, revisions] : created) {
    INFO("G4: a retry with the same token applied twice: " << reason);
    CHECK(revisions.size() == 1);
  }
  for (const Acknowledged& each : record.acknowledged) {
    INFO("G1: acknowledged at revision " << each.revision << ": " << each.reason);
    CHECK(created[each.reason] == std::vector<std::uint64_t>{each.revision});
  }
  std::vector<Acknowledged> sorted = record.acknowledged;
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.returned < b.returned; });
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = i + 1; j < sorted.size() && j < i + 64; ++j)
      if (sorted[j].called > sorted[i].returned) {
        INFO("G4: " << sorted[j].reason << " began after " << sorted[i].reason << " was done");
        CHECK(sorted[j].revision > sorted[i].revision);
      }
}

std::uint64_t head(const Cluster& cluster) {
  std::uint64_t found = 0;
  for (const std::string& address : cluster.schema_addresses()) {
    const auto status = Client(millrace::statekit::connect(address)).status();
    if (status.ok()) found = std::max<std::uint64_t>(found, status->head().revision());
  }
  return found;
}

bool accepts_writes(const std::string& address, int attempt) {
  Client client(millrace::statekit::connect(address));
  const std::string build = "after" + std::to_string(attempt);
  // Again and again, instead of one call that waits long.
  return client
      .call(&v2alpha1::SchemaService::Stub::CreateChangeset,
            deploy_request("module after {\n}\n", build), {}, 10'000)
      .ok();
}

}  // namespace

TEST_CASE(
    "G1, G3, G4: replicas on etcd lose nothing and agree while everything around them breaks") {
  if (const std::string why = Lab::enter(); !why.empty()) {
    std::cout << "not run: " << why << "\n";
    std::exit(77);  // told to ctest as skipped
  }
  INFO("FAULTS_SEED=" << seed());
  Cluster cluster;
  Seen seen;
  std::vector<std::unique_ptr<FeedWatch>> watches;
  for (std::size_t i = 0; i < followers; ++i)
    watches.push_back(std::make_unique<FeedWatch>(cluster.schema_addresses(),
                                                  "w" + std::to_string(i),
                                                  seed() + static_cast<std::uint32_t>(i), seen));
  Workload workload(cluster.schema_addresses(), clients, seed());
  const auto done = Nemesis(cluster, seed()).rage(duration());

  // Everything mends: each replica takes writes again.
  int attempt = 0;
  for (const std::string& address : cluster.schema_addresses()) {
    const bool mended = eventually(
        [&] {
          cluster.supervise();
          return accepts_writes(address, ++attempt);
        },
        mend_max);
    INFO(address << cluster.last_words());
    CHECK(mended);
  }
  const Record record = workload.stop();
  const std::uint64_t last = head(cluster);
  for (const auto& watch : watches) {
    const bool caught_up = eventually([&] { return watch->revision() >= last; }, mend_max);
    INFO("reliable: every follower comes to revision " << last << ", this one is at "
                                                       << watch->revision());
    CHECK(caught_up);
  }
  for (const auto& watch : watches) watch->stop();

  for (const std::string& fault : seen.faults()) FAIL_CHECK("G3: " << fault);
  check_registers(record);
  check_acknowledged(record, seen.commits());
  int resumed = 0;
  for (const auto& watch : watches) resumed += watch->resumed();
  std::cout << "revisions " << last << ", writes " << record.writes << ", reads " << record.reads
            << ", refused " << record.refused << ", unknown " << record.unknown << ", resumed "
            << resumed << "\n";
  for (const auto& [name, count] : done) std::cout << "  " << name << ": " << count << "\n";
  CHECK(resumed > 0);
  CHECK(record.writes > 0);
  CHECK(record.reads > 0);
}
