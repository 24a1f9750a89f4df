// A timeline of one test, on a free port and in a folder of its own.
#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>

#include "services/timeline/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/schema_feed.hpp"
#include "support/temp_dir.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::test {

struct RunningTimeline {
  TempDir dir;
  SchemaFeed feed;
  statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health health;
  timeline::Settings settings;
  timeline::Wiring wiring;
  std::unique_ptr<timeline::Server> server;
  std::unique_ptr<v2alpha1::TimelineService::Stub> stub;

  RunningTimeline() {
    settings.listen = "127.0.0.1:0";
    settings.data = dir.path();
    wiring.clock = &clock;
    wiring.metrics = &metrics;
    wiring.health = &health;
    wiring.feed = feed.transport();
  }
  void start() {
    auto started = timeline::start(settings, wiring);
    statekit::check(started.has_value(), "the timeline starts");
    server = std::move(*started);
    stub = v2alpha1::TimelineService::NewStub(statekit::connect(server->address()).grpc());
  }
  void stop() {
    stub.reset();
    server.reset();
  }
};

}  // namespace millrace::test
