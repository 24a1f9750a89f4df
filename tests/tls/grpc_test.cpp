// gRPC ports and channels over TLS: who is let in, who is not and what each side is told.
#include <future>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include "grpc_guard.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/log.hpp"
#include "support/catch.hpp"
#include "support/certificates.hpp"
#include "support/eventually.hpp"
#include "support/http2_frames.hpp"
#include "tls/describe.hpp"
#include "tls_peer.hpp"

namespace millrace::statekit {
namespace {

using test::Authority;
using test::frame;
using test::Http2;
using test::TempDir;
using test::TlsPeer;

std::unique_ptr<GrpcServer> serve(const tls::Doors& doors, const Health* health = nullptr) {
  set_up_logging({LogLevel::off, LogFormat::text});
  GrpcServerOptions options;
  options.doors = doors;
  options.stop_ms_max = 100;
  auto server = GrpcServer::start(options, {}, health);
  INFO((server ? std::string() : server.error().message));
  REQUIRE(server);
  return std::move(*server);
}

Channel channel_to(const GrpcServer& server, const tls::Doors& doors) {
  ChannelOptions options;
  options.credentials = doors.credentials;
  options.connect_ms_max = 60'000;
  return connect("127.0.0.1:" + std::to_string(server.port()), options);
}

grpc::ByteBuffer nothing() {
  const grpc::Slice empty("", 0);
  return {&empty, 1};
}

// One health check, and what came of it.
grpc::Status check(const Channel& channel) {
  grpc::GenericStub stub(channel.grpc());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const grpc::ByteBuffer request = nothing();
  grpc::ByteBuffer response;
  std::promise<grpc::Status> answered;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", {}, &request, &response,
                 [&](grpc::Status status) { answered.set_value(std::move(status)); });
  return answered.get_future().get();
}

// Watches the health of a server: a stream that stays open.
class Watching {
 public:
  explicit Watching(const Channel& channel) : stub_(channel.grpc()) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
    call_ = stub_.PrepareCall(&context_, "/grpc.health.v1.Health/Watch", &queue_);
    call_->StartCall(this);
    REQUIRE(next());
    call_->Write(nothing(), this);
    REQUIRE(next());
  }
  ~Watching() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }
  bool read() {
    call_->Read(&message_, this);
    return next();
  }

 private:
  bool next() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }
  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  grpc::ByteBuffer message_;
};

TEST_CASE("two services with certificates of one authority talk to each other (G8)") {
  const TempDir folder;
  const Authority authority;
  const auto server = serve(test::doors_of(authority.write(folder, "schema")));
  const auto status =
      check(channel_to(*server, test::doors_of(authority.write(folder, "routing"))));
  INFO(status.error_message());
  CHECK(status.ok());
}

TEST_CASE("a client without a certificate, or with one of another authority, is not let in (G8)") {
  const TempDir folder;
  const TempDir elsewhere;
  const Authority authority;
  const auto server = serve(test::doors_of(authority.write(folder, "schema")));
  CHECK_FALSE(check(channel_to(*server, test::doors_of({"", "", folder / "ca.pem"}))).ok());

  tls::Files stranger = Authority("another").write(elsewhere, "routing");
  stranger.ca = folder / "ca.pem";
  CHECK_FALSE(check(channel_to(*server, test::doors_of(stranger))).ok());
}

TEST_CASE("where certificates are asked for and not required, a client without one is let in") {
  const TempDir folder;
  const Authority authority;
  tls::Doors wanted;
  wanted.grpc_clients = tls::Clients::request;
  const auto server = serve(test::doors_of(authority.write(folder, "schema"), wanted));
  CHECK(check(channel_to(*server, test::doors_of({"", "", folder / "ca.pem"}))).ok());
}

TEST_CASE("a client does not talk to a server of another authority") {
  const TempDir folder;
  const TempDir elsewhere;
  const auto server = serve(test::doors_of(Authority("another").write(elsewhere, "schema")));
  const auto status =
      check(channel_to(*server, test::doors_of(Authority().write(folder, "routing"))));
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(tls::explain(status.error_message()).find("not believed") != std::string::npos);
}

TEST_CASE("a client does not talk to a server whose certificate is for another host") {
  const TempDir folder;
  const Authority authority;
  tls::Order order = authority.order("schema");
  order.ips = {"10.1.2.3"};
  order.dns = {"schema.example"};
  const auto server = serve(test::doors_of(authority.write(folder, "schema", order)));
  const auto status =
      check(channel_to(*server, test::doors_of(authority.write(folder, "routing"))));
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(tls::explain(status.error_message()).find("other hosts") != std::string::npos);
}

TEST_CASE("who speaks TLS to a port in clear is told so") {
  const TempDir folder;
  const auto server = serve({});
  const auto status =
      check(channel_to(*server, test::doors_of(Authority().write(folder, "routing"))));
  CHECK(status.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(tls::explain(status.error_message()).find("in clear") != std::string::npos);
}

TEST_CASE("who speaks in clear to a port of TLS is not let in") {
  const TempDir folder;
  const auto server = serve(test::doors_of(Authority().write(folder, "schema")));
  CHECK(check(channel_to(*server, {})).error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("TLS older than 1.2 is refused") {
  // The peer's own least version is 1.2, so the server's is asked by a hello of 1.1.
  const TempDir folder;
  const Authority authority;
  const auto server = serve(test::doors_of(authority.write(folder, "schema")));
  CHECK_FALSE(TlsPeer(server->address(), authority.material(authority.order("x")), "h2",
                      TlsPeer::Version::tls_1_1)
                  .open());
}

TEST_CASE("a stream outlives a change of certificates, and who comes later sees the new one") {
  const TempDir folder;
  const Authority authority;
  const tls::Doors doors = test::doors_of(authority.write(folder, "schema"));
  Health health;
  const auto server = serve(doors, &health);
  const tls::Material me = authority.material(authority.order("x"));
  const std::string before = TlsPeer(server->address(), me).shown();
  const auto channel = channel_to(*server, test::doors_of(authority.write(folder, "routing")));
  Watching stream(channel);
  REQUIRE(stream.read());

  authority.write(folder, "schema");
  REQUIRE(*doors.credentials->reload());
  const std::string after = TlsPeer(server->address(), me).shown();
  CHECK_FALSE(after.empty());
  CHECK(before != after);

  health.set("part", false, "so that the stream has something to tell");
  CHECK(stream.read());
}

TEST_CASE("headers without end cost their connection over TLS as well (G8, G11)") {
  const TempDir folder;
  const Authority authority;
  const std::uint64_t before = guard_counts().ended;
  const auto server = serve(test::doors_of(authority.write(folder, "schema")));
  TlsPeer client(server->address(), authority.material(authority.order("x")));
  REQUIRE(client.open());
  client.send(test::opening() +
              frame(Http2::headers, 0, 1, test::request_headers("/grpc.health.v1.Health/Check")));
  std::string block;
  while (block.size() < (1 << 18))
    block += frame(Http2::continuation, 0, 1, std::string(200, '\xbe'));
  for (int i = 0; i < 64 && client.send(block); ++i) {
  }
  client.read_until("");
  CHECK(client.closed());
  CHECK(test::eventually([&] { return guard_counts().ended > before; }));
}

TEST_CASE("a port that can be reached from elsewhere is not opened in clear") {
  GrpcServerOptions options;
  options.listen = "0.0.0.0:0";
  options.setting = "schema.listen";
  const auto refused = GrpcServer::start(options, {});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::failed_precondition);
  CHECK(refused.error().message.find("insecure = true") != std::string::npos);
}

}  // namespace
}  // namespace millrace::statekit
