// The feed at a past revision, from the service's own journal.
#include "schema/change_codec.hpp"
#include "services/schema/state.hpp"
#include "statekit/snapshot.hpp"
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
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
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
