#include "tests/console/system.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>

#include <grpcpp/grpcpp.h>

#include "httpkit/client.hpp"
#include "schema/codec_pb.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "services/console/server.hpp"
#include "services/schema/server.hpp"
#include "statekit/io/clock.hpp"
#include "statekit/io/grpc_server.hpp"
#include "statekit/io/timeline_codec.hpp"
#include "support/temp_dir.hpp"
#include "v2alpha1/schema.grpc.pb.h"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::test {
namespace pb = millrace::v2alpha1;

class FakeTimeline final : public pb::TimelineService::Service {
 public:
  grpc::Status Query(grpc::ServerContext*, const pb::TimelineQueryRequest* request,
                     pb::TimelineQueryResponse* response) override {
    const std::lock_guard lock(mutex_);
    for (auto at = events_.rbegin(); at != events_.rend(); ++at)
      if (response->events_size() < static_cast<int>(request->limit()))
        statekit::encode(*at, *response->add_events());
    return grpc::Status::OK;
  }
  grpc::Status Stream(grpc::ServerContext* context, const pb::TimelineStreamRequest* request,
                      grpc::ServerWriter<pb::TimelineStreamResponse>* writer) override {
    std::uint64_t told = request->after_id();
    std::unique_lock lock(mutex_);
    const int born = breaks_;
    opened_ = true;
    wake_.notify_all();
    // Asked to go on from an event that was forgotten meanwhile: as the real one does, say so.
    if (told > (events_.empty() ? 0 : events_.back().id)) {
      pb::TimelineStreamResponse response;
      response.set_gap(true);
      writer->Write(response);
      return grpc::Status::OK;
    }
    while (born == breaks_ && !context->IsCancelled()) {
      for (const statekit::TimelineEvent& event : events_) {
        if (event.id <= told) continue;
        pb::TimelineStreamResponse response;
        statekit::encode(event, *response.add_events());
        told = event.id;
        if (!writer->Write(response)) return grpc::Status::OK;
      }
      wake_.wait_for(lock, std::chrono::milliseconds(10));
    }
    return grpc::Status::OK;
  }
  void happen(statekit::TimelineEvent event) {
    const std::lock_guard lock(mutex_);
    event.id = events_.empty() ? 1 : events_.back().id + 1;
    events_.push_back(std::move(event));
    wake_.notify_all();
  }
  // One must be open to end: else the page may go on from an event of before.
  void end_streams(bool forget) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::seconds(60), [this] { return opened_; });
    if (forget) events_.clear();
    ++breaks_;
    wake_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<statekit::TimelineEvent> events_;
  int breaks_ = 0;
  bool opened_ = false;
};

struct System::Parts {
  TempDir folder;
  statekit::SystemClock clock;
  statekit::Metrics metrics;
  statekit::Health schema_health;
  statekit::Health health;
  FakeTimeline timeline;
  std::unique_ptr<statekit::GrpcServer> timeline_server;
  std::unique_ptr<schema_service::Server> schema;
  std::unique_ptr<console::Server> console;
};

System::System() : parts_(std::make_unique<Parts>()) {
  statekit::GrpcServerOptions options;
  options.listen = "";
  options.stop_ms_max = 100;
  parts_->timeline_server =
      std::move(statekit::GrpcServer::start(options, {&parts_->timeline}).value());

  schema_service::Settings schema;
  schema.data = parts_->folder.path().string();
  schema.listen = "127.0.0.1:0";
  schema.probe_interval_ms = 50;
  parts_->schema = std::move(
      schema_service::start(schema, {&parts_->clock, &parts_->metrics, &parts_->schema_health})
          .value());

  console::Settings settings;
  settings.data = parts_->folder.path().string();
  settings.http_listen = "127.0.0.1:0";
  settings.instance = "console-under-test";
  console::Wiring wiring;
  // Over the network: an in-process channel must not outlive its server, and one test stops it.
  wiring.schema = {statekit::connect(parts_->schema->address())};
  wiring.timeline = parts_->timeline_server->in_process_channel();
  wiring.clock = &parts_->clock;
  wiring.metrics = &parts_->metrics;
  wiring.health = &parts_->health;
  parts_->console = std::move(console::start(settings, wiring).value());
}

System::~System() {
  stop_console();
  parts_->timeline.end_streams(false);
  parts_->timeline_server->stop();
  stop_schema();
}

void System::deploy(const std::string& module_text) {
  schema::Schema read = schema::parse(module_text, "test.schema").schema;
  schema::resolve(read);
  pb::CreateChangesetRequest request;
  request.mutable_write()->set_author("ada");
  for (const schema::Module& module : read.modules) {
    pb::ModuleToDeploy& deployed = *request.add_modules();
    *deployed.mutable_schema() = schema::to_proto(module);
    deployed.set_build("b-1");
    deployed.set_fixed_endpoint("127.0.0.1:1");
  }
  grpc::ClientContext context;
  pb::CreateChangesetResponse response;
  const auto stub = pb::SchemaService::NewStub(parts_->schema->in_process().grpc());
  const grpc::Status status = stub->CreateChangeset(&context, request, &response);
  if (!status.ok()) throw std::runtime_error(status.error_message());
}

void System::happen(const statekit::TimelineEvent& event) { parts_->timeline.happen(event); }
void System::break_timeline() { parts_->timeline.end_streams(false); }
void System::restart_timeline() { parts_->timeline.end_streams(true); }

void System::stop_schema() { parts_->schema->stop(); }
void System::stop_console() { parts_->console->stop(); }
std::string System::console_address() const { return parts_->console->address(); }
std::string System::schema_address() const { return parts_->schema->address(); }
bool System::console_ready() const { return parts_->health.ready(); }

httpkit::Response System::get(const std::string& target) const {
  return httpkit::fetch("GET", "http://" + console_address() + target, "", {}, 60'000).value();
}

EventStream::EventStream(const std::string& address) {
  const auto colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    throw std::runtime_error("cannot connect to " + address);
  const std::string request = "GET /api/events HTTP/1.1\r\nHost: " + address + "\r\n\r\n";
  if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) < 0)
    throw std::runtime_error("cannot send to " + address);
}

EventStream::~EventStream() { ::close(socket_); }

bool EventStream::read_more() {
  pollfd wanted{socket_, POLLIN, 0};
  if (::poll(&wanted, 1, 60'000) <= 0) return false;
  char octets[65536];
  const ssize_t count = ::recv(socket_, octets, sizeof octets, 0);
  if (count <= 0) return false;
  buffer_.append(octets, static_cast<std::size_t>(count));
  return true;
}

bool EventStream::hears(const std::string& text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    const std::size_t at = buffer_.find(text);
    if (at != std::string::npos) {
      buffer_.erase(0, at);
      return true;
    }
    if (std::chrono::steady_clock::now() > end || !read_more()) return false;
  }
}

bool EventStream::ends() {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (read_more())
    if (std::chrono::steady_clock::now() > end) return false;
  return true;
}

}  // namespace millrace::test
