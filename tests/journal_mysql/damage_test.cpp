// The mysql driver where rows were changed by hand, or hold what is whole and yet not what belongs
// there.
#include "journal/open.hpp"
#include "journal/presence.hpp"
#include "journal/verify.hpp"
#include "journal_mysql/parts.hpp"

namespace millrace::journal {
namespace {

void change(const std::string& table, const std::string& workspace, const std::string& what) {
  shared_mysql().sql("UPDATE millrace.millrace_" + table + " SET " + what + " WHERE workspace = '" +
                     workspace + "'");
}

void check_corrupt(const std::string& workspace, Revision revision) {
  const auto journal = handle(shared_mysql().url(workspace));
  const auto head = journal->open({incarnation_a});
  JournalError error;
  if (!head) {
    error = head.error();
  } else {
    const auto verified = verify(*journal);
    REQUIRE_FALSE(verified);
    error = verified.error();
  }
  INFO(error.message);
  CHECK(error.fault == JournalFault::corrupt);
  CHECK(error.revision == revision);
}

}  // namespace

TEST_CASE("a commit that was changed or taken out of a database is corrupt and named") {
  const auto journal = opened(shared_mysql().url("damaged"));
  append(*journal, 10);
  change("commits", "damaged", "octets = CONCAT(octets, 'x')");
  check_corrupt("damaged", 1);
  shared_mysql().sql(
      "UPDATE millrace.millrace_commits SET octets = SUBSTR(octets, 1, LENGTH(octets) - 1) WHERE "
      "workspace = 'damaged' AND revision <> 4");
  check_corrupt("damaged", 4);
  shared_mysql().sql(
      "DELETE FROM millrace.millrace_commits WHERE workspace = 'damaged' AND revision = 4");
  CHECK(journal->read(0, 100, 100'000).error().revision == 4);
  CHECK(journal->read(4, 100, 100'000)->size() == 6);
  shared_mysql().sql(
      "DELETE FROM millrace.millrace_commits WHERE workspace = 'damaged' AND revision = 10");
  CHECK(journal->read(4, 100, 100'000).error().revision == 10);
}

TEST_CASE("a whole commit of another journal is found out by the one before it") {
  const auto one = opened(shared_mysql().url("swapped")), two = opened(shared_mysql().url("donor"));
  append(*one, 5, "one");
  append(*two, 5, "two");
  shared_mysql().sql(
      "UPDATE millrace.millrace_commits a JOIN millrace.millrace_commits b ON b.workspace = "
      "'donor' "
      "AND b.revision = a.revision SET a.before_digest = b.before_digest, a.digest = b.digest, "
      "a.octets = b.octets WHERE a.workspace = 'swapped' AND a.revision = 3");
  check_corrupt("swapped", 3);
  const auto read = one->read(0, 100, 100'000);
  REQUIRE_FALSE(read);
  CHECK(read.error().revision == 3);
}

TEST_CASE("a journal's row that was changed by hand is corrupt") {
  int count = 0;
  for (const std::string what :
       {"rev = rev - 1", "first_rev = 2", "incarnation = REPEAT('c', 32)", "digest = before_first",
        "before_first = digest", "head_seal = begin_seal"}) {
    INFO(what);
    const std::string workspace = "row" + std::to_string(++count);
    { append(*opened(shared_mysql().url(workspace)), 2); }
    change("journal", workspace, what);
    check_corrupt(workspace, 0);
  }
}

TEST_CASE("a snapshot with a part that was changed, lost or of another attempt is corrupt") {
  int count = 0;
  for (const std::string what : {"octets = 'other'", "part = part + 7", "digest = ''"}) {
    INFO(what);
    const std::string workspace = "parts" + std::to_string(++count);
    const auto journal = opened(shared_mysql().url(workspace));
    const auto entries = append(*journal, 3);
    REQUIRE(journal->save_snapshot(source_of(2, entries[1].digest, {"a", "b"})));
    change("parts", workspace, what);
    check_corrupt(workspace, 2);
  }
  const auto journal = opened(shared_mysql().url("sealed"));
  const auto entries = append(*journal, 3);
  REQUIRE(journal->save_snapshot(source_of(2, entries[1].digest, {"a", "b"})));
  // Shorter by one part, in a way that holds together.
  change("snapshots", "sealed",
         "parts = 1, content = UNHEX(SHA2((SELECT digest FROM millrace.millrace_parts WHERE "
         "workspace = 'sealed' AND part = 1), 256))");
  check_corrupt("sealed", 2);
}

TEST_CASE("the snapshot on which a compacted journal rests must be there") {
  const auto journal = opened(shared_mysql().url("rests"));
  const auto entries = append(*journal, 3);
  REQUIRE(journal->save_snapshot(source_of(2, entries[1].digest, {"a"})));
  REQUIRE(journal->compact(2));
  shared_mysql().sql("DELETE FROM millrace.millrace_snapshots WHERE workspace = 'rests'");
  const auto loaded = journal->load_snapshot(3);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().fault == JournalFault::corrupt);
  CHECK(loaded.error().revision == 2);
}

TEST_CASE("a database that was put back to an older copy and grew again takes no append for it") {
  const auto journal = opened(shared_mysql().url("rewound"));
  append(*journal, 3, "first");
  const auto next = entries_after(*journal->head(), 1);
  // As a copy from before would have it, and then two other commits.
  shared_mysql().sql(
      "DELETE FROM millrace.millrace_journal WHERE workspace = 'rewound';"
      "DELETE FROM millrace.millrace_commits WHERE workspace = 'rewound'");
  append(*opened(shared_mysql().url("rewound")), 3, "second");
  const auto refused = journal->append(3, next, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == JournalFault::invalid);
  CHECK(journal->read(0, 1, 1)->front().commit == commit_of("second 1"));
}

TEST_CASE("a rewind is accepted with a new incarnation once no service is there") {
  const std::string url = shared_mysql().url("accept");
  const auto journal = opened(url);
  append(*journal, 2);
  const auto service = make_mysql_presence(*parse_mysql_url(url));
  REQUIRE(service->announce({"a", ""}, 60'000));
  const auto refused = accept_rewind(url, incarnation_b);
  REQUIRE_FALSE(refused);
  CHECK(holds(refused.error().message, "1 schema services use"));
  service->leave();
  REQUIRE(accept_rewind(url, incarnation_b));
  CHECK(journal->head()->incarnation == incarnation_b);
  CHECK(journal->head()->last == 2);
  append(*journal, 1);
  CHECK(verify(*opened(url))->entries == 3);
}

}  // namespace millrace::journal
