// What a bad client can do to a gRPC port: octets over a real socket.
#include <atomic>
#include <fstream>
#include <memory>
#include <vector>

#include "grpc_guard.hpp"
#include "raw_client.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/log.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/http2_frames.hpp"

namespace millrace::statekit {
namespace {

using httpkit::RawClient;
using test::end_headers;
using test::frame;
using test::Http2;

std::unique_ptr<GrpcServer> server_with(const GrpcGuardLimits& limits) {
  set_up_logging({LogLevel::off, LogFormat::text});
  GrpcServerOptions options;
  options.guard = limits;
  auto server = GrpcServer::start(options, {});
  REQUIRE(server);
  return std::move(*server);
}

// How many connections the guard ends while this lives.
class Ended {
 public:
  bool any() const {
    return test::eventually([this] { return guard_counts().ended > before_; });
  }

 private:
  std::uint64_t before_ = guard_counts().ended;
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * 4096;
}

std::string check_call(std::uint32_t stream) {
  return frame(Http2::headers, end_headers, stream,
               test::request_headers("/grpc.health.v1.Health/Watch"));
}

TEST_CASE("headers without end cost their connection, and no memory (G8, G11)") {
  const Ended ended;
  const auto server = server_with({});
  RawClient client(server->address());
  client.send(test::opening() +
              frame(Http2::headers, 0, 1, test::request_headers("/grpc.health.v1.Health/Check")));
  const std::size_t before = resident_bytes();
  std::string block;
  while (block.size() < (1 << 20))
    block += frame(Http2::continuation, 0, 1, std::string(200, '\xbe'));
  for (int megabytes = 0; megabytes < 64; ++megabytes) client.send(block);
  client.read_to_end();
  CHECK(client.closed());
  CHECK(ended.any());
  CHECK(resident_bytes() < before + (32 << 20));
}

TEST_CASE("calls that are opened and given up without end cost their connection (G8, G11)") {
  GrpcGuardLimits limits;
  limits.connection.resets_burst_max = 100;
  limits.connection.resets_per_second_max = 1;
  const Ended ended;
  const auto server = server_with(limits);
  RawClient client(server->address());
  std::string octets = test::opening();
  for (std::uint32_t stream = 1; stream < 2'000; stream += 2)
    octets += check_call(stream) + frame(Http2::rst_stream, 0, stream, std::string(4, '\0'));
  client.send(octets);
  CHECK(ended.any());
}

TEST_CASE("settings without end cost their connection (G8, G11)") {
  GrpcGuardLimits limits;
  limits.connection.idle_frames_burst_max = 100;
  limits.connection.idle_frames_per_second_max = 1;
  const Ended ended;
  const auto server = server_with(limits);
  RawClient client(server->address());
  std::string octets = test::opening();
  for (int i = 0; i < 1'000; ++i) octets += frame(Http2::settings, 0, 0, "");
  client.send(octets);
  CHECK(ended.any());
}

TEST_CASE("one connection more than connections_max is closed, and room is made again (G8)") {
  REQUIRE(test::eventually([] { return guard_counts().open == 0; }));
  GrpcGuardLimits limits;
  limits.connections_max = 2;
  const auto server = server_with(limits);
  const std::string settings("\x00\x00", 2);  // how the first frame of the server begins
  auto first = std::make_unique<RawClient>(server->address());
  RawClient second(server->address());
  CHECK_FALSE(first->read_until(settings).empty());
  CHECK_FALSE(second.read_until(settings).empty());
  CHECK(RawClient(server->address()).read_to_end().empty());
  first.reset();
  CHECK(
      test::eventually([&] { return !RawClient(server->address()).read_until(settings).empty(); }));
}

const std::string settings_begin("\x00\x00", 2);  // how the first frame of the server begins

bool is_let_in(RawClient& client) { return !client.read_until(settings_begin).empty(); }

struct Counted {
  std::atomic<int> all = 0;
  std::atomic<int> client = 0;
  TurnedAway tell() {
    return [this](Crowd crowd) { ++(crowd == Crowd::all ? all : client); };
  }
};

TEST_CASE("one address has no more connections than it may, and others come in meanwhile (G8)") {
  REQUIRE(test::eventually([] { return guard_counts().open == 0; }));
  Counted counted;
  GrpcGuardLimits limits;
  limits.connections_max = 10;
  limits.connections_per_client_max = 2;
  limits.turned_away = counted.tell();
  const auto server = server_with(limits);
  const std::string& at = server->address();
  auto first = std::make_unique<RawClient>(at, 0, "127.0.0.2");
  RawClient second(at, 0, "127.0.0.2");
  CHECK(is_let_in(*first));
  CHECK(is_let_in(second));
  CHECK(RawClient(at, 0, "127.0.0.2").read_to_end().empty());
  RawClient other(at, 0, "127.0.0.3");
  CHECK(is_let_in(other));
  CHECK(counted.client == 1);
  CHECK(counted.all == 0);
  first.reset();
  CHECK(test::eventually([&] {
    RawClient again(at, 0, "127.0.0.2");
    return is_let_in(again);
  }));
}

TEST_CASE("a limit for one address holds on its port, and no other port of the process (G8)") {
  REQUIRE(test::eventually([] { return guard_counts().open == 0; }));
  GrpcGuardLimits limits;
  const auto free = server_with(limits);
  limits.connections_per_client_max = 1;
  const auto held = server_with(limits);
  RawClient first(held->address());
  CHECK(is_let_in(first));
  CHECK(RawClient(held->address()).read_to_end().empty());
  RawClient elsewhere(free->address());
  RawClient once_more(free->address());
  CHECK(is_let_in(elsewhere));
  CHECK(is_let_in(once_more));
}

TEST_CASE("this machine itself may have all connections where nobody set a limit (G8)") {
  REQUIRE(test::eventually([] { return guard_counts().open == 0; }));
  Counted counted;
  GrpcGuardLimits limits;
  limits.connections_max = 4;
  limits.turned_away = counted.tell();
  const auto server = server_with(limits);
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 4; ++i) {
    all.push_back(std::make_unique<RawClient>(server->address()));
    CHECK(is_let_in(*all.back()));
  }
  CHECK(RawClient(server->address()).read_to_end().empty());
  CHECK(counted.all == 1);
  CHECK(counted.client == 0);
}

}  // namespace
}  // namespace millrace::statekit
