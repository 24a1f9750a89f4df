// A schema service that answers what is deployed and what was done, from what a test gives it, and
// notes what it was asked.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "schema/check.hpp"
#include "schema/codec_pb.hpp"
#include "statekit/io/grpc_server.hpp"
#include "support/catch.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::test {

class RunningSchema final : public v2alpha1::SchemaService::CallbackService {
 public:
  // Schema text of now, and of every revision before `since`.
  RunningSchema(const std::string& now, const std::string& before = "", std::uint64_t since = 0)
      : now_(read(now)), before_(read(before)), since_(since) {
    auto server = statekit::GrpcServer::start({}, {this});
    REQUIRE(server);
    server_ = std::move(*server);
  }
  ~RunningSchema() override { server_->stop(); }
  std::string address() const { return server_->address(); }

  // Commits 1 to `last`, of which those before `oldest` are no longer kept; two on a page.
  void keep(std::uint64_t oldest, std::uint64_t last) {
    oldest_ = oldest;
    last_ = last;
  }
  const v2alpha1::GetHistoryRequest& first_asked() const { return asked_; }

 private:
  static v2alpha1::Schema read(const std::string& text) {
    schema::CheckedSchema checked = schema::parse_and_check({{"shop.schema", text}});
    for (const auto& fault : checked.diagnostics) UNSCOPED_INFO(to_string(fault));
    CHECK(checked.ok());
    return schema::to_proto(checked.schema);
  }

  grpc::ServerUnaryReactor* GetSchema(grpc::CallbackServerContext* context,
                                      const v2alpha1::GetSchemaRequest* request,
                                      v2alpha1::GetSchemaResponse* response) override {
    const bool past = request->at_revision() != 0 && request->at_revision() < since_;
    for (const auto& module : (past ? before_ : now_).modules()) {
      const bool wanted = request->modules().empty() || request->modules(0) == module.name();
      if (wanted) *response->mutable_schema()->add_modules() = module;
    }
    return done(context);
  }

  grpc::ServerUnaryReactor* GetHistory(grpc::CallbackServerContext* context,
                                       const v2alpha1::GetHistoryRequest* request,
                                       v2alpha1::GetHistoryResponse* response) override {
    if (request->before_revision() == 0) asked_ = *request;
    std::uint64_t at = request->before_revision() == 0 ? last_ + 1 : request->before_revision();
    while (response->entries_size() < 2 && at > oldest_) {
      auto* entry = response->add_entries();
      entry->set_revision(--at);
      entry->set_author("ada");
      entry->set_reason(at % 2 == 0 ? "" : "why");
      entry->add_changes("change " + std::to_string(at));
    }
    response->set_next_before_revision(at > oldest_ ? at : 0);
    response->set_oldest_revision(oldest_);
    response->set_cut(at <= oldest_ && oldest_ > 1);
    return done(context);
  }

  static grpc::ServerUnaryReactor* done(grpc::CallbackServerContext* context) {
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const v2alpha1::Schema now_, before_;
  const std::uint64_t since_;
  std::uint64_t oldest_ = 1, last_ = 0;
  v2alpha1::GetHistoryRequest asked_;
  std::unique_ptr<statekit::GrpcServer> server_;
};

}  // namespace millrace::test
