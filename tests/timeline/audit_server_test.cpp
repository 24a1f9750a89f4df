// The timeline's audit over real gRPC, with its file on a real disk.
#include <filesystem>
#include <fstream>

#include "statekit/io/timeline_codec.hpp"
#include "statekit/io/timeline_publisher.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "timeline/audit_events.hpp"
#include "timeline/running_timeline.hpp"

using namespace millrace;
using namespace millrace::test;

namespace {

struct AuditWorld : RunningTimeline {
  std::string file() const { return dir / "timeline/audit.db"; }
  std::uint64_t publish(const std::vector<TimelineEvent>& events) {
    v2alpha1::PublishRequest request;
    for (const TimelineEvent& event : events) encode(event, *request.add_events());
    grpc::ClientContext context;
    v2alpha1::PublishResponse response;
    REQUIRE(stub->Publish(&context, request, &response).ok());
    return response.accepted();
  }
  v2alpha1::TimelineQueryResponse audit(const std::string& who = "",
                                        const std::string& module = "") {
    v2alpha1::TimelineQueryRequest request;
    request.mutable_audit()->set_who(who);
    request.mutable_filter()->set_module(module);
    return ask(request);
  }
  v2alpha1::TimelineQueryResponse ask(const v2alpha1::TimelineQueryRequest& request) {
    grpc::ClientContext context;
    v2alpha1::TimelineQueryResponse response;
    REQUIRE(stub->Query(&context, request, &response).ok());
    return response;
  }
  bool says(const std::string& words) {
    for (const std::string& each : health.reasons())
      if (each.find(words) != std::string::npos) return true;
    return false;
  }
  bool shows(const std::string& metric) {
    return eventually([&] { return metrics.text().find(metric) != std::string::npos; });
  }
};

}  // namespace

TEST_CASE("what is for the audit is found in its room and among all else, and outlives a restart") {
  AuditWorld world;
  world.start();
  REQUIRE(world.publish(
              {denied("ada"), secret_read("eve"), {0, 0, "r", "", statekit::CallEvent{}}}) == 3);
  const auto page = world.audit();
  REQUIRE(page.events_size() == 2);
  CHECK(page.events(0).log().message() == "audit.secret-read");
  CHECK(page.events(0).id() == 2);
  CHECK(page.oldest_id() == 1);
  CHECK(page.has_audit());
  CHECK(page.audit().memory_only().empty());
  CHECK(world.ask({}).events_size() == 3);
  CHECK_FALSE(world.ask({}).has_audit());
  world.stop();
  world.start();
  CHECK(world.ask({}).events_size() == 0);
  CHECK(world.audit().events_size() == 2);
  CHECK(world.audit("ada").events_size() == 1);
  CHECK(world.audit("", "shop").events_size() == 2);
  CHECK(world.audit("", "access").events_size() == 0);
  REQUIRE(world.publish({denied("bob")}) == 1);
  CHECK(world.audit().events(0).id() == 3);
  CHECK(world.shows("millrace_timeline_audit_kept_events{outcome=\"denied\"} 2"));
  CHECK(world.shows("millrace_timeline_audit_memory_only 0"));
}

TEST_CASE("G8: the audit's room has its settings, and tells what made room") {
  AuditWorld world;
  world.settings.audit_events_max = 10;
  world.start();
  REQUIRE(world.publish({denied("ada")}) == 1);
  REQUIRE(world.publish(std::vector<TimelineEvent>(200, denied("", "10.0.0.9"))) == 200);
  const auto page = world.audit();
  CHECK(page.events_size() == 10);
  CHECK(page.audit().denied_gone() == 191);
  CHECK(page.audit().denied_gone_ms() == 1);
  CHECK(page.audit().done_gone() == 0);
  CHECK(world.audit("ada").events_size() == 1);
  CHECK(world.shows("millrace_timeline_audit_gone_events{outcome=\"denied\"} 191"));
}

TEST_CASE("a file that is no audit's is told and left alone, and the timeline serves from memory") {
  AuditWorld world;
  std::filesystem::create_directories(world.dir.path() / "timeline");
  const std::string theirs(5'000, 'n');
  std::ofstream(world.file()) << theirs;
  world.start();
  REQUIRE(world.publish({denied("ada")}) == 1);
  CHECK(world.audit().events_size() == 1);
  CHECK(world.audit().audit().memory_only().find("it is no audit of Millrace's") !=
        std::string::npos);
  CHECK(world.says("timeline audit: kept in memory only: " + world.file()));
  CHECK(world.health.parts().at("timeline audit").ready);
  CHECK(world.shows("millrace_timeline_audit_memory_only 1"));
  CHECK(world.shows("millrace_timeline_audit_unwritten_events 1"));
  std::ifstream file(world.file());
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == theirs);
  file.close();
  // Once it is out of the way all is written, and nothing was lost.
  std::filesystem::remove(world.file());
  CHECK(eventually([&] { return world.audit().audit().memory_only().empty(); }));
  CHECK(world.shows("millrace_timeline_audit_unwritten_events 0"));
  CHECK_FALSE(world.says("timeline audit"));
  world.stop();
  world.start();
  CHECK(world.audit().events_size() == 1);
}

TEST_CASE("of two timelines on one folder the second is told, and serves from memory") {
  AuditWorld first;
  first.start();
  REQUIRE(first.publish({denied("ada")}) == 1);
  AuditWorld second;
  second.settings.data = first.settings.data;
  second.start();
  REQUIRE(second.publish({denied("bob")}) == 1);
  CHECK(second.audit().events_size() == 1);
  CHECK(second.audit().audit().memory_only().find("another process has it") != std::string::npos);
  REQUIRE(first.publish({denied("cal")}) == 1);
  CHECK(first.audit().events_size() == 2);
  CHECK(first.audit().audit().memory_only().empty());
  // And has both once the first is gone.
  first.stop();
  CHECK(eventually([&] {
    const auto page = second.audit();
    return page.events_size() == 3 && page.audit().memory_only().empty();
  }));
}
