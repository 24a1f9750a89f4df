// The mysql driver on servers of its own: TLS, a server that says it is TiDB, two to choose from.
#include "journal/verify.hpp"
#include "journal_mysql/parts.hpp"
#include "support/certificates.hpp"
#include "support/eventually.hpp"

namespace millrace::journal {

TEST_CASE(
    "a server is spoken to over TLS by its own authority, its name and a client certificate") {
  const TempDir folder;
  const Authority ours, another("another authority");
  const tls::Files server = ours.write(folder, "server");
  const tls::Files client = ours.write(folder, "client");
  put_text(folder / "another.pem", another.certificate());
  const MysqlServer mysql({"--ssl-ca=" + server.ca, "--ssl-cert=" + server.certificate,
                           "--ssl-key=" + server.key, "--require-secure-transport=ON"},
                          "&ca=" + server.ca);
  append(*opened(mysql.url("w")), 2);
  const std::string clear = "mysql://" + mysql.endpoint() +
                            "/millrace/w?user=millrace&password-file=" + mysql.password_file();
  // It does not say so itself.
  CHECK(holds(closed_door(clear).message, "or it wants TLS"));
  CHECK(holds(closed_door(clear + "&ca=" + (folder / "another.pem")).message, "TLS"));
  CHECK(holds(closed_door(clear + "&tls=on").message, "TLS"));
  mysql.sql("ALTER USER millrace REQUIRE X509");
  CHECK(holds(closed_door(mysql.url("w")).message, "does not accept the user"));
  const auto journal =
      opened(mysql.url("w") + "&cert=" + client.certificate + "&key=" + client.key);
  CHECK(verify(*journal)->entries == 2);
}

TEST_CASE("a server whose certificate is for another name is not spoken to") {
  const TempDir folder;
  const Authority ours;
  tls::Order order = ours.order("elsewhere");
  order.dns = {"elsewhere.test"};
  order.ips = {};
  const tls::Files files = ours.write(folder, "server", order);
  const MysqlServer mysql({"--ssl-cert=" + files.certificate, "--ssl-key=" + files.key},
                          "&ca=" + files.ca, "TLS");
  CHECK(holds(closed_door(mysql.url("w")).message, "no TLS connection"));
}

TEST_CASE("a server that says it is TiDB is asked for pessimistic transactions or not used") {
  const MysqlServer mysql({"--version=8.0.11-TiDB-v7.5.1"}, "", "tidb_txn_mode");
  CHECK(holds(closed_door(mysql.url("w")).message, "tidb_txn_mode"));
}

// What a MariaDB does whose disk is full is its own affair: this one tries for five seconds and
// then may end itself ("out of disk space in rollback"). What counts is on our side.
TEST_CASE("G1: a database that runs out of disk loses nothing that was acknowledged") {
  MysqlServer mysql;
  const auto journal = opened(mysql.url("w"));
  mysql.limit_files(14'000'000);  // the largest file that it begins with is smaller
  std::vector<Entry> acknowledged;
  JournalResult<Revision> done = Revision{0};
  std::vector<Entry> next;
  Head head = *journal->head();
  while (acknowledged.size() < 100) {
    next = {entry_after(head.last, head.digest, commit_of(Bytes(900'000, 'x')))};
    done = journal->append(head.last, next, {20'000});
    if (!done) break;
    acknowledged.push_back(next.front());
    head.last = next.front().revision;
    head.digest = next.front().digest;
  }
  REQUIRE_FALSE(done);
  INFO(done.error().message);
  CHECK((done.error().fault == JournalFault::unavailable ||
         done.error().fault == JournalFault::unknown));
  CHECK(acknowledged.size() > 3);
  mysql.limit_files(std::nullopt);
  // It may be about to end: then it does so soon.
  const auto settled = [&] {
    if (!mysql.runs()) mysql.restart();
    const auto again = journal->append(head.last, next, {10'000});
    return again || again.error().fault == JournalFault::conflict;
  };
  CHECK(eventually(settled, std::chrono::minutes(2)));
  const auto entries = journal->read(0, 1'000, 1'000'000'000);
  REQUIRE(entries);
  acknowledged.push_back(next.front());
  CHECK(*entries == acknowledged);
  CHECK(verify(*opened(mysql.url("w")))->entries == acknowledged.size());
}

TEST_CASE("of two servers the one that takes writes is used, and the next when it goes") {
  MysqlServer replica({"--read-only=1"}, "", "read-only"), primary;
  const std::string url = primary.url("w", replica.endpoint() + "," + primary.endpoint());
  // They are two servers of their own, and have the same password.
  const auto journal = opened(url);
  append(*journal, 1);
  CHECK(verify(*opened(primary.url("w")))->entries == 1);
  replica.kill();
  CHECK(opened(url)->head()->last == 1);
}

}  // namespace millrace::journal
