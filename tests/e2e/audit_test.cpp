// The audit with the real binaries: what the timeline answered is there after kill -9 at any
// moment, and `millrace audit` shows it after a restart.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include <grpcpp/grpcpp.h>

#include "e2e/steps.hpp"
#include "httpkit/client.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/timeline_codec.hpp"
#include "support/catch.hpp"
#include "support/ports.hpp"
#include "timeline/audit_events.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

using namespace millrace;
using namespace millrace::e2e;

namespace {

namespace fs = std::filesystem;

// One `millrace-timeline`, killed and started again on the same folder.
class Timeline {
 public:
  explicit Timeline(Words under = {}, std::string data = {})
      : under_(std::move(under)), data_(data.empty() ? folder_.path("data") : std::move(data)) {
    start();
  }

  void start() {
    Words words = under_;
    for (const std::string& each :
         {binary("millrace-timeline"), "--data=" + data_, "--timeline.listen=" + address_,
          "--timeline.health_listen=" + health_, std::string("--timeline.schema=127.0.0.1:1")})
      words.push_back(each);
    process_ = std::make_unique<Process>(words, folder_.path("log-" + std::to_string(++logs_)));
    REQUIRE(process_->says("timeline.started"));
    stub_ = v2alpha1::TimelineService::NewStub(statekit::connect(address_).grpc());
  }
  void kill() {
    process_->signal(SIGKILL);
    REQUIRE(process_->wait() == 128 + SIGKILL);
  }

  bool publish(const std::vector<statekit::TimelineEvent>& events) {
    v2alpha1::PublishRequest request;
    for (const auto& event : events) encode(event, *request.add_events());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v2alpha1::PublishResponse response;
    return stub_->Publish(&context, request, &response).ok() &&
           response.accepted() == events.size();
  }
  v2alpha1::TimelineQueryResponse audit() {
    v2alpha1::TimelineQueryRequest request;
    request.set_limit(10'000);
    request.mutable_audit();
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v2alpha1::TimelineQueryResponse response;
    const grpc::Status status = stub_->Query(&context, request, &response);
    INFO(status.error_message());
    REQUIRE(status.ok());
    return response;
  }
  std::multiset<std::string> told() {
    std::multiset<std::string> all;
    const v2alpha1::TimelineQueryResponse page = audit();
    for (const auto& event : page.events()) all.insert(event.log().fields().at("what"));
    return all;
  }
  std::string page(const std::string& name) const {
    const auto answer = httpkit::fetch("GET", "http://" + health_ + name, "", {}, 10'000);
    return answer ? answer->body : answer.error().message;
  }

  Process& process() { return *process_; }
  const Folder& folder() const { return folder_; }
  std::string file() const { return data_ + "/timeline/audit.db"; }

 private:
  Folder folder_;
  const Words under_;
  const std::string data_;
  const std::string address_ = "127.0.0.1:" + std::to_string(test::unused_port());
  const std::string health_ = "127.0.0.1:" + std::to_string(test::unused_port());
  int logs_ = 0;
  std::unique_ptr<Process> process_;
  std::unique_ptr<v2alpha1::TimelineService::Stub> stub_;
};

bool may_mount() {
  return run({"unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"}).exit_code == 0;
}

statekit::TimelineEvent attempt(int number) {
  return test::denied("", "10.0.0.1", "attempt " + std::to_string(number));
}

}  // namespace

TEST_CASE(
    "G1: what the timeline answered for the audit is there after kill -9, round after round") {
  Timeline timeline;
  std::multiset<std::string> answered;
  int number = 0;
  for (int round = 0; round < 12; ++round) {
    INFO("round " << round);
    for (int batch = 0; batch <= round * 3; ++batch) {
      const int first = number;
      number += 1 + batch % 4;
      std::vector<statekit::TimelineEvent> events;
      for (int i = first; i < number; ++i) events.push_back(attempt(i));
      REQUIRE(timeline.publish(events));
      for (int i = first; i < number; ++i) answered.insert("attempt " + std::to_string(i));
    }
    timeline.kill();  // at once after an answer
    timeline.start();
    REQUIRE(timeline.told() == answered);
  }
  CHECK((fs::status(timeline.file()).permissions() & fs::perms::mask) == fs::perms(0600));
}

TEST_CASE("a damaged audit's file is told, stays as it is, and the timeline serves on") {
  Timeline timeline;
  for (int i = 0; i < 100; ++i) REQUIRE(timeline.publish({attempt(i)}));
  timeline.kill();
  for (const char* beside : {"-wal", "-shm"}) fs::remove(timeline.file() + beside);
  const std::string damaged = std::string(4'096, 'd') + read_file(timeline.file());
  write_file(timeline.file(), damaged);
  timeline.start();
  CHECK(timeline.process().says("timeline.audit-in-memory"));
  REQUIRE(timeline.publish({attempt(7)}));
  CHECK(timeline.told() == std::multiset<std::string>{"attempt 7"});
  CHECK(holds(timeline.page("/readyz"), "timeline audit: kept in memory only: " + timeline.file()));
  CHECK(eventually(
      [&] { return holds(timeline.page("/metrics"), "millrace_timeline_audit_memory_only 1"); }));
  CHECK(read_file(timeline.file()) == damaged);
  // As its log says.
  fs::rename(timeline.file(), timeline.file() + ".damaged");
  CHECK(timeline.process().says("timeline.audit-on-disk"));
  timeline.kill();
  timeline.start();
  CHECK(timeline.told() == std::multiset<std::string>{"attempt 7"});
}

TEST_CASE(
    "a full disk is told, the audit goes on in memory, and room brings all of it to the disk") {
  if (!may_mount()) {
    WARN("not tried here: this needs the right to mount");
    return;
  }
  const Folder folder;
  const std::string disk = folder.path("disk");
  fs::create_directories(disk);
  // The timeline alone sees this disk, which a ballast shares with it.
  Timeline timeline({"unshare", "--mount", "sh", "-c",
                     "mount -t tmpfs -o size=4000k none " + disk +
                         " && head -c 3000000 /dev/zero >" + disk + "/ballast && exec \"$@\"",
                     "sh"},
                    disk);
  int number = 0;
  const auto is_full = [&] { return holds(timeline.page("/readyz"), "the disk is full"); };
  while (number < 100'000 && !is_full()) {
    std::vector<statekit::TimelineEvent> events;
    for (int i = 0; i < 200; ++i) events.push_back(attempt(number++));
    REQUIRE(timeline.publish(events));
  }
  REQUIRE(is_full());
  CHECK(timeline.told().size() == static_cast<std::size_t>(number));
  CHECK(holds(timeline.audit().audit().memory_only(), "free some space"));
  const std::string pid = std::to_string(timeline.process().pid());
  REQUIRE(run({"nsenter", "--mount", "--target", pid, "rm", disk + "/ballast"}).exit_code == 0);
  CHECK(timeline.process().says("timeline.audit-on-disk"));
  CHECK(eventually([&] {
    return holds(timeline.page("/metrics"), "millrace_timeline_audit_unwritten_events 0");
  }));
  CHECK_FALSE(is_full());
}

TEST_CASE("millrace audit shows after kill -9 who was denied, and who read a secret and why") {
  Cluster cluster({"--settings-version=2", "--auth.mode=required"});
  REQUIRE(cluster.ready());
  const std::string root = cluster.data() + "/bootstrap.token";
  const auto as_root = [&](Words words) {
    words.insert(words.end(), {"--token-file", root});
    return cluster.millrace(words);
  };
  const std::string viewer = cluster.folder().path("vera.token");
  REQUIRE(as_root({"token", "create", "vera", "--file", viewer, "--role", "secret-reader=bank"})
              .exit_code == 0);
  const std::string schema = cluster.folder().path("shop.schema");
  const std::string value = cluster.folder().path("value");
  write_file(schema, "module shop {\n  secret api_key String\n}\n");
  write_file(value, "hidden");
  REQUIRE(as_root({"deploy", schema, "--wait"}).exit_code == 0);
  REQUIRE(as_root({"secret", "set", "shop.api_key", "@" + value, "--text"}).exit_code == 0);
  REQUIRE(as_root({"secret", "get", "shop.api_key", "--reason", "to look"}).exit_code == 0);
  CHECK(cluster.millrace({"secret", "get", "shop.api_key", "--token-file", viewer}).exit_code == 1);
  std::string audit;
  const auto shows_both = [&](const Words& more) {
    Words words = {"audit"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome shown = as_root(words);
    audit = shown.out + shown.err;
    return holds(audit, "secret shop.api_key read") && holds(audit, "denied      vera (token ");
  };
  REQUIRE(eventually([&] { return shows_both({}); }));
  const auto metrics = "http://127.0.0.1:" + std::to_string(cluster.port("timeline.health_listen"));
  REQUIRE(eventually([&] {
    const auto page = httpkit::fetch("GET", metrics + "/metrics", "", {}, 10'000);
    return page && holds(page->body, "millrace_timeline_audit_unwritten_events 0") &&
           page->body.find("audit_kept_events{outcome=\"denied\"} 0") == std::string::npos &&
           page->body.find("audit_kept_events{outcome=\"done\"} 0") == std::string::npos;
  }));
  cluster.serve().signal(SIGKILL);
  REQUIRE(cluster.serve().wait() == 128 + SIGKILL);
  cluster.start();
  REQUIRE(cluster.ready());
  CHECK(eventually([&] { return shows_both({}); }));
  CHECK(shows_both({"--module", "shop"}));
  CHECK(holds(as_root({"audit", "--who", "vera"}).out, "denied"));
  CHECK_FALSE(holds(as_root({"audit", "--who", "vera"}).out, "read, version"));
  CHECK(holds(as_root({"audit", "--who", "bootstrap"}).out, "to look"));
  CHECK_FALSE(holds(as_root({"audit"}).out, "hidden"));
}
