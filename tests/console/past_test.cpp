// What the console makes of a feed that tells the past, of one that tells it wrongly, and of one
// that does not tell it. The feed is in the test's hand.
#include <grpcpp/grpcpp.h>

#include <future>
#include <mutex>

#include "schema/change_codec.hpp"
#include "services/console/server_past.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/snapshot.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace {

using namespace millrace;
using console::Past;
using statekit::Code;
using Response = v2alpha1::SubscribeResponse;
using Request = v2alpha1::SubscribeRequest;
using Stream = grpc::ServerBidiReactor<Request, Response>;

// What one stream tells, after its first message.
struct Story {
  std::vector<Response> parts;
  grpc::Status end;
  bool endless = false;  // neither parts nor an end, until it is cancelled
};

class Telling final : public Stream {
 public:
  explicit Telling(Story story) : story_(std::move(story)) { StartRead(&hello_); }
  void OnReadDone(bool ok) override {
    if (ok && !story_.endless) next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) return next();
    finish({grpc::StatusCode::CANCELLED, "gone"});
  }
  void OnCancel() override { finish({grpc::StatusCode::CANCELLED, "gone"}); }
  void OnDone() override { delete this; }

 private:
  void next() {
    if (at_ < story_.parts.size()) return StartWrite(&story_.parts[at_++]);
    finish(story_.end);
  }
  void finish(const grpc::Status& status) {
    if (!finished_.exchange(true)) Finish(status);
  }
  Story story_;
  Request hello_;
  std::size_t at_ = 0;
  std::atomic<bool> finished_ = false;
};

// A schema service of which only the past is there.
class Schema final : public v2alpha1::SchemaService::CallbackService {
 public:
  Schema() : server_(std::move(statekit::GrpcServer::start({}, {this}).value())) {}
  ~Schema() override { server_->stop(); }
  statekit::Channel channel() { return server_->in_process_channel(); }

  std::function<Story()> tell = [] { return Story{}; };
  std::uint64_t commit = 7;  // that history knows
  std::atomic<int> asked = 0;

 private:
  Stream* Subscribe(grpc::CallbackServerContext*) override {
    ++asked;
    return new Telling(tell());
  }
  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context,
                                       const v2alpha1::GetHistoryRequest*,
                                       v2alpha1::GetHistoryResponse* response) override {
    auto& entry = *response->add_entries();
    entry.set_revision(commit);
    entry.set_author("ada");
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  std::unique_ptr<statekit::GrpcServer> server_;
};

Story story_at(statekit::Revision revision) {
  schema::Snapshot snapshot;
  snapshot.revision = revision;
  const auto sent = statekit::encode_snapshot_parts<schema::ChangeCodec>(
      {{"one", revision, {}}, 1'000}, snapshot);
  Story story;
  for (std::size_t i = 0; i < sent.parts.size(); ++i) {
    auto& part = *story.parts.emplace_back().mutable_snapshot();
    part.mutable_position()->set_incarnation("one");
    part.mutable_position()->set_revision(revision);
    part.set_index(static_cast<std::uint32_t>(i));
    part.set_last(i + 1 == sent.parts.size());
    part.set_past(true);
    part.set_data(*sent.parts[i]);
  }
  return story;
}

using Answer = std::promise<statekit::Result<Past::View>>;

statekit::Result<Past::View> ask(Past& past, statekit::Revision revision,
                                 const std::string& incarnation = "one") {
  const auto answer = std::make_shared<Answer>();
  past.ask(revision, incarnation, [answer](auto view) { answer->set_value(std::move(view)); });
  auto future = answer->get_future();
  REQUIRE(future.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  return future.get();
}

struct Console {
  explicit Console(std::vector<Schema*> replicas)
      : past(
            [&] {
              std::vector<statekit::Channel> channels;
              for (Schema* each : replicas) channels.push_back(each->channel());
              return channels;
            }(),
            10) {
    past.start();
  }
  Past past;
};

}  // namespace

TEST_CASE("what is told wrongly of the past is never shown") {
  using Twist = std::function<void(Story&)>;
  struct Row {
    std::string says;
    Twist twist;
  };
  const std::vector<Row> rows = {
      {"of a version that does not tell the past",
       [](Story& story) { story.parts[0].mutable_snapshot()->set_past(false); }},
      {"of a version that does not tell the past",
       [](Story& story) {
         story.parts[1].mutable_snapshot()->mutable_position()->set_revision(8);
       }},
      {"does not tell the past", [](Story& story) { story.parts[1].mutable_heartbeat(); }},
      {"out of order", [](Story& story) { std::swap(story.parts[0], story.parts[1]); }},
      {"out of order", [](Story& story) { story.parts.push_back(story.parts.back()); }},
      {"ended within a past state", [](Story& story) { story.parts.pop_back(); }},
      {"ended within a past state", [](Story& story) { story.parts.clear(); }},
      {"snapshot", [](Story& story) { story.parts[0].mutable_snapshot()->set_data("nonsense"); }},
  };
  Schema schema;
  Console console({&schema});
  for (const Row& row : rows) {
    schema.tell = [&] {
      Story story = story_at(7);
      row.twist(story);
      return story;
    };
    const auto view = ask(console.past, 7);
    REQUIRE(!view);
    INFO(view.error().message);
    CHECK(view.error().message.find(row.says) != std::string::npos);
  }
  schema.tell = [] { return story_at(7); };
  const auto view = ask(console.past, 7);
  REQUIRE(view);
  CHECK((*view)->incarnation == "one");
  CHECK((*view)->commit.revision == 7);
  CHECK((*view)->commit.time_ms == 1'000);
  CHECK((*view)->commit.author == "ada");
}

TEST_CASE("G8: a past state that is too large is not taken in") {
  Schema schema;
  Console console({&schema});
  schema.tell = [] {
    Story story = story_at(7);
    Response part = story.parts[0];
    story.parts.clear();
    part.mutable_snapshot()->set_last(false);
    part.mutable_snapshot()->set_data(std::string(std::size_t{1} << 20, 'x'));
    for (std::uint32_t i = 0; i < 70; ++i) {
      part.mutable_snapshot()->set_index(i);
      story.parts.push_back(part);
    }
    return story;
  };
  const auto view = ask(console.past, 7);
  REQUIRE(!view);
  CHECK(view.error().code == Code::resource_exhausted);
  CHECK(view.error().message.find("is larger than the 67108864 bytes") != std::string::npos);
}

TEST_CASE(
    "why a revision is not told comes from the feed, and only a replica that is away is left") {
  Schema first, second;
  Console console({&first, &second});
  for (const auto code : {grpc::StatusCode::OUT_OF_RANGE, grpc::StatusCode::NOT_FOUND}) {
    first.tell = [&] { return Story{{}, {code, "revision 7 is no longer kept"}, false}; };
    const auto view = ask(console.past, 7);
    REQUIRE(!view);
    CHECK(view.error().code == static_cast<Code>(code));
    CHECK(view.error().message == "revision 7 is no longer kept");
  }
  CHECK(second.asked == 0);
  first.tell = [] { return Story{{}, {grpc::StatusCode::UNAVAILABLE, "stopping"}, false}; };
  second.tell = [] { return story_at(7); };
  CHECK(ask(console.past, 7));
  CHECK(first.asked == 3);
  second.tell = first.tell;
  const auto view = ask(console.past, 8);  // of both, once each
  REQUIRE(!view);
  CHECK(view.error().code == Code::unavailable);
  CHECK(first.asked == 4);
  CHECK(second.asked == 2);
}

TEST_CASE("a state whose commit is no longer kept names nobody") {
  Schema schema;
  Console console({&schema});
  schema.commit = 6;  // the newest before 8 that history still has
  schema.tell = [] { return story_at(7); };
  const auto view = ask(console.past, 7);
  REQUIRE(view);
  CHECK((*view)->commit.author.empty());
}

TEST_CASE("G8: the last few pasts are kept, each for the incarnation that it is of") {
  Schema schema;
  Console console({&schema});
  statekit::Revision revision = 0;
  const auto at = [&](statekit::Revision wanted, const std::string& incarnation = "one") {
    revision = wanted;
    schema.tell = [&] { return story_at(revision); };
    const int before = schema.asked;
    REQUIRE(ask(console.past, wanted, incarnation));
    return schema.asked - before;
  };
  const auto most = static_cast<statekit::Revision>(console::past_views_max);
  for (statekit::Revision each = 1; each <= most; ++each) CHECK(at(each) == 1);
  for (statekit::Revision each = 1; each <= most; ++each) CHECK(at(each) == 0);
  CHECK(at(most, "another") == 1);
  CHECK(at(1) == 1);  // which was the oldest
}

TEST_CASE("G8: one more than may wait for the past is refused, and a stop answers all") {
  Schema schema;
  Console console({&schema});
  schema.tell = [] { return Story{{}, {}, true}; };
  std::mutex mutex;
  std::vector<Code> codes;
  const auto note = [&](const auto& view) {
    const std::lock_guard lock(mutex);
    codes.push_back(view ? Code::ok : view.error().code);
  };
  const auto count = [&] {
    const std::lock_guard lock(mutex);
    return codes.size();
  };
  console.past.ask(1, "one", note);
  REQUIRE(test::eventually([&] { return schema.asked == 1; }));
  for (std::size_t i = 0; i < console::past_asks_max; ++i) console.past.ask(1, "one", note);
  CHECK(count() == 0);
  console.past.ask(1, "one", note);
  REQUIRE(count() == 1);
  CHECK(codes.front() == Code::resource_exhausted);
  console.past.stop();
  REQUIRE(count() == console::past_asks_max + 2);
  CHECK(std::count(codes.begin(), codes.end(), Code::ok) == 0);
  CHECK(std::count(codes.begin(), codes.end(), Code::deadline_exceeded) == 0);  // it was cut
  CHECK(schema.asked == 1);
  CHECK(ask(console.past, 1).error().code == Code::unavailable);
}
