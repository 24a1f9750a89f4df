// The mysql driver on one real server: what only this engine can do to it.
#include <chrono>
#include <fstream>
#include <thread>

#include "journal/copy.hpp"
#include "journal/sqlite.hpp"
#include "journal/verify.hpp"
#include "journal_mysql/parts.hpp"
#include "support/eventually.hpp"
#include "support/tcp_proxy.hpp"

namespace millrace::journal {
namespace {

std::string replaced(std::string text, const std::string& part, const std::string& by) {
  return text.replace(text.find(part), part.size(), by);
}

std::string refused_with(const std::string& url) {
  const JournalError error = closed_door(url);
  CHECK(error.fault == JournalFault::unavailable);
  CHECK_FALSE(holds(error.message, "secret"));
  return error.message;
}

}  // namespace

TEST_CASE("two workspaces in one database know nothing of each other") {
  const auto one = opened(shared_mysql().url("one")), two = opened(shared_mysql().url("one.two"));
  append(*one, 3);
  CHECK(two->head()->last == 0);
  append(*two, 1);
  CHECK(one->head()->last == 3);
  REQUIRE(one->save_snapshot(source_of(3, one->head()->digest, {"x"})));
  REQUIRE(one->compact(3));
  CHECK(two->read(0, 10, 1'000)->size() == 1);
  CHECK(*two->load_snapshot(9) == nullptr);
}

TEST_CASE("G9: a newer format in a database is refused and not one row is written") {
  { append(*opened(shared_mysql().url("newer")), 1); }
  shared_mysql().sql("UPDATE millrace.millrace_journal SET format = 2 WHERE workspace = 'newer'");
  const auto everything = [] {
    return shared_mysql().sql(
        "CHECKSUM TABLE millrace.millrace_journal, millrace.millrace_commits, "
        "millrace.millrace_syncs, millrace.millrace_snapshots");
  };
  const std::string before = everything();
  const JournalError error = closed_door(shared_mysql().url("newer"));
  CHECK(error.fault == JournalFault::wrong_format);
  CHECK(holds(error.message, "format 2"));
  CHECK(everything() == before);
}

TEST_CASE("a database with another program's tables is refused and left as it is") {
  shared_mysql().sql(
      "CREATE DATABASE foreign_one; GRANT ALL ON foreign_one.* TO millrace; CREATE TABLE "
      "foreign_one.millrace_journal (id INT PRIMARY KEY)");
  const JournalError error =
      closed_door(replaced(shared_mysql().url("w"), "/millrace/", "/foreign_one/"));
  CHECK(error.fault == JournalFault::wrong_format);
  CHECK(shared_mysql().sql("SHOW TABLES FROM foreign_one") == "millrace_journal\n");
}

TEST_CASE("a server that cannot be used says why, and G10: never by which password") {
  const std::string url = shared_mysql().url("w");
  const TempDir folder;
  std::ofstream(folder / "wrong") << "another secret";
  CHECK(holds(refused_with(replaced(url, shared_mysql().password_file(), folder / "wrong")),
              "does not accept the user and password"));
  CHECK(holds(closed_door(replaced(url, shared_mysql().password_file(), folder / "none")).message,
              "password file " + (folder / "none")));
  CHECK(holds(refused_with(replaced(url, "user=millrace", "user=nobody")),
              "does not accept the user and password"));
  // This user may not see whether there is such a database.
  CHECK(holds(refused_with(replaced(url, "/millrace/", "/nowhere/")), "GRANT SELECT"));
  shared_mysql().sql("GRANT ALL ON nowhere.* TO millrace");
  CHECK(holds(refused_with(replaced(url, "/millrace/", "/nowhere/")), "CREATE DATABASE"));
  CHECK(holds(refused_with(replaced(url, shared_mysql().endpoint(),
                                    "127.0.0.1:" + std::to_string(unused_port()))),
              "cannot be reached"));
  CHECK(holds(refused_with(url + "&tls=on"), "TLS"));
}

TEST_CASE("rights that are missing are named, and what may be read is read") {
  shared_mysql().sql(
      "CREATE DATABASE IF NOT EXISTS bare; CREATE USER reader IDENTIFIED BY 'it''s a \"secret\"';"
      "GRANT SELECT ON bare.* TO reader; GRANT ALL ON bare.* TO millrace");
  const std::string url = replaced(shared_mysql().url("w"), "/millrace/", "/bare/");
  const std::string as_reader = replaced(url, "user=millrace", "user=reader");
  CHECK(holds(refused_with(as_reader), "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `bare`.*"));
  { append(*opened(url), 2); }
  const auto reader = handle(as_reader);
  REQUIRE(reader->open({"", false, true}));
  CHECK(reader->read(0, 10, 1'000)->size() == 2);
  CHECK(reader->append(2, entries_after(*reader->head(), 1), {}).error().fault ==
        JournalFault::invalid);
}

TEST_CASE("a read-only server is not used, and writes go on once it takes them again") {
  const auto journal = opened(shared_mysql().url("readonly"));
  append(*journal, 1);
  shared_mysql().sql("SET GLOBAL read_only = 1");
  const auto refused = journal->append(1, entries_after(*journal->head(), 1), {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == JournalFault::unavailable);
  CHECK(holds(refused.error().message, "read-only"));
  REQUIRE(journal->warnings().size() == 1);
  CHECK(journal->warnings().front().stops_writes);
  CHECK(holds(refused_with(shared_mysql().url("readonly")), "read-only"));
  shared_mysql().sql("SET GLOBAL read_only = 0");
  append(*journal, 1);
  CHECK(journal->warnings().empty());
}

TEST_CASE("a commit larger than the server's packets is refused plainly and the rest goes on") {
  shared_mysql().sql("SET GLOBAL max_allowed_packet = 65536");
  const auto journal = opened(shared_mysql().url("packets"));
  shared_mysql().sql("SET GLOBAL max_allowed_packet = 16777216");
  const std::vector<Entry> large = {entry_after(0, {}, commit_of(Bytes(100'000, 'x')))};
  const auto refused = journal->append(0, large, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == JournalFault::too_large);
  CHECK(holds(refused.error().message, "max_allowed_packet of 65536"));
  REQUIRE(journal->warnings().size() == 1);
  CHECK(holds(journal->warnings().front().text, "max_allowed_packet"));
  append(*journal, 1);
  CHECK(opened(shared_mysql().url("packets"))->append(1, entries_after(*journal->head(), 1), {}));
}

TEST_CASE("a server that does not sync its commits is warned of") {
  shared_mysql().sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
  const auto journal = opened(shared_mysql().url("unsynced"));
  shared_mysql().sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
  REQUIRE(journal->warnings().size() == 1);
  CHECK(holds(journal->warnings().front().text, "innodb_flush_log_at_trx_commit=1"));
}

TEST_CASE("connections that the server closed because nobody used them are replaced unseen") {
  shared_mysql().sql("SET GLOBAL wait_timeout = 1");
  const auto journal = opened(shared_mysql().url("idle"));
  append(*journal, 1);
  shared_mysql().sql("SET GLOBAL wait_timeout = 28800");
  const auto entries = entries_after(*journal->head(), 1);
  CHECK(eventually([] {
    return shared_mysql().sql(
               "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'millrace'") ==
           "0\n";
  }));
  CHECK(journal->append(1, entries, {}) == 2);
  CHECK(journal->read(0, 10, 1'000)->size() == 2);
}

TEST_CASE("who vanishes in the middle of an append does not keep others from it") {
  TcpProxy proxy(shared_mysql().port(), "COMMIT");
  MysqlTuning tuning;
  tuning.silent_ms_max = 1'000;
  const auto vanishing = opened(shared_mysql().url("vanish", proxy.address()), tuning);
  const auto other = opened(shared_mysql().url("vanish"));
  const auto entries = entries_after(*other->head(), 1, "vanishing");
  // The COMMIT never comes, and the server's end of the connection stays open.
  proxy.cut_next(TcpProxy::Cut::late);
  CHECK(vanishing->append(0, entries, {}).error().fault == JournalFault::unknown);
  REQUIRE(other->append(0, entries_after(*other->head(), 1, "other"), {10'000}) == 1);
  CHECK(other->read(0, 10, 1'000)->front().commit == commit_of("other 1"));
}

TEST_CASE("a link that stands still makes an append end by its deadline, and it is settled") {
  TcpProxy proxy(shared_mysql().port());
  MysqlTuning tuning;
  tuning.attempt_ms_max = 60'000;
  tuning.call_ms_max = 300;
  const auto journal = opened(shared_mysql().url("still", proxy.address()), tuning);
  const auto entries = entries_after(*journal->head(), 2);
  proxy.set_still(true);
  const auto begun = std::chrono::steady_clock::now();
  const auto lost = journal->append(0, entries, {300});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().fault == JournalFault::unavailable);
  CHECK(std::chrono::steady_clock::now() - begun < std::chrono::seconds(20));
  proxy.set_still(false);
  CHECK(eventually([&] { return journal->append(0, entries, {}).has_value(); }));
  CHECK(journal->head()->last == 2);
}

TEST_CASE("closing a handle ends a call that waits for another's row") {
  const std::string url = shared_mysql().url("closing");
  TcpProxy proxy(shared_mysql().port(), "COMMIT");
  MysqlTuning patient;
  patient.silent_ms_max = patient.lock_ms_max = patient.attempt_ms_max = 60'000;
  const auto holding = opened(shared_mysql().url("closing", proxy.address()), patient);
  const auto waiting = opened(url, patient);
  proxy.cut_next(TcpProxy::Cut::late);
  CHECK_FALSE(holding->append(0, entries_after(*waiting->head(), 1), {}));
  const auto entries = entries_after(*waiting->head(), 1);
  JournalResult<Revision> ended = Revision{0};
  std::thread appending([&] { ended = waiting->append(0, entries, {60'000}); });
  CHECK(eventually([] {
    return holds(shared_mysql().sql("SELECT info FROM information_schema.processlist"),
                 "UPDATE millrace_journal SET rev");
  }));
  const auto closed = std::chrono::steady_clock::now();
  waiting->close();
  appending.join();
  CHECK(std::chrono::steady_clock::now() - closed < std::chrono::seconds(20));
  REQUIRE_FALSE(ended);
  CHECK(ended.error().fault == JournalFault::unavailable);
}

TEST_CASE("a journal moves from SQLite into a database and back with the same digests") {
  const TempDir folder;
  const auto here = make_sqlite_journal(folder / "here.db");
  REQUIRE(here->open({incarnation_a}));
  std::vector<Entry> all;
  for (int i = 0; i < 20; ++i)
    for (const Entry& each : append(*here, 40, "somebody")) all.push_back(each);
  REQUIRE(here->save_snapshot(source_of(300, all[299].digest, {"three", "hundred"})));
  REQUIRE(here->compact(300));
  const auto there = handle(shared_mysql().url("moved"));
  REQUIRE(there->open({incarnation_a}));
  REQUIRE(copy(*here, *there));
  REQUIRE(check_copy(*there, *here->head()));
  CHECK(*there->head() == *here->head());
  const auto back = make_sqlite_journal(folder / "back.db");
  REQUIRE(back->open({incarnation_a}));
  REQUIRE(copy(*there, *back));
  CHECK(*back->head() == *here->head());
  CHECK(verify(*back)->entries == 500);
  CHECK(verify(*back)->snapshots == 1);
}

}  // namespace millrace::journal
