// Who asks the feed for a past revision, over real gRPC: what it gets, and the limits.
#include <grpcpp/grpcpp.h>

#include <mutex>

#include "journal/memory.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/grpc_feed_server.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace {
namespace {

using namespace statekit;
using Done = PastStates::Answer;
using Stream = grpc::ClientReaderWriter<v2alpha1::SubscribeRequest, v2alpha1::SubscribeResponse>;

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

SnapshotParts parts_of(Revision revision, std::size_t count) {
  SnapshotParts parts{{"incarnation", revision, {}}, {}};
  for (std::size_t i = 0; i < count; ++i)
    parts.parts.push_back(std::make_shared<const Bytes>("part " + std::to_string(i)));
  return parts;
}

// A feed whose past is in the test's hand: each question waits until it is answered.
struct Server {
  explicit Server(bool knows_past = true)
      : feed(hub, clock, knows_past ? &states : nullptr),
        service(feed),
        server(std::move(GrpcServer::start({"", "", 16 << 20, 1'000, 2'000}, {&service}).value())) {
  }
  ~Server() {
    feed.stop();
    server->stop();
  }
  PastStates::Make past() {
    return [this](Revision revision, Done done) {
      std::lock_guard lock(mutex);
      asked.emplace_back(revision, std::move(done));
    };
  }
  std::size_t waiting() {
    std::lock_guard lock(mutex);
    return asked.size();
  }
  void answer(const std::function<Result<SnapshotParts>(Revision)>& with) {
    std::vector<std::pair<Revision, Done>> all;
    {
      std::lock_guard lock(mutex);
      all.swap(asked);
    }
    for (auto& [revision, done] : all) done(with(revision));
  }

  std::mutex mutex;
  std::vector<std::pair<Revision, Done>> asked;
  SystemClock clock;
  std::unique_ptr<Journal> journal = journal::make_memory_journal(journal::make_memory_store());
  Broadcast broadcast;
  FeedHub hub{broadcast, *journal, [] { return parts_of(0, 1); }};
  PastStates states{past()};
  GrpcFeed feed;
  FeedService service;
  std::unique_ptr<GrpcServer> server;
};

struct Reader {
  Reader(Server& server, Revision revision)
      : channel(server.server->in_process_channel()),
        stub(v2alpha1::SchemaService::NewStub(channel.grpc())) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    stream = stub->Subscribe(&context);
    v2alpha1::SubscribeRequest request;
    request.mutable_hello()->set_kind("console");
    request.mutable_hello()->set_at_revision(revision);
    stream->Write(request);
  }
  grpc::Status end() {
    v2alpha1::SubscribeResponse response;
    while (stream->Read(&response)) {
    }
    return stream->Finish();
  }

  Channel channel;
  std::unique_ptr<v2alpha1::SchemaService::Stub> stub;
  grpc::ClientContext context;
  std::unique_ptr<Stream> stream;
};

}  // namespace

TEST_CASE("who asks for a revision gets its parts in order, marked as past, and then the end") {
  Server server;
  Reader reader(server, 7);
  reader.stream->WritesDone();
  REQUIRE(test::eventually([&] { return server.waiting() == 1; }));
  server.answer([](Revision revision) { return parts_of(revision, 3); });
  v2alpha1::SubscribeResponse response;
  for (std::uint32_t i = 0; i < 3; ++i) {
    REQUIRE(reader.stream->Read(&response));
    const auto& part = response.snapshot();
    CHECK(part.past());
    CHECK(part.position().revision() == 7);
    CHECK(part.index() == i);
    CHECK(part.last() == (i == 2));
    CHECK(part.data() == "part " + std::to_string(i));
  }
  CHECK_FALSE(reader.stream->Read(&response));
  CHECK(reader.stream->Finish().ok());
  CHECK(server.hub.followers(server.clock.mono_ms()).empty());
}

TEST_CASE("why a revision cannot be had comes as the status of the stream") {
  Server server;
  Reader reader(server, 7);
  REQUIRE(test::eventually([&] { return server.waiting() == 1; }));
  server.answer([](Revision) -> Result<SnapshotParts> {
    return fail(Code::out_of_range, "revision 7 is no longer kept");
  });
  const grpc::Status status = reader.end();
  CHECK(status.error_code() == grpc::StatusCode::OUT_OF_RANGE);
  CHECK(status.error_message() == "revision 7 is no longer kept");
}

TEST_CASE("G8: one past state more than may be sent at once is refused until another has gone") {
  Server server;
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 0; i < past_states_max; ++i)
    readers.push_back(std::make_unique<Reader>(server, i + 1));
  REQUIRE(test::eventually([&] { return server.waiting() == past_states_max; }));
  const grpc::Status refused = Reader(server, 1).end();
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  server.answer([](Revision revision) { return parts_of(revision, 1); });
  for (const auto& reader : readers) CHECK(reader->end().ok());
  CHECK(test::eventually([&] {
    Reader again(server, 1);
    const bool let_in =
        test::eventually([&] { return server.waiting() == 1; }, std::chrono::milliseconds(200));
    server.answer([](Revision revision) { return parts_of(revision, 1); });
    return again.end().ok() && let_in;
  }));
}

TEST_CASE("G8: whoever else tells of a past state takes its place from the same few") {
  Server server;
  std::vector<PastState> others;
  for (std::size_t i = 0; i < past_states_max; ++i)
    others.push_back(std::move(server.states.enter().value()));
  CHECK(Reader(server, 1).end().error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  others.pop_back();
  Reader reader(server, 1);
  REQUIRE(test::eventually([&] { return server.waiting() == 1; }));
  CHECK_FALSE(server.states.enter());
  server.answer([](Revision revision) { return parts_of(revision, 1); });
  CHECK(reader.end().ok());
  CHECK(test::eventually([&] { return server.states.enter().has_value(); }));
}

TEST_CASE("G8: who asked for a past state and has gone keeps its place until the state is made") {
  Server server;
  std::vector<std::unique_ptr<Reader>> readers;
  for (std::size_t i = 0; i < past_states_max; ++i)
    readers.push_back(std::make_unique<Reader>(server, i + 1));
  REQUIRE(test::eventually([&] { return server.waiting() == past_states_max; }));
  for (const auto& reader : readers) {
    reader->context.TryCancel();
    CHECK_FALSE(reader->end().ok());
  }
  CHECK_FALSE(server.states.enter());
  server.answer([](Revision revision) { return parts_of(revision, 1); });
  CHECK(test::eventually([&] { return server.states.enter().has_value(); }));
}

TEST_CASE("who asked for the past and has gone, or says more, is let go of") {
  Server server;
  Reader gone(server, 1);
  REQUIRE(test::eventually([&] { return server.waiting() == 1; }));
  gone.context.TryCancel();
  CHECK_FALSE(gone.end().ok());
  Reader talking(server, 2);
  v2alpha1::SubscribeRequest more;
  more.mutable_ack()->set_revision(2);
  talking.stream->Write(more);
  CHECK(talking.end().error_code() == grpc::StatusCode::INVALID_ARGUMENT);
  server.answer([](Revision revision) { return parts_of(revision, 1); });  // into the void
}

TEST_CASE("the end of a service ends those who wait for the past") {
  Server server;
  Reader reader(server, 1);
  REQUIRE(test::eventually([&] { return server.waiting() == 1; }));
  server.feed.stop();
  CHECK(reader.end().error_code() == grpc::StatusCode::UNAVAILABLE);
  server.answer([](Revision revision) { return parts_of(revision, 1); });
}

TEST_CASE("a feed that tells nothing of the past says so") {
  Server server(false);
  CHECK(Reader(server, 1).end().error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

}  // namespace millrace
