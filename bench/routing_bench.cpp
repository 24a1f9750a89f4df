// What one hop through the router costs: the same calls to one module, straight and through a
// router, all in this process over the loopback. Prints calls per second, CPU per call and the time
// that a call takes; the hop is the difference. Peers are run by ./dev bench beside it.
//
//   routing_bench [SECONDS [IN_FLIGHT [BODY_BYTES]]]
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "tests/routing/world.hpp"

using namespace millrace;
using Clock = std::chrono::steady_clock;

namespace {

// On gRPC's callback API, as cheap as a module gets.
class EchoModule final : public v2alpha1::VerbService::CallbackService {
 public:
  EchoModule() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v2alpha1::CallRequest* request,
                                 v2alpha1::CallResponse* response) override {
    response->set_body(request->body());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Figures {
  double calls_per_second = 0;
  double cpu_us = 0;  // a call, of client, router and module together
  double p50_us = 0;
  double p99_us = 0;
  std::size_t failed = 0;
};

// Keeps `in_flight` calls on their way until the time is over.
template <class Stub>
class Load {
 public:
  Load(Stub& stub, v2alpha1::CallRequest request) : stub_(stub), request_(std::move(request)) {}

  Figures run(double seconds, int in_flight) {
    const auto begin = Clock::now();
    const double cpu = cpu_seconds();
    end_ =
        begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    open_ = in_flight;
    for (int i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return open_ == 0; });
    return figures(std::chrono::duration<double>(Clock::now() - begin).count(),
                   cpu_seconds() - cpu);
  }

 private:
  struct One {
    grpc::ClientContext context;
    v2alpha1::CallResponse response;
    Clock::time_point begin = Clock::now();
  };

  void next() {
    auto one = std::make_shared<One>();
    stub_.async()->Call(&one->context, &request_, &one->response, [this, one](grpc::Status status) {
      const auto now = Clock::now();
      const bool over = now >= end_;
      {
        std::lock_guard lock(mutex_);
        took_us_.push_back(std::chrono::duration<float, std::micro>(now - one->begin).count());
        failed_ += status.ok() ? 0 : 1;
        if (over && --open_ == 0) done_.notify_all();
      }
      if (!over) next();
    });
  }

  Figures figures(double seconds, double cpu) {
    std::sort(took_us_.begin(), took_us_.end());
    const auto calls = static_cast<double>(took_us_.size());
    const auto at = [&](double share) {
      return static_cast<double>(took_us_[static_cast<std::size_t>(share * (calls - 1))]);
    };
    return {calls / seconds, cpu / calls * 1e6, at(0.5), at(0.99), failed_};
  }

  Stub& stub_;
  const v2alpha1::CallRequest request_;
  Clock::time_point end_;
  std::mutex mutex_;
  std::condition_variable done_;
  int open_ = 0;
  std::vector<float> took_us_;
  std::size_t failed_ = 0;
};

void print(const char* what, const Figures& f) {
  std::printf("%-8s %9.0f calls/s  %6.1f us CPU a call  p50 %6.0f us  p99 %6.0f us  %zu failed\n",
              what, f.calls_per_second, f.cpu_us, f.p50_us, f.p99_us, f.failed);
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 5;
  const int in_flight = argc > 2 ? std::atoi(argv[2]) : 64;
  const int body_bytes = argc > 3 ? std::atoi(argv[3]) : 1024;

  EchoModule module;
  test::RouterWorld world;
  world.start();
  const auto revision = world.deploy("echo", {module.address()});
  if (!world.call_at(revision, "echo").status.ok()) return 2;

  v2alpha1::CallRequest request = test::RouterWorld::request("echo");
  request.set_body(std::string(static_cast<std::size_t>(body_bytes), 'x'));
  auto* id = request.add_metadata();
  id->set_key("millrace-request-id");
  id->set_value("req-0123456789abcdefghij");

  const auto straight = v2alpha1::VerbService::NewStub(statekit::connect(module.address()).grpc());
  const auto routed =
      v2alpha1::RoutingService::NewStub(statekit::connect(world.server->address()).grpc());
  Load(*straight, request).run(0.5, in_flight);
  Load(*routed, request).run(0.5, in_flight);
  const Figures without = Load(*straight, request).run(seconds, in_flight);
  const Figures with = Load(*routed, request).run(seconds, in_flight);
  print("straight", without);
  print("routed", with);
  std::printf("hop      %6.1f us CPU a call\n", with.cpu_us - without.cpu_us);
  return with.failed + without.failed == 0 ? 0 : 1;
}
