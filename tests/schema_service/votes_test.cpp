// Followers of one kind that follow different replicas are compared with each other.
#include <set>

#include "journal/memory.hpp"
#include "journal/presence.hpp"
#include "schema/change_codec.hpp"
#include "services/schema/service.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"
#include "support/eventually.hpp"

namespace millrace::schema_service {
namespace {

using Names = std::set<std::string>;

// A journal with so many commits, none of which changes anything.
std::shared_ptr<journal::MemoryStore> store_of(statekit::Revision commits) {
  auto store = journal::make_memory_store();
  const auto journal = journal::make_memory_journal(store);
  REQUIRE(journal->open({test::incarnation_a}));
  for (statekit::Revision revision = 1; revision <= commits; ++revision) {
    const statekit::Head head = *journal->head();
    statekit::CommitMeta meta;
    meta.revision = revision;
    const statekit::Bytes commit =
        statekit::encode(statekit::Envelope{schema::ChangeCodec::encode_header(meta), {}});
    const statekit::Entry entry = test::entry_after(head.last, head.digest, commit);
    REQUIRE(journal->append(head.last, std::span(&entry, 1), {}));
  }
  return store;
}

// Three replicas of one process on one journal, with a follower each.
class Replicated {
 public:
  Replicated() {
    const auto store = store_of(200);
    const auto room = journal::make_presence_room(clock_);
    Settings settings;
    settings.journal = "memory:";
    for (std::size_t i = 0; i < 3; ++i) {
      replicas_.push_back(std::make_unique<Service>(
          settings, journal::make_memory_journal(store), make_grpc_prober(), clock_,
          [](std::string_view, std::string_view) {}, journal::make_local_presence(room)));
      const statekit::Status started = replicas_[i]->start();
      INFO((started ? std::string() : started.error().message));
      REQUIRE(started);
      replicas_[i]->join("replica-" + std::to_string(i) + ":1");
      auto session = replicas_[i]->hub().open({"toy", "f" + std::to_string(i), 1, {}}, now());
      REQUIRE(session);
      sessions_.push_back(std::move(*session));
    }
  }
  ~Replicated() {
    sessions_.clear();
    for (const auto& each : replicas_) each->stop();
  }

  void report(std::size_t follower, statekit::Revision revision, std::uint64_t digest) {
    REQUIRE(sessions_[follower]->on_ack({revision, {}, digest}, now()));
  }
  int mismatches(std::size_t follower) const {
    return replicas_[follower]->hub().followers(now())[0].mismatches;
  }
  // As `status` of any replica says.
  Names diverged(std::size_t asked) const {
    Names names;
    for (const auto& each : replicas_[asked]->followers())
      if (each.diverged) names.insert(each.instance);
    return names;
  }

 private:
  statekit::MonoMs now() const { return clock_.mono_ms(); }

  statekit::SystemClock clock_;
  std::vector<std::unique_ptr<Service>> replicas_;
  std::vector<std::unique_ptr<statekit::FeedSession>> sessions_;
};

}  // namespace

TEST_CASE("G7: of the followers of three replicas the one that differs is found, then named") {
  Replicated cluster;
  // The two that agree come first, so that at no moment there are two who do not.
  for (const std::size_t i : {0, 2, 1}) cluster.report(i, 64, i == 1 ? 9 : 5);
  CHECK(test::eventually([&] { return cluster.mismatches(1) == 1; }));
  CHECK(cluster.diverged(0).empty());
  for (const std::size_t i : {0, 2, 1}) cluster.report(i, 128, i == 1 ? 9 : 6);
  for (std::size_t asked = 0; asked < 3; ++asked)
    CHECK(test::eventually([&] { return cluster.diverged(asked) == Names{"f1"}; }));
  CHECK(cluster.mismatches(0) == 0);
  CHECK(cluster.mismatches(2) == 0);
  // It has started over, and agrees.
  for (std::size_t i = 0; i < 3; ++i) cluster.report(i, 192, 7);
  for (std::size_t asked = 0; asked < 3; ++asked)
    CHECK(test::eventually([&] { return cluster.diverged(asked).empty(); }));
}

}  // namespace millrace::schema_service
