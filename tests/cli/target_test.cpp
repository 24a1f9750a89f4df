// What is said of an address against what gRPC makes of it: a deployment that works with an odd one
// goes on working.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "settings/target.hpp"
#include "statekit/io/channel.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"

using namespace millrace;
using settings::Reach;
using settings::reach_of;

namespace {

// A server that answers nothing, on a port and on a socket.
struct Listening {
  grpc::CallbackGenericService nothing;
  test::TempDir folder;
  int port = 0;
  std::unique_ptr<grpc::Server> server;

  Listening() {
    grpc::ServerBuilder builder;
    builder.RegisterCallbackGenericService(&nothing);
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.AddListeningPort("unix:" + socket(), grpc::InsecureServerCredentials());
    server = builder.BuildAndStart();
    REQUIRE(server != nullptr);
  }
  std::string socket() const { return folder / "socket"; }
  // With the port for each P, and the socket for each ~.
  std::string target(std::string text) const {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == 'P') text.replace(at, 1, std::to_string(port));
      if (text[at] == '~') text.replace(at, 1, socket());
    }
    return text;
  }
};

bool connects(const std::string& target) {
  const auto channel = statekit::connect(target).grpc();
  const auto until = std::chrono::system_clock::now() + std::chrono::seconds(10);
  for (auto state = channel->GetState(true);; state = channel->GetState(true)) {
    if (state == GRPC_CHANNEL_READY) return true;
    if (state == GRPC_CHANNEL_TRANSIENT_FAILURE || state == GRPC_CHANNEL_SHUTDOWN) return false;
    if (!channel->WaitForStateChange(state, until)) return false;
  }
}

}  // namespace

TEST_CASE("an address that gRPC connects to is never refused, however odd it is") {
  const Listening listening;
  for (const char* text : {"localhost:P",
                           "127.0.0.1:P",
                           "dns:localhost:P",
                           "dns:/localhost:P",
                           "dns:///localhost:P",
                           "ipv4:127.0.0.1:P",
                           "ipv4:///127.0.0.1:P",
                           "ipv4:127.0.0.1:P,127.0.0.1:P",
                           "unix:~",
                           "unix://~",
                           "0.0.0.0:P",
                           "127.0.0.1:0P",
                           "localhost:P ",
                           "localhost:P/",
                           "127.0.0.1:P/foo",
                           "localhost:P?x=1",
                           "127.0.0.1:P#f",
                           "localhost:+P",
                           "localhost:Px",
                           "%6cocalhost:P"}) {
    const std::string target = listening.target(text);
    CAPTURE(target);
    REQUIRE(connects(target));
    CHECK(reach_of(target) != Reach::never);
  }
}

TEST_CASE("an address that is refused is none that gRPC connects to") {
  const Listening listening;
  for (const char* text : {"http://127.0.0.1:P",
                           "grpc://localhost:P",
                           "tcp://localhost:P",
                           "mysql://localhost:P",
                           " localhost:P",
                           "local host:P",
                           "a\tb:P",
                           "\"localhost:P\"",
                           "<localhost:P>",
                           "{localhost:P}",
                           "lo^calhost:P",
                           "lo|calhost:P",
                           "lo\\calhost:P",
                           "\xC3\xA9:P",
                           ":P",
                           "localhost:0",
                           "127.0.0.1:00",
                           "http:localhost:P",
                           "x:y:z",
                           "DNS:localhost:P",
                           "/localhost:P",
                           "//localhost:P",
                           "unix:",
                           "dns:",
                           "ipv4:127.0.0.1",
                           "ipv6:[::1]",
                           ""}) {
    const std::string target = listening.target(text);
    CAPTURE(target);
    CHECK(reach_of(target) == Reach::never);
    CHECK_FALSE(connects(target));
  }
}

TEST_CASE("a usual address gets no hint, a host without a port does") {
  for (const char* text : {"schema:8892", "10.0.0.1:1", "[::1]:8892", "dns:///schema:8892",
                           "unix:/run/schema.sock", "ipv6:[::1]:1", "ipv4:1.2.3.4:1,5.6.7.8:1"}) {
    CAPTURE(text);
    CHECK(reach_of(text) == Reach::likely);
  }
  for (const char* text : {"schema", "localhost:", "localhost:https", "::1", "[::1]"}) {
    CAPTURE(text);
    CHECK(reach_of(text) == Reach::odd);
  }
}
