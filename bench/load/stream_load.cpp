// Many followers of one writer's stream, against the schema service's feed or etcd's watch:
//
//   stream_load feed|watch ADDRESS FOLLOWERS SECONDS WRITERS RATE BYTES
//
// RATE writes a second from one writer (0: as many as the writers can): with a rate the time from
// the write's begin until each follower has it, without one how many commits are delivered. Every
// follower has a stream of its own; a hundred share a connection. It begins at the head: what is
// measured is what comes, not how a follower gets the state that was there (cold_load does).
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#include "bench/load/load.hpp"
#include "bench/load/writers_pb.hpp"
#include "etcd.grpc.pb.h"
#include "v2alpha1/schema.grpc.pb.h"

using namespace millrace;
using namespace millrace::bench;

namespace {

constexpr int streams_of_connection = 100;

struct Arrival {
  std::uint64_t revision = 0;  // the last of a message
  std::uint64_t count = 0;
  Clock::time_point at;
};

struct Feed {
  using Stub = v2alpha1::SchemaService::Stub;
  using Request = v2alpha1::SubscribeRequest;
  using Response = v2alpha1::SubscribeResponse;
  static auto stub(const std::shared_ptr<grpc::Channel>& channel) {
    return v2alpha1::SchemaService::NewStub(channel);
  }
  template <class Reactor>
  static void open(Stub& stub, grpc::ClientContext& context, Reactor* reactor) {
    stub.async()->Subscribe(&context, reactor);
  }
  static void introduce(v2alpha1::FeedHello& hello, int number) {
    hello.set_kind("bench");
    hello.set_instance("bench-" + std::to_string(number));
    hello.set_format(1);
  }
  // What all of them begin at: one that has nothing is told where its snapshot stands.
  static Request begin(Stub& stub) {
    grpc::ClientContext context;
    const auto stream = stub.Subscribe(&context);
    Request request;
    introduce(*request.mutable_hello(), 0);
    Response response;
    if (!stream->Write(request) || !stream->Read(&response)) return request;
    *request.mutable_hello()->mutable_position() = response.snapshot().position();
    context.TryCancel();
    while (stream->Read(&response)) continue;
    (void)stream->Finish();
    return request;
  }
  static Request hello(Request request, int number) {
    introduce(*request.mutable_hello(), number);
    return request;
  }
  // True: the stream stands, and what comes from now on is new.
  static bool stands(const Response& response) {
    return response.has_heartbeat() || (response.has_snapshot() && response.snapshot().last());
  }
  static Arrival arrival(const Response& response) {
    const auto& commits = response.commits();
    const auto count = static_cast<std::uint64_t>(commits.commits_size());
    return {commits.first_revision() + count - 1, response.has_commits() ? count : 0, Clock::now()};
  }
  // What the server is told, as every follower does.
  static bool ack(const Response& response, Request& request) {
    if (!response.has_commits()) return false;
    request.mutable_ack()->set_revision(arrival(response).revision);
    request.mutable_ack()->set_journal_digest(response.commits().digest());
    return true;
  }
};

struct Watch {
  using Stub = etcdserverpb::Watch::Stub;
  using Request = etcdserverpb::WatchRequest;
  using Response = etcdserverpb::WatchResponse;
  static auto stub(const std::shared_ptr<grpc::Channel>& channel) {
    return etcdserverpb::Watch::NewStub(channel);
  }
  template <class Reactor>
  static void open(Stub& stub, grpc::ClientContext& context, Reactor* reactor) {
    stub.async()->Watch(&context, reactor);
  }
  static Request begin(Stub&) { return {}; }
  static Request hello(Request request, int) {
    request.mutable_create_request()->set_key("bench/");
    request.mutable_create_request()->set_range_end("bench0");
    return request;
  }
  static bool stands(const Response& response) { return response.created(); }
  static Arrival arrival(const Response& response) {
    const int count = response.events_size();
    const auto last = count == 0 ? 0 : response.events(count - 1).kv().mod_revision();
    return {static_cast<std::uint64_t>(last), static_cast<std::uint64_t>(count), Clock::now()};
  }
  static bool ack(const Response&, Request&) { return false; }
};

template <class Kind>
class Follower final
    : public grpc::ClientBidiReactor<typename Kind::Request, typename Kind::Response> {
 public:
  Follower(const std::shared_ptr<grpc::Channel>& channel, typename Kind::Request hello, bool keep)
      : stub_(Kind::stub(channel)), keep_(keep), outgoing_(std::move(hello)) {
    Kind::open(*stub_, context_, this);
    this->StartWrite(&outgoing_);
    this->StartRead(&incoming_);
    this->StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const Arrival arrival = Kind::arrival(incoming_);
    if (keep_ && arrival.count > 0) arrivals_.push_back(arrival);
    delivered_ += arrival.count;
    if (Kind::stands(incoming_)) stands_ = true;
    if (!writing_.exchange(true)) {
      if (Kind::ack(incoming_, outgoing_)) {
        this->StartWrite(&outgoing_);
      } else {
        writing_ = false;
      }
    }
    this->StartRead(&incoming_);
  }
  void OnWriteDone(bool) override { writing_ = false; }
  void OnDone(const grpc::Status& status) override {
    if (!stands_) std::fprintf(stderr, "%s\n", status.error_message().c_str());
    done_ = true;
  }

  bool stands() const { return stands_; }
  bool done() const { return done_; }
  std::uint64_t delivered() const { return delivered_; }
  void end() { context_.TryCancel(); }
  const std::vector<Arrival>& arrivals() const { return arrivals_; }  // REQUIRES: done

 private:
  std::unique_ptr<typename Kind::Stub> stub_;
  grpc::ClientContext context_;
  const bool keep_;
  typename Kind::Request outgoing_;
  typename Kind::Response incoming_;
  std::vector<Arrival> arrivals_;
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<bool> stands_{false}, writing_{true}, done_{false};
};

struct Options {
  std::string address;
  int followers = 1;
  double seconds = 5;
  int writers = 1;
  double rate = 0;
  int bytes = 200;
  MakeWriter make = nullptr;
};

// When each revision's write began; with one writer.
using Begun = std::map<std::uint64_t, Clock::time_point>;

Begun write(const Options& options) {
  Begun begun;
  std::mutex mutex;
  (void)run_clients(options.writers, options.seconds,
                    [&](int client, Clock::time_point end, Outcome&) {
                      const auto writer = options.make(options.address, client, options.bytes);
                      auto due = Clock::now();
                      while (Clock::now() < end) {
                        std::uint64_t revision = 0;
                        const auto now = Clock::now();
                        if (writer->write(revision).ok() && options.rate > 0) {
                          const std::lock_guard lock(mutex);
                          begun[revision] = now;
                        }
                        if (options.rate <= 0) continue;
                        due += std::chrono::microseconds(static_cast<int>(1e6 / options.rate));
                        std::this_thread::sleep_until(due);
                      }
                    });
  return begun;
}

template <class Condition>
bool until(double seconds, Condition condition) {
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

template <class Followers>
std::uint64_t delivered(const Followers& followers) {
  std::uint64_t sum = 0;
  for (const auto& each : followers) sum += each->delivered();
  return sum;
}

template <class Kind>
int load(const Options& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  std::vector<std::unique_ptr<Follower<Kind>>> followers;
  const auto begin = Kind::begin(*Kind::stub(own_channel(options.address)));
  for (int i = 0; i < options.followers; ++i) {
    if (i % streams_of_connection == 0) channels.push_back(own_channel(options.address));
    followers.push_back(
        std::make_unique<Follower<Kind>>(channels.back(), Kind::hello(begin, i), options.rate > 0));
  }
  const auto all = [&](auto holds) {
    return std::all_of(followers.begin(), followers.end(),
                       [&](auto& each) { return holds(*each); });
  };
  const bool stood = until(30, [&] { return all([](auto& each) { return each.stands(); }); });
  Outcome outcome;
  const std::uint64_t before = delivered(followers);
  const auto from = Clock::now();
  const Begun begun = stood ? write(options) : Begun();
  outcome.seconds = std::chrono::duration<double>(Clock::now() - from).count();
  const std::uint64_t count = delivered(followers) - before;
  if (options.rate > 0) std::this_thread::sleep_for(std::chrono::seconds(1));  // the last ones
  for (auto& each : followers) each->end();
  const bool ended = until(30, [&] { return all([](auto& each) { return each.done(); }); });
  if (!stood || !ended) {
    std::fprintf(stderr, "stream_load: not every stream could be %s\n", stood ? "ended" : "opened");
    std::_Exit(2);  // gRPC still holds them
  }
  for (const auto& each : followers) {
    for (const Arrival& arrival : each->arrivals()) {
      for (std::uint64_t i = 0; i < arrival.count; ++i) {
        const auto write = begun.find(arrival.revision - i);
        if (write != begun.end())
          outcome.took_us.push_back(microseconds(arrival.at - write->second));
      }
    }
  }
  std::sort(outcome.took_us.begin(), outcome.took_us.end());
  std::printf("{\"operations\":%llu,\"per_second\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
              static_cast<unsigned long long>(count), static_cast<double>(count) / outcome.seconds,
              percentile(outcome.took_us, 0.5), percentile(outcome.took_us, 0.99));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr,
                 "usage: stream_load feed|watch ADDRESS FOLLOWERS SECONDS WRITERS RATE BYTES\n");
    return 2;
  }
  Options options{argv[2],
                  std::atoi(argv[3]),
                  std::atof(argv[4]),
                  std::atoi(argv[5]),
                  std::atof(argv[6]),
                  std::atoi(argv[7]),
                  schema_writer};
  const bool watch = std::strcmp(argv[1], "watch") == 0;
  if (watch) options.make = etcd_writer;
  return watch ? load<Watch>(options) : load<Feed>(options);
}
