// How the mysql driver is told where its journal is.
#include "journal/mysql.hpp"
#include "support/catch.hpp"

namespace millrace::journal {
namespace {

std::string refused(const std::string& url) {
  const auto address = parse_mysql_url(url);
  REQUIRE_FALSE(address);
  CHECK(address.error().code == statekit::Code::invalid_argument);
  return address.error().message;
}

}  // namespace

TEST_CASE("an address of a database names servers, the database and a workspace") {
  const auto one = parse_mysql_url("mysql://127.0.0.1:3306/millrace/prod");
  REQUIRE(one);
  CHECK(one->endpoints == std::vector<std::string>{"127.0.0.1:3306"});
  CHECK(one->database == "millrace");
  CHECK(one->workspace == "prod");
  CHECK_FALSE(one->tls);
  const auto three = parse_mysql_url("mysql://a:1,b:2,[::1]:3/d/w.state.1.journal");
  REQUIRE(three);
  CHECK(three->endpoints == std::vector<std::string>{"a:1", "b:2", "[::1]:3"});
  CHECK(three->workspace == "w.state.1.journal");
}

TEST_CASE("an address of a database may say who asks and by which certificates") {
  const auto all = parse_mysql_url(
      "mysql://a:1/d/w?user=mill&password-file=/run/secret&ca=/ca.pem&cert=/c.pem&key=/k.pem");
  REQUIRE(all);
  CHECK(all->user == "mill");
  CHECK(all->password_file == "/run/secret");
  CHECK(all->tls);
  CHECK(all->ca_file == "/ca.pem");
  CHECK(all->cert_file == "/c.pem");
  CHECK(all->key_file == "/k.pem");
  REQUIRE(parse_mysql_url("mysql://a:1/d/w?user=x&tls=on"));
  CHECK(parse_mysql_url("mysql://a:1/d/w?user=x&tls=on")->tls);
}

TEST_CASE("an address of a database that cannot be meant is refused with the part that is wrong") {
  CHECK(refused("mysql:a:1/d/w").find("mysql://") != std::string::npos);
  CHECK(refused("mysql://a:1").find("no database and workspace") != std::string::npos);
  CHECK(refused("mysql://a:1/d").find("a database and a workspace") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w/x").find("a database and a workspace") != std::string::npos);
  CHECK(refused("mysql://a:1/d/").find("not a workspace") != std::string::npos);
  CHECK(refused("mysql://a:1/`d`/w").find("not a database") != std::string::npos);
  CHECK(refused("mysql://a:1/d/it's").find("not a workspace") != std::string::npos);
  CHECK(refused("mysql:///d/w").find("HOST:PORT") != std::string::npos);
  CHECK(refused("mysql://a:0/d/w").find("'a:0'") != std::string::npos);
  CHECK(refused("mysql://a:1,,b:2/d/w").find("''") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w?colour=red").find("colour") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w?password-file=x").find("user") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w?cert=x").find("go together") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w?tls=maybe").find("tls") != std::string::npos);
  CHECK(refused("mysql://a:1/d/w?tls").find("no value") != std::string::npos);
}

TEST_CASE("G10: a password in an address of a database is refused, and not said again") {
  CHECK(refused("mysql://a:1/d/w?password=hunter2").find("password-file") != std::string::npos);
  CHECK(refused("mysql://mill:hunter2@a:1/d/w").find("mysql://***@a:1/d/w") != std::string::npos);
  for (const char* url :
       {"mysql://mill:hunter2@a:1/d/w", "mysql://mill:hun/hunter2@a:1/d/w",
        "mysql://a:1/d/w?password=hunter2", "mysql://a:1/d/w?passwd=hunter2&ca=/x",
        "mysql://a:1/d/w?user=x&token=hunter2", "mysql://mill:hunter2@a:1/d/w?password=hunter2"})
    CHECK(refused(url).find("hunter2") == std::string::npos);
  CHECK(refused("mysql://a:1/d/w?cert=/a@b.pem").find("/a@b.pem") != std::string::npos);
}

}  // namespace millrace::journal
