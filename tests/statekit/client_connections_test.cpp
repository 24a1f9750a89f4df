// How much of a port one address may take.
#include "statekit/client_connections.hpp"

#include "support/catch.hpp"

namespace millrace::statekit {
namespace {

TEST_CASE("of IPv6 a client is the first 64 bits, of IPv4 the whole address") {
  CHECK(client_of("10.0.0.1") == "10.0.0.1");
  CHECK(client_of("::ffff:10.0.0.1") == "10.0.0.1");
  CHECK(client_of("2001:db8:0:1:2:3:4:5") == "2001:db8:0:1::/64");
  CHECK(client_of("2001:db8:0:1::ffff") == client_of("2001:db8:0:1:2:3:4:5"));
  CHECK(client_of("2001:db8:0:2::1") != client_of("2001:db8:0:1::1"));
  CHECK(client_of("fe80::1%eth0") == "fe80::/64");
  CHECK(client_of("::1") == "::1");
  CHECK(client_of("").empty());
  CHECK(client_of("no address") == "no address");
}

TEST_CASE("one address leaves a quarter of the connections to others (G8)") {
  for (const char* client : {"10.0.0.1", "2001:db8::/64", "::/64", "128.0.0.1"}) {
    CHECK(connections_of_client(0, 10'000, client) == 7'500);
    CHECK(connections_of_client(0, 64, client) == 48);
    CHECK(connections_of_client(0, 1, client) == 1);
  }
}

TEST_CASE("this machine itself may have all, since a proxy here brings everybody") {
  for (const char* client : {"127.0.0.1", "127.9.8.7", "::1", ""})
    CHECK(connections_of_client(0, 10'000, client) == 10'000);
}

TEST_CASE("a limit that was set holds for every address, also this machine's") {
  CHECK(connections_of_client(5, 10'000, "10.0.0.1") == 5);
  CHECK(connections_of_client(5, 10'000, "127.0.0.1") == 5);
  CHECK(connections_of_client(20'000, 10'000, "10.0.0.1") == 20'000);
}

TEST_CASE("what is open is counted by client, and what is closed is forgotten") {
  ClientConnections all;
  CHECK(all.opened("a", 2));
  CHECK(all.opened("a", 2));
  CHECK_FALSE(all.opened("a", 2));
  CHECK(all.of("a") == 2);
  CHECK(all.opened("b", 2));
  all.closed("a");
  CHECK(all.opened("a", 2));
  all.closed("a");
  all.closed("a");
  all.closed("b");
  CHECK(all.clients() == 0);
  all.closed("never seen");
  CHECK(all.of("never seen") == 0);
  CHECK_FALSE(all.opened("a", 0));
  CHECK(all.clients() == 0);
}

}  // namespace
}  // namespace millrace::statekit
