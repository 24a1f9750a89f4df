// Reads that wait for a revision (`millrace-min-revision`), over real gRPC in this process: they
// hold up nobody, are bounded, and end when they have to. And the threads for reads of storage.
#include <algorithm>
#include <atomic>
#include <deque>
#include <future>

#include "services/schema/workers.hpp"
#include "support/eventually.hpp"
#include "tests/schema_service/running.hpp"

namespace service = millrace::schema_service;
namespace statekit = millrace::statekit;
namespace test = millrace::test;
namespace v2 = millrace::v2alpha1;
using test::contains;
using test::eventually;
using test::Running;

namespace {

constexpr const char* plain = "module plain { data Thing { name String } }";
constexpr std::chrono::milliseconds soon(9'000);  // before a read gives up waiting

// A GetSchema under way that wants to see this revision at least.
class WaitingRead {
 public:
  WaitingRead(Running& running, const std::string& at) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    context_.AddMetadata("millrace-min-revision", at);
    running.client().stub().async()->GetSchema(&context_, &request_, &response_,
                                               [this](grpc::Status status) {
                                                 status_ = std::move(status);
                                                 done_ = true;
                                               });
  }
  ~WaitingRead() {
    cancel();
    eventually([this] { return done(); });
  }
  void cancel() { context_.TryCancel(); }
  bool done() const { return done_; }
  // Once it is done.
  grpc::StatusCode code() const { return status_.error_code(); }
  std::string message() const { return status_.error_message(); }
  const v2::GetSchemaResponse& response() const { return response_; }

 private:
  grpc::ClientContext context_;
  v2::GetSchemaRequest request_;
  v2::GetSchemaResponse response_;
  grpc::Status status_;
  std::atomic<bool> done_ = false;
};

service::Settings with_room_for(std::int64_t waiting) {
  service::Settings settings;
  settings.waiting_max = waiting;
  return settings;
}

std::string far_ahead(Running& running) {
  return running.client().status()->head().incarnation() + ":99999";
}

int refused(const std::deque<WaitingRead>& reads) {
  return static_cast<int>(std::count_if(reads.begin(), reads.end(), [](const WaitingRead& read) {
    return read.done() && read.code() == grpc::StatusCode::RESOURCE_EXHAUSTED;
  }));
}

}  // namespace

TEST_CASE("reads that wait for a revision hold up no others, and one too many is refused") {
  Running running(with_room_for(8));
  const std::string at = far_ahead(running);
  std::deque<WaitingRead> reads;
  for (int i = 0; i < 9; ++i) reads.emplace_back(running, at);
  CHECK(eventually([&] { return refused(reads) == 1; }, soon));
  const auto status = running.client().call(&v2::SchemaService::Stub::GetStatus,
                                            v2::GetStatusRequest(), {}, soon.count());
  CHECK(status.ok());
  CHECK(running.client().deploy(plain).ok());
  CHECK(std::count_if(reads.begin(), reads.end(), [](const auto& read) { return read.done(); }) ==
        1);
}

TEST_CASE("a read that waits goes on as soon as its revision is there") {
  Running running;
  const std::string incarnation = running.client().status()->head().incarnation();
  WaitingRead read(running, incarnation + ":1");
  REQUIRE(running.client().deploy(plain).ok());
  REQUIRE(eventually([&] { return read.done(); }));
  CHECK(read.code() == grpc::StatusCode::OK);
  CHECK(read.response().position().revision() >= 1);
}

TEST_CASE("a read whose caller goes away waits no longer") {
  Running running(with_room_for(1));
  const std::string at = far_ahead(running);
  std::deque<WaitingRead> reads;
  reads.emplace_back(running, at);
  reads.emplace_back(running, at);
  REQUIRE(eventually([&] { return refused(reads) == 1; }, soon));
  for (WaitingRead& read : reads) read.cancel();
  // There is room again once one read is not refused when another one is.
  CHECK(eventually(
      [&] {
        WaitingRead one(running, at);
        WaitingRead two(running, at);
        if (!eventually([&] { return one.done() || two.done(); }, soon)) return false;
        return !(
            eventually([&] { return one.done() && two.done(); }, std::chrono::milliseconds(200)));
      },
      soon));
}

TEST_CASE("a stop answers the reads that wait for a revision") {
  Running running(with_room_for(8));
  const std::string at = far_ahead(running);
  std::deque<WaitingRead> reads;
  for (int i = 0; i < 9; ++i) reads.emplace_back(running, at);
  CHECK(eventually([&] { return refused(reads) == 1; }, soon));
  running.server().stop();
  for (WaitingRead& read : reads) {
    REQUIRE(eventually([&] { return read.done(); }));
    if (read.code() == grpc::StatusCode::RESOURCE_EXHAUSTED) continue;
    CHECK(read.code() == grpc::StatusCode::UNAVAILABLE);
    CHECK(contains(read.message(), "is stopping"));
  }
}

TEST_CASE("a stop of the workers answers what waits and finishes what is under way") {
  service::Workers workers(1, 2);
  std::promise<void> busy;
  std::atomic<int> unavailable = 0;
  std::atomic<int> too_many = 0;
  std::atomic<bool> told_first = false;
  workers.run([&](const statekit::Status& able) {
    busy.set_value();
    told_first = able.has_value() && eventually([&] { return unavailable == 2; }, soon);
  });
  busy.get_future().wait();
  const auto count = [&](const statekit::Status& able) {
    if (able) return;
    if (able.error().code == statekit::Code::unavailable) ++unavailable;
    if (able.error().code == statekit::Code::resource_exhausted) ++too_many;
  };
  for (int i = 0; i < 3; ++i) workers.run(count);
  CHECK(too_many == 1);
  workers.stop();
  CHECK(told_first);
  workers.run(count);
  CHECK(unavailable == 3);
}
