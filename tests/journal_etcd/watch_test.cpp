// How the driver follows etcd, against an etcd that does as the test says.
#include <mutex>

#include "etcd/store.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/eventually.hpp"

namespace millrace::journal::etcd {
namespace {

using namespace statekit;

const Keys keys("watched");

std::vector<KeyValue> records(const Head& head, std::int64_t mod) {
  return {{keys.begin(), begin_value(head), 1},
          {keys.format(), format_value(), 1},
          {keys.head(), head_value(head), mod}};
}

// Each watch tells of one commit more and then ends as one whose beginning was compacted.
class Compacting : public Client {
 public:
  Answer<TxnAnswer> txn(const Txn&, std::int64_t) override {
    const std::lock_guard lock(mutex_);
    return TxnAnswer{true, revision_, {records(head_, revision_)}};
  }
  Answer<void> watch(const WatchFrom& from,
                     const std::function<void(const std::vector<KeyValue>&)>& changed) override {
    std::vector<KeyValue> told;
    {
      const std::lock_guard lock(mutex_);
      begun_.push_back({from.revision, revision_});
      if (begun_.size() > 3) return compacted();
      ++head_.last;
      revision_ += 10;
      told = {records(head_, revision_).back()};
      // What comes between this watch and the next is only in the records.
      if (begun_.size() == 3) ++head_.last, revision_ += 10;
    }
    changed(told);
    return compacted();
  }
  Answer<std::int64_t> grant_lease(std::int64_t) override { return 1; }
  Answer<std::int64_t> keep_lease(std::int64_t) override { return 1; }
  Answer<void> revoke_lease(std::int64_t) override { return {}; }
  std::vector<EndpointStatus> status(std::vector<std::string>&) override { return {}; }
  void close() override {}

  struct Begun {
    std::int64_t from, known;
  };
  std::vector<Begun> begun() const {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  static Answer<void> compacted() {
    return tl::unexpected(JournalError{JournalFault::compacted, "gone", {}, 0});
  }

  mutable std::mutex mutex_;
  Head head_{test::incarnation_a, 1, 0, {}, {}};
  std::int64_t revision_ = 41;
  std::vector<Begun> begun_;
};

}  // namespace

TEST_CASE("a watch that ended begins again right behind the records as they are then") {
  const auto client = std::make_shared<Compacting>();
  EtcdAddress address;
  address.workspace = "watched";
  Store store(address, {}, client);
  for (Revision after = 0; after < 4; ++after) {
    INFO("after " << after);
    REQUIRE(store.wait(after, 20'000));
    CHECK(store.known().head.last > after);
  }
  CHECK(store.known().head.last == 4);
  REQUIRE(test::eventually([&] { return client->begun().size() > 3; }));
  for (const auto& each : client->begun()) CHECK(each.from == each.known + 1);
}

}  // namespace millrace::journal::etcd
