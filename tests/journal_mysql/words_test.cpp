// What the mysql driver says to a server, and what it makes of the answers, without one.
#include "mysql/faults.hpp"
#include "mysql/layout.hpp"
#include "mysql/session.hpp"
#include "support/catch.hpp"

namespace millrace::journal::mysql {
namespace {

using statekit::JournalFault;

std::string text_of(const Sql& sql) {
  std::string text;
  for (const Sql::Piece& each : sql.pieces())
    text += each.value ? "<" + each.octets + ">" : each.octets;
  return text;
}

std::string greeting_of(bool tidb) {
  std::string all;
  for (const Greeting& each : greetings(tidb, {}))
    all += text_of(each.words) + (each.optional ? " (if it can)\n" : "\n");
  return all;
}

JournalFault fault_of(unsigned code, bool lost = false) {
  return to_error({code, "in the server's words", lost}, "db:1", {}).fault;
}

std::string told(unsigned code, const std::string& text = "in the server's words") {
  MysqlAddress address;
  address.database = "stock";
  address.user = "mill";
  return to_error({code, text, false}, "db:1", address).message;
}

}  // namespace

TEST_CASE("TiDB is known by its version and is asked for pessimistic transactions") {
  CHECK(is_tidb("5.7.25-TiDB-v6.5.0"));
  CHECK(is_tidb("8.0.11-TiDB-v7.5.1"));
  CHECK_FALSE(is_tidb("10.11.19-MariaDB-0+deb12u1"));
  CHECK(greeting_of(true).find("SET SESSION tidb_txn_mode = 'pessimistic'\n") != std::string::npos);
  CHECK(greeting_of(true).find(" idle_transaction_timeout") == std::string::npos);
  CHECK(greeting_of(false).find("tidb") == std::string::npos);
  CHECK(greeting_of(false).find("SET SESSION idle_transaction_timeout = 5 (if it can)\n") !=
        std::string::npos);
}

TEST_CASE("what a statement is given at run time can only be a value of it") {
  Sql sql("SELECT octets FROM t WHERE workspace = ");
  const std::string hostile = "x' OR '1'='1";
  sql << hostile << " AND revision = " << 7u << " AND digest = " << hostile.c_str();
  CHECK(text_of(sql) ==
        "SELECT octets FROM t WHERE workspace = <x' OR '1'='1> AND revision = 7 "
        "AND digest = <x' OR '1'='1>");
}

TEST_CASE("the tables have nothing that MariaDB and TiDB do differently") {
  for (const Sql& each : tables()) {
    const std::string text = text_of(each);
    CHECK(text.find("AUTO_INCREMENT") == std::string::npos);
    CHECK(text.find("FOREIGN") == std::string::npos);
    CHECK(text.find("IF NOT EXISTS millrace_") != std::string::npos);
    CHECK(text.find("workspace VARBINARY") != std::string::npos);
  }
}

TEST_CASE("a transaction that lost a race is tried again, and a commit that may be is not denied") {
  for (const unsigned code : {1213u, 1205u, 9007u, 8002u, 8022u, 8028u})
    CHECK(lost_a_race({code, "", false}));
  CHECK_FALSE(lost_a_race({1062, "", false}));
  CHECK(surely_nothing({9007, "", false}));
  CHECK(surely_nothing({1290, "", false}));
  CHECK_FALSE(surely_nothing({2013, "", true}));
  // TiDB's own word for it: the result is undetermined.
  CHECK_FALSE(surely_nothing({8501, "", false}));
  CHECK_FALSE(surely_nothing({1317, "", false}));
}

TEST_CASE("each of a server's refusals says what to do about it") {
  CHECK(told(1045).find("does not accept the user and password") != std::string::npos);
  CHECK(told(1142).find("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON `stock`.* TO 'mill'") !=
        std::string::npos);
  CHECK(told(1049).find("CREATE DATABASE `stock`") != std::string::npos);
  CHECK(told(1290).find("read-only") != std::string::npos);
  CHECK(told(1114).find("disk is full") != std::string::npos);
  CHECK(told(1030, "Got error 28 \"No space left on device\"").find("disk is full") !=
        std::string::npos);
  CHECK(told(1030, "Got error 194").find("full") == std::string::npos);
  CHECK(told(1040).find("max_connections") != std::string::npos);
  CHECK(told(2026).find("TLS") != std::string::npos);
  CHECK(fault_of(2002, true) == JournalFault::unavailable);
  CHECK(fault_of(1153) == JournalFault::too_large);
  CHECK(fault_of(1054) == JournalFault::wrong_format);
  CHECK(fault_of(1146) == JournalFault::corrupt);
  CHECK(fault_of(1932) == JournalFault::corrupt);
  CHECK(fault_of(1205) == JournalFault::unavailable);
}

}  // namespace millrace::journal::mysql
