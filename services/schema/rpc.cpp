#include "services/schema/rpc.hpp"

#include <algorithm>
#include <utility>

#include <grpcpp/grpcpp.h>

#include "schema/change_codec_pb.hpp"
#include "services/schema/codec.hpp"
#include "services/schema/codec_config.hpp"
#include "services/schema/context_reactor.hpp"
#include "services/schema/registration_reactor.hpp"
#include "services/schema/requested.hpp"
#include "services/schema/rpc_access_pb.hpp"
#include "services/schema/rpc_secrets_pb.hpp"
#include "services/schema/rpc_state.hpp"
#include "settings/main.hpp"
#include "statekit/io/grpc_feed_server.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::schema_service {

namespace v2 = v2alpha1;
using access::Permission;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using statekit::fail;
using statekit::Result;
using statekit::Status;

namespace {

statekit::Error no_changeset(const std::string& key) {
  return {statekit::Code::not_found,
          "no changeset " + key + ": `millrace changeset list` shows those there are",
          {}};
}

using Core = schema_service::Service;  // its name means gRPC's base class inside Rpc

class Rpc final : public v2::SchemaService::CallbackService, private AccessCalls {
 public:
  Rpc(Core& service, statekit::GrpcFeed& feed, const statekit::Clock& clock,
      const statekit::ChannelOptions& peers, access::Gate* gate)
      : AccessCalls(service, clock, peers, gate),
        feed_(feed),
        secrets_(service, clock, peers, gate) {}

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
    if (const Status may =
            reaches(*context, "CreateChangeset", Permission::deploy, modules_of(*request));
        !may)
      return refuse(context, may.error());
    Result<schema_service::CreateChangeset> command = command_from(*request);
    if (!command) return refuse(context, command.error());
    const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
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
    if (const Status may = reaches(*context, "RollbackTo", Permission::deploy, {""}); !may)
      return refuse(context, may.error());
    const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
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

  ServerUnaryReactor* PlanRollback(CallbackServerContext* context,
                                   const v2::RollbackToRequest* request,
                                   v2::CreateChangesetResponse* response) override {
    if (const Status may = reaches(*context, "PlanRollback", Permission::deploy, {""}); !may)
      return refuse(context, may.error());
    const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
    if (!meta) return refuse(context, meta.error());
    const auto answer = [this, request, response, meta = *meta] {
      const Result<PlanAnswer> planned = service_.plan(command_from(*request), meta);
      if (planned) fill(*response, *planned);
      return status_of(planned);
    };
    return on_worker(context, answer, true);
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
      if (changeset == nullptr) return statekit::to_grpc(no_changeset(request->changeset()));
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
      const auto found = newest_changesets(state, request->active_only(), request->limit());
      for (const Changeset* changeset : found)
        *response->add_changesets() = schema::to_proto(*changeset);
      *response->mutable_position() = to_proto(service_.position_of(state));
      return grpc::Status::OK;
    });
  }

  grpc::ServerBidiReactor<v2::RegisterEndpointRequest, v2::RegisterEndpointResponse>*
  RegisterEndpoint(CallbackServerContext* context) override {
    return serve_registration(service_.registrations(), context, service_.lease_ms(), gate_);
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

  ServerUnaryReactor* ChangeConfig(CallbackServerContext* context,
                                   const v2::ChangeConfigRequest* request,
                                   v2::ChangeConfigResponse* response) override {
    if (const Status may =
            reaches(*context, "ChangeConfig", Permission::deploy, modules_of(*request));
        !may)
      return refuse(context, may.error());
    const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
    if (!meta) return refuse(context, meta.error());
    if (request->plan()) {
      const auto answer = [this, request, response] {
        const Result<ConfigPlanAnswer> planned = service_.plan(command_from(*request));
        if (planned) fill(*response, *planned);
        return status_of(planned);
      };
      return on_worker(context, answer, true);
    }
    ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto here = [this, context, request, response, reactor, meta = *meta] {
      service_.change_config(command_from(*request), meta,
                             ms_left(*context, service_.write_ms_max()),
                             [reactor, response](const Result<statekit::Position>& at) {
                               if (at) *response->mutable_position() = to_proto(*at);
                               reactor->Finish(status_of(at));
                             });
    };
    forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                     &Forward::Async::ChangeConfig);
    return reactor;
  }

  ServerUnaryReactor* ListConfig(CallbackServerContext* context,
                                 const v2::ListConfigRequest* request,
                                 v2::ListConfigResponse* response) override {
    const auto answer = [this, request, response] {
      const Result<ConfigAnswer> found =
          service_.config_at(request->module(), request->at_revision());
      return found ? status_of(fill(*response, *found)) : status_of(found);
    };
    return on_worker(context, answer, request->at_revision() == 0 && !request->any_age());
  }

  ServerUnaryReactor* ChangeSecrets(CallbackServerContext* context,
                                    const v2::ChangeSecretsRequest* request,
                                    v2::ChangeSecretsResponse* response) override {
    return secrets_.change(context, request, response);
  }
  ServerUnaryReactor* GetSecrets(CallbackServerContext* context,
                                 const v2::GetSecretsRequest* request,
                                 v2::GetSecretsResponse* response) override {
    return secrets_.see(context, request, response);
  }
  ServerUnaryReactor* ListSecrets(CallbackServerContext* context,
                                  const v2::ListSecretsRequest* request,
                                  v2::ListSecretsResponse* response) override {
    return secrets_.list(context, request, response);
  }
  ServerUnaryReactor* RotateSecrets(CallbackServerContext* context,
                                    const v2::RotateSecretsRequest* request,
                                    v2::RotateSecretsResponse* response) override {
    return secrets_.rotate(context, request, response);
  }

  grpc::ServerWriteReactor<v2::GetDeploymentContextResponse>* GetDeploymentContext(
      CallbackServerContext* context, const v2::GetDeploymentContextRequest* request) override {
    return serve_context(service_, *request,
                         reaches(*context, "GetDeploymentContext", Permission::serve,
                                 {module_of_key(request->deployment())}));
  }

  ServerUnaryReactor* CreateToken(CallbackServerContext* context,
                                  const v2::CreateTokenRequest* request,
                                  v2::AccessChangeResponse* response) override {
    return change_access(context, request, response, &Forward::Async::CreateToken);
  }
  ServerUnaryReactor* RevokeTokens(CallbackServerContext* context,
                                   const v2::RevokeTokensRequest* request,
                                   v2::AccessChangeResponse* response) override {
    return change_access(context, request, response, &Forward::Async::RevokeTokens);
  }
  ServerUnaryReactor* SetRoles(CallbackServerContext* context, const v2::SetRolesRequest* request,
                               v2::AccessChangeResponse* response) override {
    return change_access(context, request, response, &Forward::Async::SetRoles);
  }
  ServerUnaryReactor* ListAccess(CallbackServerContext* context, const v2::ListAccessRequest*,
                                 v2::ListAccessResponse* response) override {
    return list_access(context, response);
  }

  ServerUnaryReactor* GetHistory(CallbackServerContext* context,
                                 const v2::GetHistoryRequest* request,
                                 v2::GetHistoryResponse* response) override {
    return on_worker(context, [this, request, response] {
      const auto page = service_.history(ask_from(*request));
      if (page) fill(*response, *page);
      *response->mutable_position() = to_proto(service_.position());
      return status_of(page);
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
  // The command is decided on a state that may be newer than this one. So who is held to some
  // modules is told of a changeset that is not known here yet that there is none.
  Status reaches_changeset(const CallbackServerContext& context, const std::string& method,
                           const std::string& key) const {
    const auto state = service_.read();
    const Changeset* const changeset = state->changeset(key);
    if (changeset != nullptr)
      return reaches(context, method.c_str(), Permission::deploy, modules_of(*state, *changeset));
    const access::Caller* const caller = access::current_caller();
    if (caller == nullptr || caller->may_everywhere(Permission::deploy)) return {};
    return fail(no_changeset(key));
  }

  ServerUnaryReactor* change(
      CallbackServerContext* context, const std::string& method, const Command& command,
      const v2::ChangesetRequest* request, v2::ChangesetResponse* response,
      Forward::Method<v2::ChangesetRequest, v2::ChangesetResponse> method_at_writer) {
    if (const Status may = reaches_changeset(*context, method, request->changeset()); !may)
      return refuse(context, may.error());
    const Result<statekit::CommandMeta> meta =
        by_caller(meta_from(*request, method, clock_.wall_ms()));
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

  statekit::GrpcFeed& feed_;
  SecretCalls secrets_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_rpc(Service& service, statekit::GrpcFeed& feed,
                                        const statekit::Clock& clock,
                                        const statekit::ChannelOptions& peers, access::Gate* gate) {
  return std::make_unique<Rpc>(service, feed, clock, peers, gate);
}

}  // namespace millrace::schema_service
