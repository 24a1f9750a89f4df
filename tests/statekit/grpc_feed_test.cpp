// The feed over real gRPC, in the process and over a socket.
#include <grpcpp/grpcpp.h>

#include "feed_wire.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/follower.hpp"
#include "statekit/io/grpc_feed.hpp"
#include "statekit/io/grpc_feed_server.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/log.hpp"
#include "statekit/machine.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/ports.hpp"
#include "support/temp_dir.hpp"
#include "support/toy_machine.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace {
namespace {

using namespace statekit;
using ToyFollower = Follower<test::ToyState, test::ToyCodec>;

class FeedService final : public v2alpha1::SchemaService::CallbackService {
 public:
  explicit FeedService(GrpcFeed& feed) : feed_(feed) {}
  grpc::ServerBidiReactor<v2alpha1::SubscribeRequest, v2alpha1::SubscribeResponse>* Subscribe(
      grpc::CallbackServerContext* context) override {
    return feed_.subscribe(context);
  }

 private:
  GrpcFeed& feed_;
};

// A schema replica as small as can be: machine, hub, feed and server.
struct Server {
  explicit Server(std::shared_ptr<journal::MemoryStore> store, std::string listen = "127.0.0.1:0")
      : journal(journal::make_memory_journal(std::move(store))) {
    set_up_logging({LogLevel::off, LogFormat::text});
    REQUIRE(machine.start({test::incarnation_a, true}));
    auto started = GrpcServer::start({std::move(listen), "", 16 << 20, 1'000, 2'000}, {&service});
    REQUIRE(started);
    server = std::move(*started);
  }
  ~Server() {
    feed.stop();
    server->stop();
    machine.stop();
  }
  Revision add(std::int64_t amount) {
    const auto answer = machine.call({"a", amount, 1}, {}, 20'000);
    REQUIRE(answer);
    return answer->revision;
  }

  SystemClock clock;
  std::unique_ptr<Journal> journal;
  Broadcast broadcast;
  Machine<test::ToyModel> machine{*journal, broadcast, clock};
  FeedHub hub{broadcast, *journal, [this] { return machine.snapshot_parts(); }};
  GrpcFeed feed{hub, clock};
  FeedService service{feed};
  std::unique_ptr<GrpcServer> server;
};

TEST_CASE("a follower in the same process gets a snapshot, then each commit, and acknowledges") {
  Server server(journal::make_memory_store());
  server.add(5);
  ToyFollower follower({{"toy", "f1", 1}, "", {}},
                       make_grpc_feed_transport({server.server->in_process_channel()}),
                       server.clock);
  follower.start();
  CHECK(follower.projection().wait_for(1, 60'000));
  const Revision second = server.add(6);
  CHECK(follower.projection().wait_for(second, 60'000));
  CHECK(follower.read()->value("a") == 11);
  CHECK(test::eventually([&] { return follower.status().phase == FollowerPhase::live; }));
  // The position is said just after the state that it belongs to.
  CHECK(test::eventually([&] { return follower.position() == server.machine.position(); }));
  CHECK(test::eventually([&] {
    const auto followers = server.hub.followers(server.clock.mono_ms());
    return followers.size() == 1 && followers[0].live && followers[0].revision == second;
  }));
  follower.stop();
  CHECK(
      test::eventually([&] { return !server.hub.followers(server.clock.mono_ms())[0].connected; }));
}

TEST_CASE("a follower over a socket resumes when its server comes back") {
  auto store = journal::make_memory_store();
  // One that nobody takes while the server is away.
  const std::string address = "127.0.0.1:" + std::to_string(test::unused_port());
  auto server = std::make_unique<Server>(store, address);
  server->add(1);
  SystemClock clock;
  FollowerOptions options{{"toy", "f1", 1}, "", {}};
  options.limits.backoff_ms_max = 200;
  ToyFollower follower(options, make_grpc_feed_transport({connect(address)}), clock);
  follower.start();
  REQUIRE(follower.projection().wait_for(1, 60'000));
  server.reset();
  REQUIRE(test::eventually([&] { return follower.status().phase == FollowerPhase::stale; }));
  CHECK(follower.read()->value("a") == 1);
  CHECK_FALSE(follower.status().reason.empty());

  server = std::make_unique<Server>(store, address);
  const Revision second = server->add(1);
  CHECK(follower.projection().wait_for(second, 60'000));
  CHECK(test::eventually([&] { return follower.status().phase == FollowerPhase::live; }));
  CHECK(follower.status().snapshots == 1);
  follower.stop();
}

TEST_CASE("G5: a follower starts from its cache on disk while the server is away") {
  test::TempDir dir;
  const FollowerOptions options{{"toy", "f1", 1}, dir / "feed/cache", {}};
  SystemClock clock;
  {
    Server server(journal::make_memory_store());
    ToyFollower follower(options, make_grpc_feed_transport({server.server->in_process_channel()}),
                         clock);
    follower.start();
    for (int i = 0; i < 3; ++i) server.add(7);
    REQUIRE(follower.projection().wait_for(3, 60'000));
    follower.stop();
  }
  ToyFollower cold(options, make_grpc_feed_transport({connect("127.0.0.1:1")}), clock);
  cold.start();
  CHECK(cold.read()->value("a") == 21);
  CHECK(cold.status().phase == FollowerPhase::stale);
  cold.stop();
}

TEST_CASE("many followers at once all reach the same state") {
  Server server(journal::make_memory_store());
  std::vector<std::unique_ptr<ToyFollower>> followers;
  for (int i = 0; i < 20; ++i) {
    followers.push_back(std::make_unique<ToyFollower>(
        FollowerOptions{{"toy", "f" + std::to_string(i), 1}, "", {}},
        make_grpc_feed_transport({server.server->in_process_channel()}), server.clock));
    followers.back()->start();
  }
  Revision last = 0;
  for (int i = 0; i < 200; ++i) last = server.add(1);
  for (const auto& follower : followers) {
    REQUIRE(follower->projection().wait_for(last, 60'000));
    CHECK(*follower->read() == *server.machine.read());
  }
  for (const auto& follower : followers) follower->stop();
}

TEST_CASE("what a follower says of itself arrives, also where it stands and wants a snapshot") {
  const Position here{test::incarnation_a, 7, sha256("here")};
  Hello hello{"toy", "f1", 2, {}, 3};
  for (const auto& [position, snapshot_from] :
       {std::pair<std::optional<Position>, std::optional<Position>>{},
        {here, std::nullopt},
        {std::nullopt, here}}) {
    hello.position = position;
    hello.snapshot_from = snapshot_from;
    const auto back = from_wire(to_wire(hello).hello());
    REQUIRE(back);
    CHECK(*back == hello);
  }
}

TEST_CASE("G11: a first message that is no hello is refused with the reason") {
  Server server(journal::make_memory_store());
  const Channel channel = server.server->in_process_channel();
  const auto stub = v2alpha1::SchemaService::NewStub(channel.grpc());
  grpc::ClientContext context;
  const auto stream = stub->Subscribe(&context);
  v2alpha1::SubscribeRequest request;
  request.mutable_ack()->set_revision(1);
  stream->Write(request);
  v2alpha1::SubscribeResponse response;
  CHECK_FALSE(stream->Read(&response));
  const grpc::Status status = stream->Finish();
  CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message() == "a follower's first message is its hello");
}

TEST_CASE(
    "G8: a follower that reads nothing holds up neither the writer nor the end of the service") {
  auto server = std::make_unique<Server>(journal::make_memory_store());
  const Channel channel = connect(server->server->address());
  const auto stub = v2alpha1::SchemaService::NewStub(channel.grpc());
  grpc::ClientContext context;
  const auto stream = stub->Subscribe(&context);
  v2alpha1::SubscribeRequest request;
  request.mutable_hello()->set_kind("toy");
  request.mutable_hello()->set_instance("stuck");
  REQUIRE(stream->Write(request));
  const auto followers = [&] { return server->hub.followers(server->clock.mono_ms()); };
  REQUIRE(test::eventually([&] { return followers().size() == 1; }));
  for (int i = 0; i < 100; ++i)
    REQUIRE(server->machine.call({std::string(100'000, 'n'), 1, 5}, {}, 20'000));
  CHECK(server->machine.read()->revision() == 100);
  server.reset();
  CHECK_FALSE(server);
}

TEST_CASE("a port in use is an error that says what to do") {
  Server server(journal::make_memory_store());
  const auto second =
      GrpcServer::start({server.server->address(), "schema.listen", 16 << 20, 10, 100}, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Code::unavailable);
  CHECK(second.error().message.find(server.server->address()) != std::string::npos);
  CHECK(second.error().message.find("--schema.listen") != std::string::npos);
}

}  // namespace
}  // namespace millrace
