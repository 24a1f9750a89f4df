#include "services/schema/rpc.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "schema/change_codec_pb.hpp"
#include "services/schema/codec.hpp"
#include "services/schema/forward_pb.hpp"
#include "services/schema/registration_reactor.hpp"
#include "services/schema/rpc_state.hpp"
#include "settings/main.hpp"
#include "statekit/io/grpc_feed_server.hpp"
#include "statekit/io/rpc.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::schema_service {

namespace v2 = v2alpha1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

constexpr std::uint32_t list_limit_default = 100;
constexpr std::uint32_t list_limit_max = 1'000;
constexpr std::uint32_t history_limit_default = 20;
// gRPC refuses messages of a status beyond 8 KiB altogether.
constexpr std::size_t status_bytes_max = 6'000;

// As many of the details as fit a status.
statekit::Error fitting(statekit::Error error) {
  std::size_t bytes = error.message.size();
  std::size_t kept = 0;
  while (kept < error.details.size() && bytes + error.details[kept].size() < status_bytes_max)
    bytes += error.details[kept++].size() + 1;
  // One that does not even fit alone is cut: its beginning says more than nothing.
  if (kept == 0 && !error.details.empty() && bytes < status_bytes_max) {
    error.details[0].resize(status_bytes_max - bytes);
    error.details[0] += " ...";
    kept = 1;
  }
  const std::size_t dropped = error.details.size() - kept;
  error.details.resize(kept);
  if (dropped > 0) error.details.push_back("... and " + std::to_string(dropped) + " more");
  return error;
}

grpc::Status status_of(const Status& status) {
  return status ? grpc::Status::OK : statekit::to_grpc(fitting(status.error()));
}
template <class Value>
grpc::Status status_of(const Result<Value>& result) {
  return result ? grpc::Status::OK : statekit::to_grpc(fitting(result.error()));
}

std::int64_t ms_left(const CallbackServerContext& context, std::int64_t longest) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      context.deadline() - std::chrono::system_clock::now());
  return std::clamp<std::int64_t>(left.count(), 1, longest);
}

ServerUnaryReactor* refuse(CallbackServerContext* context, const statekit::Error& error) {
  ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(statekit::to_grpc(fitting(error)));
  return reactor;
}

using Core = schema_service::Service;  // its name means gRPC's base class inside Rpc

// A read that may wait for a revision, and ends when its caller goes away. gRPC tells of that, and
// of the end, only once the method has returned, so `wait_as` comes before both.
class ReadReactor final : public ServerUnaryReactor {
 public:
  explicit ReadReactor(Core& service) : service_(service) {}
  void wait_as(std::uint64_t number) { number_ = number; }
  void OnCancel() override { service_.wake(number_); }
  void OnDone() override { delete this; }

 private:
  Core& service_;
  std::atomic<std::uint64_t> number_ = 0;
};

class Rpc final : public v2::SchemaService::CallbackService {
 public:
  Rpc(Core& service, statekit::GrpcFeed& feed, const statekit::Clock& clock)
      : service_(service), feed_(feed), clock_(clock) {}

  ServerUnaryReactor* Ping(CallbackServerContext* context, const v2::PingRequest*,
                           v2::PingResponse* response) override {
    const Status able = service_.health();
    response->set_ready(able.has_value());
    if (!able) response->add_reasons(able.error().message);
    response->set_version(std::string(settings::version()));
    ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  ServerUnaryReactor* GetSchema(CallbackServerContext* context, const v2::GetSchemaRequest* request,
                                v2::GetSchemaResponse* response) override {
    return on_worker(context, [this, request, response] {
      const Result<SchemaAnswer> answer = service_.schema_at(
          {request->modules().begin(), request->modules().end()}, request->at_revision());
      if (answer) fill(*response, *answer);
      return status_of(answer);
    });
  }

  grpc::ServerBidiReactor<v2::SubscribeRequest, v2::SubscribeResponse>* Subscribe(
      CallbackServerContext* context) override {
    return feed_.subscribe(context);
  }

  ServerUnaryReactor* CreateChangeset(CallbackServerContext* context,
                                      const v2::CreateChangesetRequest* request,
                                      v2::CreateChangesetResponse* response) override {
    Result<schema_service::CreateChangeset> command = command_from(*request);
    if (!command) return refuse(context, command.error());
    const Result<statekit::CommandMeta> meta = meta_from(*request, clock_.wall_ms());
    if (!meta) return refuse(context, meta.error());
    ServerUnaryReactor* reactor = context->DefaultReactor();
    if (request->plan()) {
      const Result<PlanAnswer> answer = service_.plan(*command, *meta);
      if (answer) fill(*response, *answer);
      reactor->Finish(status_of(answer));
      return reactor;
    }
    const auto here = [this, context, response, reactor, command = std::move(*command),
                       meta = *meta] {
      service_.create(command, meta, ms_left(*context, service_.write_ms_max()),
                      [reactor, response](const Result<CreateAnswer>& answer) {
                        if (answer) fill(*response, *answer);
                        reactor->Finish(status_of(answer));
                      });
    };
    forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                     &Forward::Async::CreateChangeset);
    return reactor;
  }

  ServerUnaryReactor* CommitChangeset(CallbackServerContext* context,
                                      const v2::ChangesetRequest* request,
                                      v2::ChangesetResponse* response) override {
    return change(context, "CommitChangeset", schema_service::CommitChangeset{request->changeset()},
                  request, response, &Forward::Async::CommitChangeset);
  }
  ServerUnaryReactor* RollbackChangeset(CallbackServerContext* context,
                                        const v2::ChangesetRequest* request,
                                        v2::ChangesetResponse* response) override {
    return change(context, "RollbackChangeset",
                  schema_service::RollbackChangeset{request->changeset()}, request, response,
                  &Forward::Async::RollbackChangeset);
  }
  ServerUnaryReactor* FailChangeset(CallbackServerContext* context,
                                    const v2::ChangesetRequest* request,
                                    v2::ChangesetResponse* response) override {
    return change(context, "FailChangeset", schema_service::FailChangeset{request->changeset()},
                  request, response, &Forward::Async::FailChangeset);
  }

  ServerUnaryReactor* RollbackTo(CallbackServerContext* context,
                                 const v2::RollbackToRequest* request,
                                 v2::CreateChangesetResponse* response) override {
    const Result<statekit::CommandMeta> meta = meta_from(*request, clock_.wall_ms());
    if (!meta) return refuse(context, meta.error());
    ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto here = [this, context, request, response, reactor, meta = *meta] {
      service_.rollback_to(command_from(*request), meta, ms_left(*context, service_.write_ms_max()),
                           [reactor, response](const Result<CreateAnswer>& answer) {
                             if (answer) fill(*response, *answer);
                             reactor->Finish(status_of(answer));
                           });
    };
    forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                     &Forward::Async::RollbackTo);
    return reactor;
  }

  grpc::ServerWriteReactor<v2::FeedSnapshotPart>* GetState(
      CallbackServerContext* context, const v2::GetStateRequest* request) override {
    return send_state(service_, context, *request);
  }

  ServerUnaryReactor* GetChangeset(CallbackServerContext* context,
                                   const v2::GetChangesetRequest* request,
                                   v2::GetChangesetResponse* response) override {
    return read(context, [this, request, response](const State& state) {
      const Changeset* changeset = state.changeset(request->changeset());
      if (changeset == nullptr)
        return grpc::Status(grpc::StatusCode::NOT_FOUND,
                            "no changeset " + request->changeset() +
                                ": `millrace changeset list` shows those there are");
      *response->mutable_changeset() = schema::to_proto(*changeset);
      *response->mutable_position() = to_proto(service_.position_of(state));
      for (const statekit::FollowerRecord& record : service_.followers())
        *response->add_followers() = to_proto(record, service_.now());
      return grpc::Status::OK;
    });
  }

  ServerUnaryReactor* ListChangesets(CallbackServerContext* context,
                                     const v2::ListChangesetsRequest* request,
                                     v2::ListChangesetsResponse* response) override {
    return read(context, [this, request, response](const State& state) {
      const std::uint32_t limit =
          std::min(request->limit() == 0 ? list_limit_default : request->limit(), list_limit_max);
      std::vector<const Changeset*> found;
      for (const auto& [key, changeset] : state.changesets()) {
        if (!request->active_only() || schema::is_active(changeset.phase))
          found.push_back(&changeset);
      }
      std::sort(found.begin(), found.end(), [](const Changeset* a, const Changeset* b) {
        return a->created_revision > b->created_revision;
      });
      if (found.size() > limit) found.resize(limit);
      for (const Changeset* changeset : found)
        *response->add_changesets() = schema::to_proto(*changeset);
      *response->mutable_position() = to_proto(service_.position_of(state));
      return grpc::Status::OK;
    });
  }

  grpc::ServerBidiReactor<v2::RegisterEndpointRequest, v2::RegisterEndpointResponse>*
  RegisterEndpoint(CallbackServerContext* context) override {
    return serve_registration(service_.registrations(), context, service_.lease_ms());
  }

  ServerUnaryReactor* GetDeployment(CallbackServerContext* context,
                                    const v2::GetDeploymentRequest* request,
                                    v2::GetDeploymentResponse* response) override {
    return read(context, [this, request, response](const State& state) {
      const Deployment* deployment = state.deployment(request->deployment());
      if (deployment == nullptr)
        return grpc::Status(grpc::StatusCode::NOT_FOUND,
                            "no deployment " + request->deployment() + ": it may be gone already");
      *response->mutable_deployment() = schema::to_proto(*deployment);
      for (const Endpoint* endpoint : state.endpoints_of(deployment->key))
        *response->add_endpoints() = schema::to_proto(*endpoint);
      *response->mutable_position() = to_proto(service_.position_of(state));
      return grpc::Status::OK;
    });
  }

  ServerUnaryReactor* GetDeployments(CallbackServerContext* context,
                                     const v2::GetDeploymentsRequest* request,
                                     v2::GetDeploymentsResponse* response) override {
    return read(context, [this, request, response](const State& state) {
      for (const auto& [key, deployment] : state.deployments()) {
        if (!request->module().empty() && deployment.module() != request->module()) continue;
        *response->add_deployments() = schema::to_proto(deployment);
        for (const Endpoint* endpoint : state.endpoints_of(key))
          *response->add_endpoints() = schema::to_proto(*endpoint);
      }
      *response->mutable_position() = to_proto(service_.position_of(state));
      return grpc::Status::OK;
    });
  }

  ServerUnaryReactor* GetHistory(CallbackServerContext* context,
                                 const v2::GetHistoryRequest* request,
                                 v2::GetHistoryResponse* response) override {
    return on_worker(context, [this, request, response] {
      HistoryQuery query{request->before_revision(),
                         request->limit() == 0 ? history_limit_default : request->limit(),
                         request->module()};
      const auto commits = service_.history(query);
      if (commits) fill(*response, *commits);
      *response->mutable_position() = to_proto(service_.position());
      return status_of(commits);
    });
  }

  ServerUnaryReactor* GetStatus(CallbackServerContext* context, const v2::GetStatusRequest*,
                                v2::GetStatusResponse* response) override {
    return on_worker(context, [this, response] {
      const Result<StatusAnswer> answer = service_.status();
      if (answer) fill(*response, *answer);
      response->set_version(std::string(settings::version()));
      return status_of(answer);
    });
  }

 private:
  // millrace-min-revision of a reader, and whether it wants no less than there is.
  Result<ReadAt> read_at(CallbackServerContext* context) const {
    const auto& metadata = context->client_metadata();
    const auto found = metadata.find("millrace-min-revision");
    Result<ReadAt> at = ReadAt{};
    if (found != metadata.end()) at = read_at_from({found->second.data(), found->second.size()});
    if (at) at->wait_ms_max = ms_left(*context, service_.write_ms_max());
    if (at) at->linearizable = metadata.count("millrace-linearizable") > 0;
    return at;
  }

  // Runs `then` with the state where `at` wants it; the journal's head is asked for on a worker.
  void when_at(const ReadAt& at, ReadReactor* reactor,
               const std::function<void(const Status&)>& then) {
    if (!at.linearizable) return reactor->wait_as(service_.when_at(at, then));
    service_.on_worker([this, at, then](const Status& room) {
      if (!room) return then(room);
      const Result<ReadAt> head = service_.at_head(at);
      if (!head) return then(fail(head.error()));
      service_.when_at(*head, then);
    });
  }

  // `answer` is given the state once it is where the reader wants it.
  template <class Answer>
  ServerUnaryReactor* read(CallbackServerContext* context, const Answer& answer) {
    const Result<ReadAt> at = read_at(context);
    if (!at) return refuse(context, at.error());
    auto* reactor = new ReadReactor(service_);
    when_at(*at, reactor, [this, reactor, answer](const Status& able) {
      if (!able) return reactor->Finish(status_of(able));
      const grpc::Status status = answer(*service_.read());
      reactor->Finish(status);
    });
    return reactor;
  }

  // The same for what blocks on storage.
  template <class Answer>
  ServerUnaryReactor* on_worker(CallbackServerContext* context, const Answer& answer) {
    const Result<ReadAt> at = read_at(context);
    if (!at) return refuse(context, at.error());
    auto* reactor = new ReadReactor(service_);
    when_at(*at, reactor, [this, reactor, answer](const Status& able) {
      if (!able) return reactor->Finish(status_of(able));
      service_.on_worker([reactor, answer](const Status& room) {
        reactor->Finish(room ? answer() : status_of(room));
      });
    });
    return reactor;
  }

  ServerUnaryReactor* change(
      CallbackServerContext* context, const std::string& method, const Command& command,
      const v2::ChangesetRequest* request, v2::ChangesetResponse* response,
      Forward::Method<v2::ChangesetRequest, v2::ChangesetResponse> method_at_writer) {
    const Result<statekit::CommandMeta> meta = meta_from(*request, method, clock_.wall_ms());
    if (!meta) return refuse(context, meta.error());
    ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto here = [this, context, request, response, reactor, command, meta = *meta] {
      service_.change(command, request->changeset(), meta,
                      ms_left(*context, service_.write_ms_max()),
                      [reactor, response](const Result<ChangesetAnswer>& answer) {
                        if (answer) fill(*response, *answer);
                        reactor->Finish(status_of(answer));
                      });
    };
    forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                     method_at_writer);
    return reactor;
  }

  Core& service_;
  statekit::GrpcFeed& feed_;
  const statekit::Clock& clock_;
  Forward forward_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_rpc(Service& service, statekit::GrpcFeed& feed,
                                        const statekit::Clock& clock) {
  return std::make_unique<Rpc>(service, feed, clock);
}

}  // namespace millrace::schema_service
