// millrace audit against a timeline that keeps the audit apart, and against one of an older
// release.
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "running_schema.hpp"
#include "statekit/io/timeline_codec.hpp"
#include "timeline/audit_events.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

using namespace millrace;
using namespace millrace::cli;
using millrace::test::RunningSchema;
using Words = std::vector<std::string>;

namespace {

// Gives all that it has, newest first, and notes what it was asked. An older one does not know what
// the audit is, and has a module's lines among the others.
class RunningTimeline final : public v2alpha1::TimelineService::CallbackService {
 public:
  explicit RunningTimeline(bool older) : older_(older) {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~RunningTimeline() override { server_->stop(); }
  std::string address() const { return server_->address(); }

  void add(test::TimelineEvent event) {
    event.id = events_.size() + 1;
    event.time_ms = 1'700'000'000'000 + static_cast<std::int64_t>(event.id) * 1'000;
    events_.push_back(std::move(event));
  }
  v2alpha1::AuditKept kept;
  std::vector<v2alpha1::TimelineQueryRequest> asked;
  std::size_t page_max = 1'000;

 private:
  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v2alpha1::TimelineQueryRequest* request,
                                  v2alpha1::TimelineQueryResponse* response) override {
    asked.push_back(*request);
    std::uint64_t id = request->before_id() == 0 ? events_.size() + 1 : request->before_id();
    std::size_t room = std::min<std::size_t>(request->limit(), page_max);
    // As an older one takes it: a module is the source of a line.
    const bool none = older_ && !request->filter().module().empty();
    for (; id > 1 && room > 0 && !none; --room) encode(events_[--id - 1], *response->add_events());
    if (!older_ && request->has_audit()) *response->mutable_audit() = kept;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const bool older_;
  std::vector<test::TimelineEvent> events_;
  std::unique_ptr<statekit::GrpcServer> server_;
};

struct Desk {
  RunningSchema schema{"module a {\n}\n"};
  RunningTimeline timeline;
  std::ostringstream out, err;
  Session session;

  explicit Desk(bool older = false) : timeline(older) {
    session.out = &out;
    session.err = &err;
    session.addresses.schema = schema.address();
    session.addresses.timeline = timeline.address();
    test::TimelineEvent given = test::audit_event(
        "audit.secrets-given",
        {{"deployment", "dpl-shop-0123456789"}, {"module", "shop"}, {"secrets", "api_key@7"}});
    timeline.add(test::denied("ada"));
    timeline.add(test::secret_read("eve"));
    timeline.add(given);
    timeline.add(test::audit_event("state.forced", {{"who", "op"},
                                                    {"what", "lock of workspace prod broken"},
                                                    {"from", "10.0.0.9"},
                                                    {"principal", "op"},
                                                    {"module", ""}}));
  }

  int run(Words words) {
    out.str("");
    err.str("");
    timeline.asked.clear();
    session.output = "text";
    words.insert(words.begin(), "audit");
    std::vector<Command> commands;
    commands.push_back(audit_command(session));
    const Parsed parsed = parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  }
  bool says(const std::string& words) const {
    return out.str().find(words) != std::string::npos || err.str().find(words) != std::string::npos;
  }
  // How many entries are shown.
  std::size_t rows(Words words) {
    words.insert(words.end(), {"--output", "json"});
    REQUIRE(run(words) == done);
    return nlohmann::json::parse(out.str()).at("audit").size();
  }
};

}  // namespace

TEST_CASE("audit shows who was denied, who read a secret, who was given which, and who forced") {
  Desk desk;
  desk.schema.keep(1, 2);
  REQUIRE(desk.run({}) == done);
  INFO(desk.out.str());
  CHECK(desk.says("  done        op "));
  CHECK(desk.says("lock of workspace prod broken"));
  CHECK(desk.says("done        deployment dpl-shop-0123456789"));
  CHECK(desk.says("given the secrets of shop: api_key@7"));
  CHECK(desk.says("done        eve "));
  CHECK(desk.says("secret shop.api_key read, version 7"));
  CHECK(desk.says("to look"));
  CHECK(desk.says("denied      ada (token abc)"));
  CHECK(desk.says("revision 2"));
  CHECK(desk.err.str().empty());
}

TEST_CASE("audit asks the timeline for whom and what is wanted, and looks again at what it says") {
  Desk desk;
  CHECK(desk.rows({"--who", "eve", "--module", "shop", "--since", "2023-01-01"}) == 1);
  REQUIRE(desk.timeline.asked.size() == 2);
  CHECK(desk.timeline.asked[0].audit().who() == "eve");
  CHECK(desk.timeline.asked[0].filter().module() == "shop");
  CHECK(desk.timeline.asked[0].filter().since_ms() == 1'672'531'200'000);
  CHECK(desk.timeline.asked[1].before_id() == 1);
  CHECK(desk.rows({"--who", "dpl-shop-0123456789"}) == 1);
  CHECK(desk.rows({"--who", "ad"}) == 0);
  CHECK(desk.rows({"--module", "shop"}) == 3);
  CHECK(desk.rows({"--module", "prod"}) == 0);
}

TEST_CASE(
    "audit reads page after page of the timeline up to its limit, and says that there is more") {
  Desk desk;
  desk.timeline.page_max = 1;
  CHECK(desk.rows({}) == 4);
  CHECK(desk.timeline.asked.size() == 5);
  CHECK(desk.rows({"--limit", "2"}) == 2);
  CHECK(desk.timeline.asked.size() == 3);
  REQUIRE(desk.run({"--limit", "2"}) == done);
  CHECK(desk.says("older ones are not shown: --limit shows more"));
}

TEST_CASE(
    "audit says what is no longer kept, what was left out or lost, and what is in memory only") {
  Desk desk;
  desk.timeline.kept.set_denied_gone(42);
  desk.timeline.kept.set_denied_gone_ms(1'699'999'999'000);
  desk.timeline.kept.set_done_gone(3);
  desk.timeline.kept.set_done_gone_ms(1'600'000'000'000);
  desk.timeline.kept.set_memory_only("audit.db: the disk is full");
  for (const char* number : {"7", "2"}) {
    test::TimelineEvent event = test::denied("ada");
    std::get<test::LogEvent>(event.what)
        .fields.insert({{"left_out", number}, {"lost_before", "1"}});
    desk.timeline.add(event);
  }
  REQUIRE(desk.run({}) == done);
  INFO(desk.err.str());
  CHECK(desk.says("left out: 9 attempts"));
  CHECK(desk.says("lost: 2 lines"));
  CHECK(desk.says("no longer kept: 42 denied attempts that made room, the newest of 2023-11-14T"));
  CHECK(desk.says("no longer kept: 3 lines of what was done"));
  CHECK(desk.says("in memory only, until it stops: audit.db: the disk is full"));
  // What is older than what is asked for is not missing from it.
  REQUIRE(desk.run({"--since", "2023-01-01"}) == done);
  CHECK(desk.says("42 denied attempts"));
  CHECK_FALSE(desk.says("of what was done"));
  desk.schema.keep(3, 4);
  REQUIRE(desk.run({}) == done);
  CHECK(desk.says("no longer kept: changes before revision 3"));
}

TEST_CASE("audit of an older timeline looks through its warnings, and says so") {
  Desk desk(true);
  // Whatever a module is called, its lines are no audit.
  desk.timeline.add({0, 1, "", "",
                     test::LogEvent{test::LineLevel::warn,
                                    "access",
                                    "dpl-access-0123456789",
                                    "access.denied",
                                    {{"who", "forged"}}}});
  REQUIRE(desk.run({"--module", "shop"}) == done);
  INFO(desk.out.str() << desk.err.str());
  REQUIRE(desk.timeline.asked.size() == 2);
  CHECK_FALSE(desk.timeline.asked[1].has_audit());
  CHECK(desk.timeline.asked[1].filter().module().empty());
  CHECK(desk.timeline.asked[1].limit() == 10'000);
  CHECK(desk.says("ada (token abc)"));
  CHECK(desk.says("secret shop.api_key read"));
  CHECK_FALSE(desk.says("lock of workspace prod"));
  CHECK_FALSE(desk.says("forged"));
  CHECK(desk.says("this timeline is older and keeps no audit apart"));
  REQUIRE(desk.run({"--output", "json"}) == done);
  CHECK(nlohmann::json::parse(desk.out.str()).at("missing").at("kept_apart") == false);
}
