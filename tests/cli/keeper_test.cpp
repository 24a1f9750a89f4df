// An endpoint that stays registered while the schema service that it talks to goes silent.
#include "cli/run/keeper.hpp"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <set>

#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "support/eventually.hpp"
#include "v2alpha1/schema.grpc.pb.h"

using namespace millrace;
using Request = v2alpha1::RegisterEndpointRequest;
using Response = v2alpha1::RegisterEndpointResponse;

namespace {

// Answers each message of a registration, until it is told to keep silent.
class Registrar final : public v2alpha1::SchemaService::CallbackService {
 public:
  Registrar() {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~Registrar() override { server_->stop(); }
  std::string address() const { return server_->address(); }
  void keep_silent() { speaks_ = false; }
  int messages() const { return messages_; }
  int open() const { return open_; }

 private:
  class Stream final : public grpc::ServerBidiReactor<Request, Response> {
   public:
    explicit Stream(Registrar& owner) : owner_(owner) {
      ++owner_.open_;
      StartRead(&request_);
    }
    void OnReadDone(bool ok) override {
      if (!ok) return Finish(grpc::Status::OK);
      ++owner_.messages_;
      if (!owner_.speaks_) return StartRead(&request_);
      response_.set_endpoint("ept-1");
      response_.set_lease_ms(12'000);
      StartWrite(&response_);
    }
    void OnWriteDone(bool) override { StartRead(&request_); }
    void OnDone() override {
      --owner_.open_;
      delete this;
    }

   private:
    Registrar& owner_;
    Request request_;
    Response response_;
  };

  grpc::ServerBidiReactor<Request, Response>* RegisterEndpoint(
      grpc::CallbackServerContext*) override {
    return new Stream(*this);
  }

  std::atomic<bool> speaks_ = true;
  std::atomic<int> messages_ = 0, open_ = 0;
  std::unique_ptr<statekit::GrpcServer> server_;
};

}  // namespace

TEST_CASE("an endpoint of a silent schema service is registered with the next within its lease") {
  Registrar first, second;
  std::vector<std::string> said;
  cli::Keeper keeper(first.address() + "," + second.address(),
                     {"dpl-time-1", "127.0.0.1:9001", "run-1"},
                     [&](const std::string& what) { said.push_back(what); });
  // The keeper's time is given to it; what is waited for is that answers arrive.
  REQUIRE(test::eventually([&] { return keeper.turn(0).has_value() && said.size() == 1; }));
  CHECK(said[0] == "registered as ept-1 at 127.0.0.1:9001");

  first.keep_silent();
  REQUIRE(keeper.turn(4'000));
  REQUIRE(test::eventually([&] { return first.messages() == 2; }));
  REQUIRE(keeper.turn(5'900));
  CHECK(said.size() == 1);
  REQUIRE(keeper.turn(6'000));
  REQUIRE(said.size() == 2);
  CHECK(said[1] == "lost the schema service, trying again: the schema service at " +
                       first.address() + " has said nothing for 6000 ms");
  REQUIRE(test::eventually([&] { return keeper.turn(6'500).has_value() && said.size() == 3; }));
  CHECK(said[2] == "registered as ept-1 at 127.0.0.1:9001");
  CHECK(second.messages() == 1);
  CHECK(test::eventually([&] { return first.open() == 0; }));
}

TEST_CASE("a schema service that never says anything is left for the next") {
  Registrar first, second;
  first.keep_silent();
  std::vector<std::string> said;
  cli::Keeper keeper(first.address() + "," + second.address(),
                     {"dpl-time-1", "127.0.0.1:9001", "run-1"},
                     [&](const std::string& what) { said.push_back(what); });
  REQUIRE(test::eventually([&] { return keeper.turn(0).has_value() && first.messages() == 1; }));
  REQUIRE(keeper.turn(2'500));
  REQUIRE(test::eventually([&] { return keeper.turn(3'000).has_value() && said.size() == 1; }));
  CHECK(second.messages() == 1);
}
