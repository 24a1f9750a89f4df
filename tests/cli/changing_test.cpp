// deploy and rollback, as the command line runs them, against a service that notes what it is
// asked: what is planned, which breaks the order carries, and what is printed.
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/parse.hpp"
#include "schema/change_codec_pb.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "support/temp_dir.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace {

using namespace millrace;
using namespace millrace::cli;
using Words = std::vector<std::string>;
using Context = grpc::CallbackServerContext;
using Answer = v2alpha1::CreateChangesetResponse;

class Changing final : public v2alpha1::SchemaService::CallbackService {
 public:
  Changing() : server_(std::move(statekit::GrpcServer::start({}, {this}).value())) {}
  ~Changing() override { server_->stop(); }
  std::string address() const { return server_->address(); }

  Words breaks;
  bool plans = true;  // false: it is older than PlanRollback
  // Set: there is the deployment already, and the changeset that brings it is in these phases, a
  // look at it after the other.
  std::vector<v2alpha1::ChangesetPhase> joined;
  std::vector<v2alpha1::CreateChangesetRequest> deploys;
  std::vector<v2alpha1::RollbackToRequest> planned, rollbacks;

 private:
  grpc::ServerUnaryReactor* CreateChangeset(Context* context,
                                            const v2alpha1::CreateChangesetRequest* request,
                                            Answer* response) override {
    deploys.push_back(*request);
    return answer(context, request->plan(), response);
  }
  grpc::ServerUnaryReactor* RollbackTo(Context* context, const v2alpha1::RollbackToRequest* request,
                                       Answer* response) override {
    rollbacks.push_back(*request);
    return answer(context, false, response);
  }
  grpc::ServerUnaryReactor* PlanRollback(Context* context,
                                         const v2alpha1::RollbackToRequest* request,
                                         Answer* response) override {
    planned.push_back(*request);
    return answer(context, true, response);
  }
  grpc::ServerUnaryReactor* GetDeployment(Context* context, const v2alpha1::GetDeploymentRequest*,
                                          v2alpha1::GetDeploymentResponse* response) override {
    schema::Deployment deployment;
    deployment.key = "dpl-shop-a";
    deployment.changeset = "chs-b";
    deployment.schema = std::make_shared<const schema::Module>();
    *response->mutable_deployment() = schema::to_proto(deployment);
    return done(context);
  }
  grpc::ServerUnaryReactor* GetChangeset(Context* context,
                                         const v2alpha1::GetChangesetRequest* request,
                                         v2alpha1::GetChangesetResponse* response) override {
    if (joined.empty()) {
      auto* reactor = context->DefaultReactor();
      reactor->Finish({grpc::StatusCode::NOT_FOUND, "it is not known any more"});
      return reactor;
    }
    response->mutable_changeset()->set_key(request->changeset());
    const std::size_t last = joined.size() - 1;
    response->mutable_changeset()->set_phase(joined[std::min(looks++, last)]);
    for (const char* kind : {"routing", "ingress"}) {
      response->add_followers()->set_kind(kind);
      response->mutable_followers(response->followers_size() - 1)->set_live(true);
    }
    return done(context);
  }
  static grpc::ServerUnaryReactor* done(Context* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerUnaryReactor* answer(Context* context, bool plan, Answer* response) const {
    auto* reactor = context->DefaultReactor();
    if (plan && !plans) {
      reactor->Finish({grpc::StatusCode::UNIMPLEMENTED, ""});
      return reactor;
    }
    auto& deployment = *response->add_deployments();
    deployment.set_module("shop");
    deployment.set_deployment("dpl-shop-a");
    deployment.set_joined(true);
    if (plan) {
      response->add_plan("module shop comes back");
      for (const std::string& line : breaks) response->add_breaks(line);
    } else if (joined.empty()) {
      response->set_changeset("chs-a");
    }
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  std::size_t looks = 0;
  std::unique_ptr<statekit::GrpcServer> server_;
};

struct Desk {
  Changing running;
  test::TempDir folder;
  std::ostringstream out, err;
  Session session;

  Desk() {
    session.out = &out;
    session.err = &err;
    session.addresses.schema = running.address();
    std::ofstream(folder / "shop.schema") << "module shop {}";
  }
  int run(const Words& words) {
    out.str("");
    err.str("");
    session.output = "text";
    std::vector<Command> commands;
    commands.push_back(rollback_command(session));
    commands.push_back(deploy_command(session));
    const Parsed parsed = parse(commands, words, session);
    return parsed.exit_code ? *parsed.exit_code : parsed.command->run();
  }
  bool prints(const std::string& part) const { return out.str().find(part) != std::string::npos; }
};

template <class Request>
Words accepted(const Request& request) {
  return {request.accepted_breaks().begin(), request.accepted_breaks().end()};
}

}  // namespace

TEST_CASE("a rollback carries the breaks that it has listed and no others") {
  Desk desk;
  desk.running.breaks = {"one breaks", "two breaks"};
  CHECK(desk.run({"rollback", "7", "--allow-breaking", "--hold", "--canary", "5"}) == done);
  REQUIRE(desk.running.planned.size() == 1);
  REQUIRE(desk.running.rollbacks.size() == 1);
  const auto& request = desk.running.rollbacks[0];
  CHECK(request.revision() == 7);
  CHECK(request.allow_breaking());
  CHECK(accepted(request) == desk.running.breaks);
  CHECK(request.hold());
  CHECK(request.canary_percent() == 5);
  CHECK(desk.out.str() ==
        "breaks deployed callers:\n  one breaks\n  two breaks\n"
        "shop  dpl-shop-a  (comes back)\nchangeset chs-a created at revision 0\n");
}

TEST_CASE("a deploy carries the breaks that it has listed and no others") {
  Desk desk;
  desk.running.breaks = {"one breaks"};
  CHECK(desk.run({"deploy", desk.folder / "shop.schema", "--allow-breaking"}) == done);
  REQUIRE(desk.running.deploys.size() == 2);
  CHECK(desk.running.deploys[0].plan());
  CHECK_FALSE(desk.running.deploys[1].plan());
  CHECK(desk.running.deploys[1].allow_breaking());
  CHECK(accepted(desk.running.deploys[1]) == desk.running.breaks);
}

// Else a list of none would accept whatever comes up in between.
TEST_CASE("where nothing was listed nothing is accepted") {
  Desk desk;
  CHECK(desk.run({"rollback", "7", "--allow-breaking"}) == done);
  CHECK_FALSE(desk.running.rollbacks.at(0).allow_breaking());
  CHECK(desk.run({"deploy", desk.folder / "shop.schema", "--allow-breaking"}) == done);
  CHECK_FALSE(desk.running.deploys.at(1).allow_breaking());
  CHECK(desk.run({"rollback", "7"}) == done);
  CHECK(desk.running.planned.size() == 1);
}

TEST_CASE("a deploy that joins one under way waits for that one") {
  Desk desk;
  desk.running.joined = {v2alpha1::CHANGESET_PHASE_PREPARING, v2alpha1::CHANGESET_PHASE_PREPARING,
                         v2alpha1::CHANGESET_PHASE_COMMITTED};
  CHECK(desk.run({"deploy", desk.folder / "shop.schema", "--wait"}) == done);
  CHECK(desk.out.str() ==
        "shop  dpl-shop-a  (joined, as changeset chs-b brings it)\n"
        "changeset chs-b committed at revision 0\n");
}

TEST_CASE("a deploy that joins one which fails has failed too") {
  Desk desk;
  desk.running.joined = {v2alpha1::CHANGESET_PHASE_PREPARING, v2alpha1::CHANGESET_PHASE_FAILED};
  CHECK(desk.run({"deploy", desk.folder / "shop.schema", "--wait"}) == refused);
  CHECK(desk.err.str().find("changeset chs-b failed") != std::string::npos);
}

TEST_CASE("a deploy that joins one under way says how far that one is, where it does not wait") {
  Desk desk;
  desk.running.joined = {v2alpha1::CHANGESET_PHASE_PREPARING};
  CHECK(desk.run({"deploy", desk.folder / "shop.schema"}) == done);
  CHECK(desk.prints("changeset chs-b preparing at revision 0\n"));
  CHECK(desk.run({"deploy", desk.folder / "shop.schema", "--output", "json"}) == done);
  const auto json = nlohmann::json::parse(desk.out.str());
  CHECK(json["changeset"] == "chs-b");
  CHECK(json["phase"] == "preparing");
  CHECK(json["deployments"][0]["joined"] == true);

  desk.running.joined = {v2alpha1::CHANGESET_PHASE_FINALIZED};
  CHECK(desk.run({"deploy", desk.folder / "shop.schema"}) == done);
  CHECK(desk.out.str() == "shop  dpl-shop-a  (deployed already)\nnothing to change\n");
}

TEST_CASE("a plan of a rollback is no rollback, and exits as the rollback would") {
  Desk desk;
  CHECK(desk.run({"rollback", "7", "--plan"}) == done);
  CHECK(desk.out.str() == "module shop comes back\nshop  dpl-shop-a  (comes back)\n");
  desk.running.breaks = {"one breaks"};
  CHECK(desk.run({"rollback", "7", "--plan"}) == refused);
  CHECK(desk.prints("  one breaks\na rollback is refused for this; --allow-breaking accepts"));
  CHECK(desk.run({"rollback", "7", "--plan", "--allow-breaking"}) == done);
  CHECK(desk.run({"rollback", "7", "--plan", "--output", "json"}) == refused);
  const auto json = nlohmann::json::parse(desk.out.str());
  CHECK(json["phase"] == "planned");
  CHECK(json["plan"][0] == "module shop comes back");
  CHECK(json["breaks"][0] == "one breaks");
  CHECK(json["deployments"][0]["joined"] == true);
  CHECK(desk.running.rollbacks.empty());
}

TEST_CASE("a service that cannot plan a rollback is not asked to go back instead") {
  Desk desk;
  desk.running.plans = false;
  for (const char* word : {"--plan", "--allow-breaking"}) {
    CHECK(desk.run({"rollback", "7", word}) == unable);
    CHECK(desk.err.str().find("cannot plan a rollback yet") != std::string::npos);
  }
  CHECK(desk.running.rollbacks.empty());
}

TEST_CASE("what is no revision is not gone back to") {
  Desk desk;
  CHECK(desk.run({"rollback", "0"}) == refused);
  CHECK(desk.err.str().find("there is no revision 0: they begin at 1") != std::string::npos);
  CHECK(desk.run({"rollback", "chs-0123456789"}) == refused);
  CHECK(desk.err.str().find("`millrace changeset rollback chs-0123456789`") != std::string::npos);
  CHECK(desk.running.rollbacks.empty());
}
