#include "services/schema/retention.hpp"

#include "journal/memory.hpp"
#include "schema/change_codec.hpp"
#include "support/catch.hpp"
#include "support/commits.hpp"

using namespace millrace;
using namespace millrace::statekit;
using namespace millrace::test;
using schema_service::retire;

namespace {

// Commit n was made at n * 1000 ms; snapshots lie at each 10th.
std::unique_ptr<Journal> hundred() {
  auto journal = journal::make_memory_journal();
  REQUIRE(journal->open({incarnation_a}));
  Head head = *journal->head();
  for (Revision revision = 1; revision <= 100; ++revision) {
    CommitMeta meta;
    meta.time_ms = static_cast<WallMs>(revision) * 1000;
    const Bytes commit = encode({schema::ChangeCodec::encode_header(meta), {}});
    const Entry entry = entry_after(head.last, head.digest, commit);
    REQUIRE(journal->append(head.last, std::span(&entry, 1), {}));
    head = *journal->head();
    if (revision % 10 == 0)
      REQUIRE(journal->save_snapshot(source_of(revision, head.digest, {"s"})));
  }
  return journal;
}

Revision first_after(const schema_service::RetentionRules& rules, WallMs now = 100'000) {
  const auto journal = hundred();
  const auto dropped = retire(*journal, rules, now);
  INFO((dropped ? std::string() : dropped.error().message));
  REQUIRE(dropped);
  const Revision first = journal->head()->first;
  CHECK(*dropped == first - 1);
  CHECK(journal->head()->last == 100);
  return first;
}

}  // namespace

TEST_CASE("without a rule every commit is kept") { CHECK(first_after({0, 0}) == 1); }

TEST_CASE("a number of commits is kept, and those from the snapshot before them on") {
  CHECK(first_after({30, 0}) == 71);
  CHECK(first_after({35, 0}) == 61);
  CHECK(first_after({95, 0}) == 1);
  CHECK(first_after({1000, 0}) == 1);
}

TEST_CASE("an age of commits is kept, and those from the snapshot before them on") {
  CHECK(first_after({0, 30'000}) == 71);
  CHECK(first_after({0, 31'000}) == 61);
  CHECK(first_after({0, 1'000'000}) == 1);
  CHECK(first_after({0, 1}, 1'000'000) == 101);
}

TEST_CASE("a commit that one rule keeps stays") {
  CHECK(first_after({20, 60'000}) == 41);
  CHECK(first_after({60, 20'000}) == 41);
}

TEST_CASE("keeping is looked at once a minute and only where there is a rule") {
  schema_service::Retention none({});
  CHECK_FALSE(none.due(0));
  schema_service::Retention some({10, 0});
  CHECK(some.due(5));
  CHECK_FALSE(some.due(59'999));
  CHECK(some.due(60'006));
}
