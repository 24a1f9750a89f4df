// The timeline over real gRPC: publishing, asking, following, and what the feed adds.

#include "access/io/trusted.hpp"
#include "statekit/io/timeline_publisher.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "support/log_lines.hpp"
#include "support/ports.hpp"
#include "tests/routing/history.hpp"
#include "timeline/running_timeline.hpp"

using namespace millrace;
using namespace millrace::test;
using grpc::StatusCode;

namespace {

struct TimelineWorld : RunningTimeline {
  // `count` calls to module.get, with request ids r0, r1, ...
  v2alpha1::PublishResponse publish(const std::string& module, int count,
                                    const std::string& error = "") {
    v2alpha1::PublishRequest request;
    for (int i = 0; i < count; ++i) {
      v2alpha1::TimelineEvent* event = request.add_events();
      event->set_request_id("r" + std::to_string(i));
      event->mutable_call()->mutable_verb()->set_module(module);
      event->mutable_call()->mutable_verb()->set_name("get");
      event->mutable_call()->set_error(error);
    }
    grpc::ClientContext context;
    v2alpha1::PublishResponse response;
    statekit::check(stub->Publish(&context, request, &response).ok(), "publishing works");
    return response;
  }

  grpc::Status query(const v2alpha1::TimelineQueryRequest& request,
                     v2alpha1::TimelineQueryResponse& response) {
    grpc::ClientContext context;
    return stub->Query(&context, request, &response);
  }
};

// A reader of the stream.
struct Tail {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<v2alpha1::TimelineStreamResponse>> reader;
  v2alpha1::TimelineStreamResponse message;

  Tail(TimelineWorld& world, const v2alpha1::TimelineStreamRequest& request) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(100));
    reader = world.stub->Stream(&context, request);
    reader->WaitForInitialMetadata();
  }
  ~Tail() {
    context.TryCancel();
    if (reader) (void)end();
  }
  // What the stream ended with, once there is nothing more to read.
  grpc::Status end(bool cancel = false) {
    if (cancel) context.TryCancel();
    while (reader->Read(&message)) {
    }
    grpc::Status status = reader->Finish();
    reader.reset();
    return status;
  }
  // The ids of the next events, at least `count`.
  std::vector<std::uint64_t> ids(std::size_t count, bool* gap = nullptr) {
    std::vector<std::uint64_t> out;
    while (out.size() < count && reader->Read(&message)) {
      if (gap != nullptr) *gap = *gap || message.gap();
      for (const auto& event : message.events()) out.push_back(event.id());
    }
    return out;
  }
};

std::vector<std::uint64_t> count_from(std::uint64_t first, std::uint64_t last) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t id = first; id <= last; ++id) out.push_back(id);
  return out;
}

}  // namespace

TEST_CASE("what was published is found newest first and page by page") {
  TimelineWorld world;
  world.start();
  CHECK(world.publish("echo", 7).accepted() == 7);
  v2alpha1::TimelineQueryRequest request;
  request.set_limit(5);
  v2alpha1::TimelineQueryResponse page;
  REQUIRE(world.query(request, page).ok());
  REQUIRE(page.events_size() == 5);
  CHECK(page.events(0).id() == 7);
  CHECK(page.events(0).call().verb().module() == "echo");
  CHECK(page.events(0).time_ms() > 0);
  CHECK(page.oldest_id() == 1);
  request.set_before_id(page.events(4).id());
  page.Clear();
  REQUIRE(world.query(request, page).ok());
  CHECK(page.events_size() == 2);
  request.Clear();
  request.mutable_filter()->set_request_id("r3");
  page.Clear();
  REQUIRE(world.query(request, page).ok());
  REQUIRE(page.events_size() == 1);
  CHECK(page.events(0).id() == 4);
}

TEST_CASE("a filter with an unknown type is an invalid argument") {
  TimelineWorld world;
  world.start();
  v2alpha1::TimelineQueryRequest request;
  request.mutable_filter()->add_types("calls");
  v2alpha1::TimelineQueryResponse page;
  const grpc::Status status = world.query(request, page);
  CHECK(status.error_code() == StatusCode::INVALID_ARGUMENT);
  CHECK(status.error_message().find("changeset") != std::string::npos);
  v2alpha1::TimelineStreamRequest follow;
  follow.mutable_filter()->add_types("calls");
  Tail tail(world, follow);
  CHECK(tail.end().error_code() == StatusCode::INVALID_ARGUMENT);
}

TEST_CASE("a stream gives what comes from now on and resumes after an id without loss") {
  TimelineWorld world;
  world.start();
  world.publish("echo", 3);
  std::vector<std::uint64_t> seen;
  {
    Tail tail(world, {});
    world.publish("echo", 4);
    seen = tail.ids(4);
    CHECK(seen == count_from(4, 7));
  }
  world.publish("echo", 5);
  v2alpha1::TimelineStreamRequest resume;
  resume.set_after_id(seen.back());
  Tail tail(world, resume);
  bool gap = false;
  CHECK(tail.ids(5, &gap) == count_from(8, 12));
  world.publish("echo", 1);
  CHECK(tail.ids(1, &gap) == count_from(13, 13));
  CHECK_FALSE(gap);
}

TEST_CASE("no event is forgotten however soon it follows the one before") {
  TimelineWorld world;
  world.start();
  Tail tail(world, {});
  for (std::uint64_t id = 1; id <= 3'000; ++id) {
    world.publish("echo", 1);
    REQUIRE(tail.ids(1) == count_from(id, id));
  }
}

TEST_CASE("a stream from the oldest begins with everything that is kept") {
  TimelineWorld world;
  world.settings.events_max = 10;
  world.start();
  world.publish("echo", 25);
  v2alpha1::TimelineStreamRequest request;
  request.set_from_oldest(true);
  Tail tail(world, request);
  bool gap = false;
  CHECK(tail.ids(10, &gap) == count_from(16, 25));
  CHECK_FALSE(gap);
}

TEST_CASE("a stream that resumes too late is told of the gap") {
  TimelineWorld world;
  world.settings.events_max = 10;
  world.start();
  world.publish("echo", 25);
  v2alpha1::TimelineStreamRequest request;
  request.set_after_id(5);
  Tail tail(world, request);
  bool gap = false;
  CHECK(tail.ids(10, &gap) == count_from(16, 25));
  CHECK(gap);
}

TEST_CASE("a stream tells only what its filter lets through") {
  TimelineWorld world;
  world.start();
  v2alpha1::TimelineStreamRequest request;
  request.mutable_filter()->set_module("time");
  Tail tail(world, request);
  world.publish("echo", 10'000);
  world.publish("time", 2);
  CHECK(tail.ids(2) == count_from(10'001, 10'002));
}

TEST_CASE("G8: a reader that does not read loses the oldest events and holds up nobody") {
  TimelineWorld world;
  world.settings.events_max = 200;
  world.start();
  Tail slow(world, {});
  const std::string large(8'000, 'x');  // so that the wire's own buffers fill
  for (int i = 0; i < 60; ++i) REQUIRE(world.publish("echo", 100, large).accepted() == 100);
  CHECK(eventually([&] {
    return world.metrics.text().find("millrace_timeline_kept_events 200") != std::string::npos;
  }));
  bool gap = false;
  std::vector<std::uint64_t> seen;
  while (seen.empty() || seen.back() < 6'000)
    for (const std::uint64_t id : slow.ids(1, &gap)) seen.push_back(id);
  CHECK(gap);
  CHECK(seen.size() < 6'000);
  CHECK(std::is_sorted(seen.begin(), seen.end()));
}

TEST_CASE("G8: readers beyond the limit are refused") {
  TimelineWorld world;
  world.settings.streams_max = 1;
  world.start();
  Tail first(world, {});
  Tail second(world, {});
  const grpc::Status status = second.end();
  CHECK(status.error_code() == StatusCode::RESOURCE_EXHAUSTED);
  CHECK(status.error_message().find("timeline.streams_max") != std::string::npos);
  CHECK_FALSE(first.end(true).ok());
  CHECK(eventually([&] {
    Tail third(world, {});
    return third.end(true).error_code() == StatusCode::CANCELLED;
  }));
}

TEST_CASE("changes of the feed are events and what was before the start is none") {
  TimelineWorld world;
  world.start();
  schema::ChangesetCreated created;
  created.changeset.key = "chs-1";
  created.changeset.deployments = {"dpl-1"};
  created.deployments = {deployment_of("dpl-1", "echo", {"get"})};
  Tail tail(world, {});
  world.feed.tell({created});
  world.feed.tell({schema::ChangesetCommitted{"chs-1", {}}});
  REQUIRE(tail.ids(4).size() == 4);
  v2alpha1::TimelineQueryRequest request;
  request.mutable_filter()->set_module("echo");
  v2alpha1::TimelineQueryResponse page;
  REQUIRE(world.query(request, page).ok());
  REQUIRE(page.events_size() == 4);
  CHECK(page.events(0).deployment().what() == "canonical");
  CHECK(page.events(1).changeset().phase() == "committed");
  CHECK(page.events(1).changeset().author() == "ada");
  CHECK(page.events(1).changeset().revision() == 2);
  CHECK(page.events(2).deployment().what() == "created");
  CHECK(page.events(3).changeset().phase() == "preparing");
}

TEST_CASE("a publisher delivers to a timeline and outlives its restart") {
  auto world = std::make_unique<TimelineWorld>();
  // One that nobody takes while the timeline is away.
  world->settings.listen = "127.0.0.1:" + std::to_string(unused_port());
  world->start();
  const std::string address = world->server->address();
  statekit::TimelinePublisher publisher(statekit::to_timeline(statekit::connect(address)));
  statekit::CallEvent call;
  call.module = "echo";
  publisher.publish({0, 1, "first", "", call});
  CHECK(eventually([&] { return publisher.sent() == 1; }));
  world.reset();
  publisher.publish({0, 1, "second", "", call});
  TimelineWorld again;
  again.settings.listen = address;
  again.start();
  CHECK(eventually([&] { return publisher.sent() == 2; }));
  v2alpha1::TimelineQueryRequest request;
  request.mutable_filter()->set_request_id("second");
  v2alpha1::TimelineQueryResponse page;
  REQUIRE(again.query(request, page).ok());
  CHECK(page.events_size() == 1);
}

TEST_CASE("a timeline that stops ends its streams with a word") {
  TimelineWorld world;
  world.start();
  Tail tail(world, {});
  world.server->stop();
  const grpc::Status status = tail.end();
  CHECK(status.error_code() == StatusCode::UNAVAILABLE);
  CHECK(status.error_message().find("the timeline stops") != std::string::npos);
}

TEST_CASE("what a module may not tell is refused whole, and told of") {
  access::Trusted trusted;
  trusted.required = true;
  const std::string text = access::draw_token();
  TimelineWorld world;
  world.wiring.trusted = &trusted;
  access::Token token;
  token.id = std::string(access::id_of_token(text));
  token.hash = statekit::sha256(text);
  token.principal = "echo-1";
  world.feed.tell({schema::RolesSet{{"echo-1", {{access::Role::service, {"echo"}}}, 0, "", 0}},
                   schema::TokenCreated{token}});
  world.start();
  const LogLines lines;
  const auto publish = [&](const std::string& source, const std::string& deployment) {
    v2alpha1::PublishRequest request;
    v2alpha1::LogEvent& line = *request.add_events()->mutable_log();
    line.set_level(v2alpha1::LOG_LEVEL_WARN);
    line.set_source(source);
    line.set_deployment(deployment);
    line.set_message("access.denied");
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + text);
    v2alpha1::PublishResponse response;
    return world.stub->Publish(&context, request, &response).error_code();
  };
  // It learns of the token by the feed.
  REQUIRE(eventually([&] { return publish("echo", "dpl-echo-0123456789") == StatusCode::OK; }));
  CHECK(publish("access", "") == StatusCode::PERMISSION_DENIED);
  CHECK(publish("echo", "") == StatusCode::PERMISSION_DENIED);
  CHECK(lines.text().find("access.denied who=\"echo-1 (token " + token.id + ")\" what=Publish") !=
        std::string::npos);
}
