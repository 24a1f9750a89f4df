// The mysql driver on servers of its own: TLS, a server that says it is TiDB, two to choose from.
#include "journal/verify.hpp"
#include "journal_mysql/parts.hpp"
#include "support/certificates.hpp"

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
