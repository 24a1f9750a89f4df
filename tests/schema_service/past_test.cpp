// The feed at a past revision, from the service's own journal.
#include "journal/open.hpp"
#include "schema/change_codec.hpp"
#include "services/schema/state.hpp"
#include "statekit/past_states.hpp"
#include "statekit/snapshot.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "tests/schema_service/running.hpp"

namespace schema = millrace::schema;
namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using test::Running;

namespace {

constexpr const char* plain = "module plain { data Thing { name String } }";
constexpr const char* other = "module other { data Thing { name String } }";

struct Past {
  grpc::Status status;
  service::State state;
  bool marked = true;  // all of it is
};

Past past_at(test::Client& client, std::uint64_t revision) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = client.stub().Subscribe(&context);
  v2::SubscribeRequest request;
  request.mutable_hello()->set_kind("console");
  request.mutable_hello()->set_at_revision(revision);
  stream->Write(request);
  stream->WritesDone();
  Past past;
  std::vector<statekit::Bytes> parts;
  for (v2::SubscribeResponse response; stream->Read(&response);) {
    past.marked = past.marked && response.snapshot().past();
    parts.push_back(response.snapshot().data());
  }
  past.status = stream->Finish();
  if (!past.status.ok()) return past;
  auto decoded = statekit::decode_snapshot_parts<schema::ChangeCodec>(std::move(parts));
  REQUIRE(decoded);
  past.state.restore(decoded->snapshot);
  return past;
}

}  // namespace

TEST_CASE("the feed tells the state as it was at a revision, to one that is no follower") {
  Running running;
  test::Client& client = running.client();
  v2::CreateChangesetRequest request = test::deploy_request(plain);
  request.mutable_write()->set_token("secret-token");
  const auto first = client.create(request);
  REQUIRE(client.reaches(first->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  const std::uint64_t then = client.status()->head().revision();
  const auto second = client.deploy(other);
  REQUIRE(client.reaches(second->changeset(), v2::CHANGESET_PHASE_FINALIZED));

  const Past past = past_at(client, then);
  REQUIRE(past.status.ok());
  CHECK(past.marked);
  CHECK(past.state.revision() == then);
  CHECK(past.state.canonical("plain") != nullptr);
  CHECK(past.state.canonical("other") == nullptr);
  CHECK(past.state.snapshot().requests.empty());
  const Past earlier = past_at(client, 1);
  REQUIRE(earlier.status.ok());
  CHECK(earlier.state.canonical("plain") == nullptr);
  CHECK(client.status()->followers_size() == 0);
}

TEST_CASE("the feed says that a revision is not there yet") {
  Running running;
  const Past past = past_at(running.client(), 9'999);
  CHECK(past.status.error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(test::contains(past.status.error_message(), "there is no revision 9999 yet"));
}

TEST_CASE("the feed says of a revision that is compacted which is the oldest") {
  const test::TempDir folder;
  std::uint64_t oldest = 0;
  {
    Running running({}, folder.path());
    const auto made = running.client().deploy(plain);
    REQUIRE(running.client().reaches(made->changeset(), v2::CHANGESET_PHASE_FINALIZED));
  }
  {
    service::Settings settings;
    settings.data = folder.path();
    const auto journal =
        std::move(millrace::journal::open_journal(service::journal_url(settings)).value());
    REQUIRE(journal->open({}));
    oldest = journal->head()->last;  // of which there is a snapshot since the end of the service
    REQUIRE(journal->compact(oldest));
  }
  Running running({}, folder.path());
  const Past compacted = past_at(running.client(), 1);
  CHECK(compacted.status.error_code() == grpc::StatusCode::OUT_OF_RANGE);
  CHECK(compacted.status.error_message() ==
        "revision 1 is no longer kept: the oldest is " + std::to_string(oldest));
  const Past kept = past_at(running.client(), oldest);
  CHECK(kept.status.ok());
  CHECK(kept.state.canonical("plain") != nullptr);
}

namespace {

// Who asks for the past, has its header, so that it holds a place, and then takes nothing in.
struct Idle {
  // On a connection of its own, whose window does not grow.
  Idle(const std::string& address, std::uint64_t revision) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub = v2::SchemaService::NewStub(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments));
    stream = stub->Subscribe(&context);
    v2::SubscribeRequest request;
    request.mutable_hello()->set_kind("console");
    request.mutable_hello()->set_at_revision(revision);
    stream->Write(request);
    v2::SubscribeResponse header;
    REQUIRE(stream->Read(&header));
  }
  ~Idle() {
    context.TryCancel();
    v2::SubscribeResponse rest;
    while (stream->Read(&rest)) continue;
    stream->Finish();
  }
  grpc::ClientContext context;
  std::unique_ptr<v2::SchemaService::Stub> stub;
  std::unique_ptr<grpc::ClientReaderWriter<v2::SubscribeRequest, v2::SubscribeResponse>> stream;
};

grpc::Status state_at(test::Client& client, std::uint64_t revision) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v2::GetStateRequest request;
  request.set_at_revision(revision);
  const auto stream = client.stub().GetState(&context, request);
  v2::FeedSnapshotPart part;
  while (stream->Read(&part)) continue;
  return stream->Finish();
}

}  // namespace

TEST_CASE("G8: states that are read and states that the feed tells share one limit") {
  Running running;
  // Larger than what a connection takes in for a reader that does not read.
  const std::string comment = "// " + std::string(900'000, 'x') + "\n";
  std::uint64_t revision = 0;
  for (const char* name : {"one", "two", "three"}) {
    const auto made =
        running.client().deploy(comment + "module " + name + " { data Thing { name String } }");
    REQUIRE(made.ok());
    REQUIRE(running.client().reaches(made->changeset(), v2::CHANGESET_PHASE_FINALIZED));
    revision = running.client().status()->head().revision();
  }
  REQUIRE(state_at(running.client(), revision).ok());
  {
    std::vector<std::unique_ptr<Idle>> idle;
    for (std::size_t i = 0; i < statekit::past_states_max; ++i)
      idle.push_back(std::make_unique<Idle>(running.server().address(), revision));
    grpc::Status refused;
    CHECK(test::eventually([&] {
      refused = state_at(running.client(), revision);
      return refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
    }));
    CHECK(test::contains(refused.error_message(), "too many past states are being sent here (8)"));
  }
  CHECK(test::eventually([&] { return state_at(running.client(), revision).ok(); }));
}
