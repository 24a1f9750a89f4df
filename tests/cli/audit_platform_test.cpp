// `millrace audit` takes for the platform's what is, and nothing that a module could have told.
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "cli/running_schema.hpp"
#include "support/catch.hpp"
#include "v2alpha1/timeline.grpc.pb.h"

using namespace millrace;

namespace {

// A timeline that tells these lines, whoever asks.
class Timeline final : public v2alpha1::TimelineService::CallbackService {
 public:
  Timeline() {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~Timeline() override { server_->stop(); }
  std::string address() const { return server_->address(); }

  void tell(const std::string& source, const std::string& deployment, const std::string& message,
            const std::string& who) {
    v2alpha1::TimelineEvent& event = *events_.Add();
    v2alpha1::LogEvent& line = *event.mutable_log();
    line.set_source(source);
    line.set_deployment(deployment);
    line.set_message(message);
    (*line.mutable_fields())["who"] = who;
    (*line.mutable_fields())["left_out"] = "0";
  }

 private:
  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context,
                                  const v2alpha1::TimelineQueryRequest*,
                                  v2alpha1::TimelineQueryResponse* response) override {
    *response->mutable_events() = events_;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  google::protobuf::RepeatedPtrField<v2alpha1::TimelineEvent> events_;
  std::unique_ptr<statekit::GrpcServer> server_;
};

std::string audit(const test::RunningSchema& schema, const Timeline& timeline) {
  std::ostringstream out, err;
  cli::Session session;
  session.out = &out;
  session.err = &err;
  const auto commands = cli::all_commands(session);
  const cli::Parsed parsed = cli::parse(
      commands, {"audit", "--schema", schema.address(), "--timeline", timeline.address()}, session);
  INFO(err.str());
  REQUIRE_FALSE(parsed.exit_code);
  const int exit_code = parsed.command->run();
  INFO(err.str());
  CHECK(exit_code == 0);
  return out.str();
}

}  // namespace

TEST_CASE("the audit takes no line of a module for the platform's, whatever it is called") {
  const test::RunningSchema schema("module shop { data Thing { name String } }");
  Timeline timeline;
  timeline.tell("access", "", "access.denied", "eve");
  timeline.tell("state", "", "state.forced", "olaf");
  timeline.tell("access", "dpl-access-0123456789", "access.denied", "forged-1");
  timeline.tell("shop", "dpl-shop-0123456789", "access.denied", "forged-2");
  timeline.tell("shop", "", "access.denied", "forged-3");
  timeline.tell("access", "", "access.jwt-keys-wrong", "other");
  const std::string told = audit(schema, timeline);
  INFO(told);
  CHECK(told.find("eve") != std::string::npos);
  CHECK(told.find("olaf") != std::string::npos);
  CHECK(told.find("forged") == std::string::npos);
  CHECK(told.find("other") == std::string::npos);
}
