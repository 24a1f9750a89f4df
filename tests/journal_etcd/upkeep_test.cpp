// What etcd's own figures mean for its operators.
#include "etcd/upkeep.hpp"
#include "support/catch.hpp"

namespace millrace::journal::etcd {
namespace {

constexpr std::int64_t mib = 1 << 20;

Warnings lines(std::int64_t bytes, std::int64_t used, std::vector<std::string> alarms = {},
               std::uint64_t leader = 1) {
  EndpointStatus status{"a:1", "3.4.23", bytes, used, leader, 2, std::move(alarms)};
  return judge(status, 100 * mib);
}

// An etcd that remembers everything from a revision on.
class Remembering : public Client {
 public:
  std::int64_t now = 10, compacted = 0;
  bool up = true;
  Answer<TxnAnswer> txn(const Txn& txn, std::int64_t) override {
    if (txn.ranges.front().at != 0 && txn.ranges.front().at < compacted)
      return tl::unexpected(
          statekit::JournalError{statekit::JournalFault::compacted, "gone", {}, 0});
    return TxnAnswer{true, now, {{}}};
  }
  Answer<void> watch(const WatchFrom&,
                     const std::function<void(const std::vector<KeyValue>&)>&) override {
    return {};
  }
  Answer<std::int64_t> grant_lease(std::int64_t) override { return 1; }
  Answer<std::int64_t> keep_lease(std::int64_t) override { return 1; }
  Answer<void> revoke_lease(std::int64_t) override { return {}; }
  std::vector<EndpointStatus> status(std::vector<std::string>& lost) override {
    lost.emplace_back("b:2");
    if (!up) lost.emplace_back("a:1");
    if (!up) return {};
    return {{"a:1", "3.4.23", 1, 1, 1, 2, {}}};
  }
  void close() override {}
};

}  // namespace

TEST_CASE("an etcd that fares well gives no warning") {
  CHECK(lines(10 * mib, 9 * mib).empty());
  CHECK(lines(69 * mib, 60 * mib).empty());
}

TEST_CASE("G8: an etcd at 70 of 100 of its quota is warned of, with what to do") {
  const auto found = lines(70 * mib, 60 * mib);
  REQUIRE(found.size() == 1);
  CHECK(found[0].text ==
        "etcd a:1: it uses 70 MiB of its quota of 100 MiB: compact the journal, defragment etcd "
        "(`etcdctl defrag`), or raise --quota-backend-bytes and say so with quota=BYTES");
}

TEST_CASE("alarms, a lost leader and a file full of holes are told plainly") {
  CHECK(lines(1, 1, {"memberID:1 alarm:NOSPACE"})[0].text.find("space is full") !=
        std::string::npos);
  CHECK(lines(1, 1, {"memberID:1 alarm:NOSPACE"})[0].stops_writes);
  CHECK(lines(1, 1, {"memberID:1 alarm:CORRUPT"})[0].text.find("CORRUPT") != std::string::npos);
  CHECK(lines(1, 1, {}, 0)[0].text.find("no leader") != std::string::npos);
  CHECK(lines(66 * mib, 30 * mib)[0].text.find("holes") != std::string::npos);
}

TEST_CASE("an etcd that keeps all its history is warned of, and one that compacts is not") {
  const Keys keys("w");
  for (const bool compacts : {false, true}) {
    Remembering etcd;
    etcd.now = 60'000;
    etcd.compacted = compacts ? 50'000 : 0;
    const auto found = Upkeep(keys, 1 << 30).look(etcd, 1000);
    REQUIRE(found.size() == (compacts ? 1 : 2));
    CHECK(found[0].text.find("b:2: it cannot be reached") != std::string::npos);
    if (!compacts) CHECK(found[1].text.find("--auto-compaction-retention") != std::string::npos);
  }
}

TEST_CASE("where no endpoint of etcd can be reached it is told that nothing can be written") {
  const Keys keys("w");
  Remembering etcd;
  etcd.up = false;
  const auto found = Upkeep(keys, 1 << 30).look(etcd, 1000);
  REQUIRE(found.size() == 1);
  CHECK(found[0].text == "etcd cannot be reached at b:2, a:1: is it running there?");
  CHECK(found[0].stops_writes);
}

}  // namespace millrace::journal::etcd
