// Certificates of a private authority, made and read.
#include "tls/authority.hpp"

#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "tls/describe.hpp"

namespace millrace::tls {
namespace {

TEST_CASE("a certificate says for whom it is, until when and who signed it") {
  const test::Authority authority("our own");
  Order order = authority.order("schema");
  order.ips.emplace_back("::1");
  const auto all = describe(authority.issue(order).certificate);
  REQUIRE(all);
  REQUIRE(all->size() == 1);
  const Certificate& made = all->front();
  CHECK(made.name == "schema");
  CHECK(made.issuer == "our own");
  CHECK(made.dns == std::vector<std::string>{"localhost", "schema"});
  CHECK(made.ips == std::vector<std::string>{"127.0.0.1", "::1"});
  CHECK(made.uris == std::vector<std::string>{"spiffe://millrace/schema"});
  CHECK(made.names() ==
        std::vector<std::string>{"spiffe://millrace/schema", "localhost", "schema", "schema"});
  CHECK(made.valid_from_s == order.valid_from_s);
  CHECK(made.valid_until_s == order.valid_until_s);
  CHECK_FALSE(made.authority);
  CHECK(made.key == "EC");
  CHECK(made.fingerprint.size() == 64);
}

TEST_CASE("an authority may sign others, and no two certificates are the same") {
  const test::Authority authority;
  const auto described = describe(authority.certificate());
  REQUIRE(described);
  CHECK(described->front().authority);
  const auto one = describe(authority.issue(authority.order("a")).certificate);
  const auto two = describe(authority.issue(authority.order("a")).certificate);
  CHECK(one->front().fingerprint != two->front().fingerprint);
}

TEST_CASE("a name that cannot stand in a certificate is refused") {
  const test::Authority authority;
  const Issued none;
  Order order = authority.order("x");
  order.ips = {"300.1.1.1"};
  const auto made = make_authority(authority.order("y"));
  REQUIRE(made);
  CHECK(issue(*made, order).error().message == "'300.1.1.1' is no IP address");
  order = authority.order("x");
  order.dns = {"two words"};
  CHECK(issue(*made, order).error().message.starts_with("'two words' cannot stand"));
  order = authority.order("x");
  order.name = std::string(65, 'n');
  CHECK(issue(*made, order).error().message.find("1 to 64") != std::string::npos);
  CHECK(issue(none, authority.order("x")).error().message.find("no key") != std::string::npos);
}

TEST_CASE("text without a certificate is told from one with") {
  CHECK(describe("hello").error().message.find("holds no certificate") != std::string::npos);
  CHECK(describe("").error().message.find("holds no certificate") != std::string::npos);
}

TEST_CASE("what libraries say about a handshake is put into words") {
  CHECK(explain("Ssl handshake failed: SSL_ERROR_SSL: error:0A00010B:SSL routines::wrong version "
                "number") == "the other side does not speak TLS: its port is in clear");
  CHECK(explain("error:1416F086:certificate verify failed").find("not believed") !=
        std::string::npos);
  CHECK(explain("connection refused").empty());
}

}  // namespace
}  // namespace millrace::tls
