// How the etcd driver is told where its journal is.
#include "journal/etcd.hpp"
#include "support/catch.hpp"

namespace millrace::journal {
namespace {

std::string refused(const std::string& url) {
  const auto address = parse_etcd_url(url);
  REQUIRE_FALSE(address);
  CHECK(address.error().code == statekit::Code::invalid_argument);
  return address.error().message;
}

}  // namespace

TEST_CASE("an address of etcd names endpoints and a workspace") {
  const auto one = parse_etcd_url("etcd://127.0.0.1:2379/prod");
  REQUIRE(one);
  CHECK(one->endpoints == std::vector<std::string>{"127.0.0.1:2379"});
  CHECK(one->workspace == "prod");
  CHECK_FALSE(one->tls);
  CHECK(one->quota_bytes == 2'147'483'648);
  const auto three = parse_etcd_url("etcd://a:1,b:2,[::1]:3/w");
  REQUIRE(three);
  CHECK(three->endpoints == std::vector<std::string>{"a:1", "b:2", "[::1]:3"});
}

TEST_CASE("an address of etcd may say who asks and by which certificates") {
  const auto all = parse_etcd_url(
      "etcd://a:1/w?user=mill&password-file=/run/secret&ca=/ca.pem&cert=/c.pem&key=/k.pem"
      "&quota=8589934592");
  REQUIRE(all);
  CHECK(all->user == "mill");
  CHECK(all->password_file == "/run/secret");
  CHECK(all->tls);
  CHECK(all->ca_file == "/ca.pem");
  CHECK(all->cert_file == "/c.pem");
  CHECK(all->key_file == "/k.pem");
  CHECK(all->quota_bytes == 8'589'934'592);
  REQUIRE(parse_etcd_url("etcd://a:1/w?tls=on"));
  CHECK(parse_etcd_url("etcd://a:1/w?tls=on")->tls);
}

TEST_CASE("an address of etcd that cannot be meant is refused with the part that is wrong") {
  CHECK(refused("etcd:a:1/w").find("etcd://") != std::string::npos);
  CHECK(refused("etcd://a:1").find("workspace") != std::string::npos);
  CHECK(refused("etcd://a:1/").find("workspace") != std::string::npos);
  CHECK(refused("etcd://a:1/a/b").find("'a/b'") != std::string::npos);
  CHECK(refused("etcd:///w").find("HOST:PORT") != std::string::npos);
  CHECK(refused("etcd://a/w").find("'a'") != std::string::npos);
  CHECK(refused("etcd://a:0/w").find("'a:0'") != std::string::npos);
  CHECK(refused("etcd://a:65536/w").find("'a:65536'") != std::string::npos);
  CHECK(refused("etcd://a:1,,b:2/w").find("''") != std::string::npos);
  CHECK(refused("etcd://a:1/w?colour=red").find("colour") != std::string::npos);
  CHECK(refused("etcd://a:1/w?user=x").find("go together") != std::string::npos);
  CHECK(refused("etcd://a:1/w?cert=x").find("go together") != std::string::npos);
  CHECK(refused("etcd://a:1/w?tls=maybe").find("tls") != std::string::npos);
  CHECK(refused("etcd://a:1/w?quota=lots").find("quota") != std::string::npos);
  CHECK(refused("etcd://a:1/w?quota").find("no value") != std::string::npos);
}

TEST_CASE("G10: a password in an address of etcd is refused, and not said again") {
  CHECK(refused("etcd://a:1/w?password=hunter2").find("password-file") != std::string::npos);
  CHECK(refused("etcd://mill:hunter2@a:1/w").find("etcd://***@a:1/w") != std::string::npos);
  for (const char* url : {"etcd://mill:hunter2@a:1/w", "etcd://a:1/w?password=hunter2"})
    CHECK(refused(url).find("hunter2") == std::string::npos);
}

}  // namespace millrace::journal
