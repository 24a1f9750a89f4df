// How many connections a server takes, of all and of one address: 127.0.0.2 and 127.0.0.3 are
// addresses of this machine, from which clients come as from two others.
#include <atomic>
#include <memory>
#include <vector>

#include "httpkit/server.hpp"
#include "raw_client.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"

namespace millrace::httpkit {
namespace {

struct Fixture {
  explicit Fixture(Limits limits) {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.limits = limits;
    options.turned_away = [this](statekit::Crowd crowd) {
      ++(crowd == statekit::Crowd::all ? turned_away_by_all : turned_away_by_client);
    };
    auto started = serve(std::move(options), [](const Request&, const std::shared_ptr<Reply>& to) {
      to->send({200, {}, "ok"});
    });
    REQUIRE(started);
    server = std::move(*started);
  }

  std::unique_ptr<RawClient> from(const std::string& address) const {
    return std::make_unique<RawClient>(server->address(), 0, address);
  }

  std::atomic<int> turned_away_by_all = 0;
  std::atomic<int> turned_away_by_client = 0;
  std::unique_ptr<Server> server;
};

int status(RawClient& client) {
  client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  return status_of(client.read_answer());
}

TEST_CASE("G8: one address over its limit is 429, and others come in meanwhile") {
  Limits limits;
  limits.connections_per_client_max = 2;
  Fixture f(limits);
  auto first = f.from("127.0.0.2");
  const auto second = f.from("127.0.0.2");
  CHECK(status(*first) == 200);
  CHECK(status(*second) == 200);
  const std::string answer = f.from("127.0.0.2")->read_to_end();
  CHECK(status_of(answer) == 429);
  CHECK(header_of(answer, "retry-after") == "1");
  CHECK(answer.find("too many connections from your address") != std::string::npos);
  CHECK(f.turned_away_by_client == 1);
  CHECK(f.turned_away_by_all == 0);
  CHECK(status(*f.from("127.0.0.3")) == 200);
  first.reset();
  CHECK(test::eventually([&] { return status(*f.from("127.0.0.2")) == 200; }));
}

TEST_CASE("G8: this machine itself may have all connections where nobody set a limit") {
  Limits limits;
  limits.connections_max = 4;
  Fixture f(limits);
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(f.from("127.0.0.2"));
    CHECK(status(*all.back()) == 200);
  }
  CHECK(status_of(f.from("127.0.0.3")->read_to_end()) == 503);
  CHECK(f.turned_away_by_all == 1);
  CHECK(f.turned_away_by_client == 0);
}

}  // namespace
}  // namespace millrace::httpkit
