// Where the token of this process goes, over real sockets. 0.0.0.0 leads to this machine and is
// none of its names: to whoever reads addresses it is another machine.
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>

#include "statekit/io/channel.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

namespace millrace::statekit {
namespace {

// Hears what is shown to it.
class Ear final : public v2alpha1::TimelineService::Service {
 public:
  Ear() : server_(std::move(GrpcServer::start({}, {this}).value())) {}

  grpc::Status Ping(grpc::ServerContext* context, const v2alpha1::PingRequest*,
                    v2alpha1::PingResponse*) override {
    const std::lock_guard lock(mutex_);
    ++calls_;
    const auto found = context->client_metadata().find("authorization");
    heard_ = found == context->client_metadata().end()
                 ? ""
                 : std::string(found->second.data(), found->second.size());
    return grpc::Status::OK;
  }

  std::string at(const std::string& host) const {
    return host + ":" + std::to_string(server_->port());
  }
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  GrpcServer& server() { return *server_; }

 private:
  mutable std::mutex mutex_;
  int calls_ = 0;
  std::string heard_;
  std::unique_ptr<GrpcServer> server_;
};

grpc::Status ping(const Channel& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  v2alpha1::PingResponse response;
  return v2alpha1::TimelineService::NewStub(channel.grpc())->Ping(&context, {}, &response);
}

struct Shows {
  explicit Shows(TokenRules rules = {}) { show_token("secret", std::move(rules)); }
  ~Shows() { show_token({}); }
};

TEST_CASE("a token goes to this machine in clear, and to another one only where that was said") {
  Ear ear;
  {
    const Shows shows;
    CHECK(ping(connect(ear.at("127.0.0.1"))).ok());
    CHECK(ear.heard() == "Bearer secret");
  }
  const Shows shows({.in_clear = true});
  CHECK(ping(connect(ear.at("0.0.0.0"))).ok());
  CHECK(ear.heard() == "Bearer secret");
}

TEST_CASE("a call that would show a token in clear to another machine fails and says what to do") {
  Ear ear;
  const Shows shows({.remedy = "do this"});
  const Channel channel = connect(ear.at("0.0.0.0"));
  const grpc::Status status = ping(channel);
  CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(status.error_message() == "the token would go to " + ear.at("0.0.0.0") +
                                      " in clear, where it can be read on its way: do this");
  grpc::ClientContext context;
  const auto stream = v2alpha1::TimelineService::NewStub(channel.grpc())->Stream(&context, {});
  v2alpha1::TimelineStreamResponse read;
  CHECK_FALSE(stream->Read(&read));
  CHECK(stream->Finish().error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(ear.calls() == 0);
  CHECK_FALSE(may_show_token("10.0.0.1:8892"));
  CHECK_FALSE(may_show_token("127.0.0.1.example:8892"));
}

TEST_CASE("whoever shows nothing there may connect anywhere in clear") {
  Ear ear;
  CHECK(ping(connect(ear.at("0.0.0.0"))).ok());
  const Shows shows;
  ChannelOptions to_module;
  to_module.shows_token = false;
  CHECK(ping(connect(ear.at("0.0.0.0"), to_module)).ok());
  CHECK(ear.heard().empty());
}

TEST_CASE("a token that was drawn for this process alone is shown on channels inside it alone") {
  Ear ear;
  const Shows shows({.leaves_process = false});
  CHECK(ping(connect(ear.at("127.0.0.1"))).ok());
  CHECK(ear.heard().empty());
  CHECK(ping(ear.server().in_process_channel()).ok());
  CHECK(ear.heard() == "Bearer secret");
}

}  // namespace
}  // namespace millrace::statekit
