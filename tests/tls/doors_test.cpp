// Which listeners may be opened, and with what.
#include "tls/doors.hpp"

#include "support/catch.hpp"
#include "support/certificates.hpp"

namespace millrace::tls {
namespace {

TEST_CASE("loopback may be in clear, and any other address is refused with what to do") {
  const Doors open;
  for (const char* fine :
       {"127.0.0.1:8892", "127.9.9.9:1", "localhost:0", "[::1]:8892", "unix:/run/x", ""})
    CHECK(open.may_listen(fine, "schema.listen"));
  for (const char* wide : {"0.0.0.0:8892", "[::]:8892", "10.0.0.1:1", "schema:8892",
                           "127.0.0.1.example:8892", "localhost.example:8892"}) {
    const auto refused = open.may_listen(wide, "schema.listen");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.starts_with(std::string("schema.listen = ") + wide));
    CHECK(refused.error().message.find("tls.certificate") != std::string::npos);
    CHECK(refused.error().message.find("insecure = true") != std::string::npos);
  }
}

TEST_CASE("what gRPC dials is of this machine however it is written") {
  for (const char* here :
       {"127.0.0.1:1", "127.0.0.1", "localhost", "LocalHost:1", "dns:localhost:1",
        "dns:///localhost:1", "dns://8.8.8.8/127.0.0.1:1", "ipv4:127.0.0.1:1", "ipv6:[::1]:1",
        "[::1]", "unix:/run/x", "unix-abstract:x"})
    CHECK(leads_to_loopback(here));
  for (const char* away :
       {"", "dns:", "dns://x", "dns:///10.0.0.1:1", "dns://localhost/schema:1", "ipv4:10.0.0.1:1",
        "ipv4:127.0.0.1:1,10.0.0.1:1", "localhost.example:1", "127.0.0.1.example", "[::]:1"})
    CHECK_FALSE(leads_to_loopback(away));
}

TEST_CASE("with TLS, or where it is said to be insecure, any address will do") {
  Doors doors;
  doors.insecure = true;
  CHECK(doors.may_listen("0.0.0.0:1", "x"));
  const test::TempDir folder;
  const Doors closed = test::doors_of(test::Authority().write(folder, "schema"));
  CHECK(closed.closed());
  CHECK(closed.may_listen("0.0.0.0:1", "x"));
}

TEST_CASE("beyond loopback callers are asked who they are, but for ports that are for everybody") {
  const test::TempDir folder;
  Doors closed = test::doors_of(test::Authority().write(folder, "schema"));
  closed.asks = false;
  const auto refused = closed.may_listen("0.0.0.0:1", "schema.listen");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "schema.listen = 0.0.0.0:1 can be reached from other machines, and nobody is asked who "
        "they are: set auth.mode = \"required\" (docs/access.md), or listen on 127.0.0.1, or say "
        "insecure = true where the network itself is closed");
  CHECK(closed.may_listen("0.0.0.0:1", "ingress.http_listen", Guests::everybody));
  CHECK(closed.may_listen("127.0.0.1:1", "schema.listen"));
  closed.insecure = true;
  CHECK(closed.may_listen("0.0.0.0:1", "schema.listen"));

  Doors open;
  open.asks = false;
  const auto both = open.may_listen("0.0.0.0:1", "schema.listen");
  REQUIRE_FALSE(both);
  CHECK(both.error().message.find("tls.certificate") != std::string::npos);
  CHECK(both.error().message.find("auth.mode") != std::string::npos);
  const auto clear = open.may_listen("0.0.0.0:1", "ingress.http_listen", Guests::everybody);
  REQUIRE_FALSE(clear);
  CHECK(clear.error().message.find("auth.mode") == std::string::npos);
}

TEST_CASE("an authority alone closes no listener") {
  const test::TempDir folder;
  test::put_text(folder / "ca.pem", test::Authority().certificate());
  const Doors client = test::doors_of({"", "", folder / "ca.pem"});
  CHECK_FALSE(client.closed());
  CHECK_FALSE(client.may_listen("0.0.0.0:1", "x"));
}

TEST_CASE("clients cannot be asked for certificates that nobody is believed for") {
  const test::TempDir folder;
  Files files = test::Authority().write(folder, "schema");
  files.ca.clear();
  const auto refused = open_doors(files, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("tls.client is require and tls.ca is not set") !=
        std::string::npos);
  Doors none;
  none.grpc_clients = Clients::none;
  CHECK(open_doors(files, none));
}

}  // namespace
}  // namespace millrace::tls
