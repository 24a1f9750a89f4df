#include "cli/client/schema_client.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "cli/client/asked_again_pb.hpp"
#include "cli/client/attempts.hpp"
#include "cli/client/connect.hpp"
#include "cli/client/decode_pb.hpp"
#include "cli/client/replicas.hpp"
#include "cli/client/rpc_pb.hpp"
#include "schema/change_codec_pb.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::cli {

using statekit::Result;
using Stub = v2alpha1::SchemaService::Stub;

namespace {

constexpr std::int64_t connect_ms_max = 1'500;  // where there is another one to ask

std::int64_t now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

struct SchemaClient::Impl {
  struct Replica {
    statekit::Channel channel;
    std::unique_ptr<Stub> stub;
  };
  std::vector<Replica> replicas;
  std::int64_t deadline_ms;
  bool linearizable = false;
  mutable std::atomic<std::size_t> current{0};
  mutable std::mutex mutex;
  mutable std::string incarnation;  // of the newest position that was answered
  mutable std::uint64_t revision = 0;

  // Who answers next may be behind what was answered before, also where one address is known: it
  // may have handed a write on to another replica. It is to wait.
  CallMetadata metadata() const {
    CallMetadata metadata;
    if (linearizable) metadata["millrace-linearizable"] = "1";
    const std::lock_guard lock(mutex);
    if (!incarnation.empty())
      metadata["millrace-min-revision"] = incarnation + ":" + std::to_string(revision);
    return metadata;
  }

  void note(const v2alpha1::Position& position) const {
    const std::lock_guard lock(mutex);
    if (position.incarnation() == incarnation && position.revision() <= revision) return;
    incarnation = position.incarnation();
    revision = position.revision();
  }
  template <class Answer>
  void note_position_of(const Answer& answer) const {
    if constexpr (requires { answer.position(); }) note(answer.position());
    if constexpr (requires { answer.head(); }) note(answer.head());
  }

  // One of several that accepts no connection is passed over long before its share of the time is
  // up: its process hangs, or nothing comes through. Nothing was sent.
  bool connects(const Replica& replica, std::int64_t within_ms) const {
    if (replicas.size() == 1) return true;
    grpc::Channel& channel = *replica.channel.grpc();
    const auto end = std::chrono::system_clock::now() +
                     std::chrono::milliseconds(std::min(within_ms, connect_ms_max));
    grpc_connectivity_state state = channel.GetState(true);
    while (state == GRPC_CHANNEL_IDLE || state == GRPC_CHANNEL_CONNECTING) {
      if (!channel.WaitForStateChange(state, end)) return false;
      state = channel.GetState(true);
    }
    return true;  // or the call says why not
  }

  template <class Answer, class Call, class Request>
  Result<Answer> ask_one(const Replica& replica, Call call, const Request& request,
                         std::int64_t within_ms, Reach& reach) const {
    if (!connects(replica, within_ms)) {
      reach = Reach::unsent;
      return statekit::fail(statekit::Code::unavailable,
                            "the schema service at " + replica.channel.address() +
                                " accepts no connection: it hangs, or nothing comes through");
    }
    grpc::ClientContext context;
    set_deadline(context, within_ms);
    for (const auto& [name, value] : metadata()) context.AddMetadata(name, value);
    Answer answer;
    const grpc::Status status = call(*replica.stub, &context, request, &answer);
    if (!status.ok()) {
      reach = reach_of(status, replica.channel);
      return statekit::fail(explain(status, "schema", replica.channel.address()));
    }
    note_position_of(answer);
    return answer;
  }

  template <class Answer, class Method, class Request>
  Result<Answer> ask(Method method, const Request& request, std::int64_t within_ms = 0) const {
    return ask_with<Answer>(
        [method](Stub& stub, grpc::ClientContext* context, const Request& sent, Answer* answer) {
          return (stub.*method)(context, sent, answer);
        },
        request, within_ms);
  }

  // `call(stub, context, request, &answer)` asks one replica.
  template <class Answer, class Call, class Request>
  Result<Answer> ask_with(Call call, const Request& request, std::int64_t within_ms = 0) const {
    const std::int64_t total_ms = within_ms > 0 ? within_ms : deadline_ms;
    Attempts attempts(
        {replicas.size(), current, total_ms, changes_something(request), is_safe_again(request)},
        now_ms());
    while (const auto next = attempts.next(now_ms())) {
      std::this_thread::sleep_for(std::chrono::milliseconds(next->pause_ms));
      Reach reach = Reach::answered;
      auto answer = ask_one<Answer>(replicas[next->replica], call, request, next->within_ms, reach);
      if (answer || !attempts.failed(answer.error(), reach)) current = next->replica;
      if (answer) return answer;
    }
    return statekit::fail(attempts.error(now_ms()));
  }
};

namespace {

// An answer that needs decoding, or the error before it.
template <class Report, class Answer>
Result<Report> decoded(Result<Answer> answer) {
  if (!answer) return statekit::fail(answer.error());
  return decode(*answer);
}

v2alpha1::ChangesetRequest changeset_request(const std::string& key, const Write& write) {
  v2alpha1::ChangesetRequest request;
  *request.mutable_write() = encode(write);
  request.set_changeset(key);
  return request;
}

}  // namespace

SchemaClient::SchemaClient(const std::string& addresses, std::int64_t deadline_ms,
                           bool linearizable)
    : impl_(std::make_unique<Impl>()) {
  impl_->deadline_ms = deadline_ms;
  impl_->linearizable = linearizable;
  for (const std::string& address : replicas_of(addresses)) {
    statekit::Channel channel = connect(address);
    auto stub = v2alpha1::SchemaService::NewStub(channel.grpc());
    impl_->replicas.push_back({std::move(channel), std::move(stub)});
  }
  // The next replica is asked where one is silent, and gets some time as well.
  if (impl_->replicas.size() > 1) impl_->deadline_ms += deadline_ms / 2;
}

SchemaClient::~SchemaClient() = default;

Result<Pong> SchemaClient::ping() const {
  return decoded<Pong>(impl_->ask<v2alpha1::PingResponse>(&Stub::Ping, v2alpha1::PingRequest()));
}

Result<SchemaReport> SchemaClient::get_schema(const std::vector<std::string>& modules,
                                              statekit::Revision at) const {
  v2alpha1::GetSchemaRequest request;
  for (const std::string& module : modules) request.add_modules(module);
  request.set_at_revision(at);
  return decoded<SchemaReport>(impl_->ask<v2alpha1::GetSchemaResponse>(&Stub::GetSchema, request));
}

Result<StatusReport> SchemaClient::status(std::int64_t deadline_ms) const {
  return decoded<StatusReport>(impl_->ask<v2alpha1::GetStatusResponse>(
      &Stub::GetStatus, v2alpha1::GetStatusRequest(), deadline_ms));
}

Result<DeploymentsReport> SchemaClient::deployments(const std::string& module) const {
  v2alpha1::GetDeploymentsRequest request;
  request.set_module(module);
  return decoded<DeploymentsReport>(
      impl_->ask<v2alpha1::GetDeploymentsResponse>(&Stub::GetDeployments, request));
}

Result<DeploymentsReport> SchemaClient::deployment(const std::string& key,
                                                   std::int64_t deadline_ms) const {
  v2alpha1::GetDeploymentRequest request;
  request.set_deployment(key);
  return decoded<DeploymentsReport>(
      impl_->ask<v2alpha1::GetDeploymentResponse>(&Stub::GetDeployment, request, deadline_ms));
}

Result<HistoryReport> SchemaClient::history(const HistoryFilter& filter) const {
  v2alpha1::GetHistoryRequest request;
  request.set_limit(filter.limit);
  request.set_before_revision(filter.before);
  request.set_module(filter.module);
  request.set_author(filter.author);
  request.set_since_ms(filter.since_ms);
  return decoded<HistoryReport>(
      impl_->ask<v2alpha1::GetHistoryResponse>(&Stub::GetHistory, request));
}

Result<DeployAnswer> SchemaClient::create_changeset(const DeployOrder& order) const {
  return decoded<DeployAnswer>(
      impl_->ask<v2alpha1::CreateChangesetResponse>(&Stub::CreateChangeset, encode(order)));
}

Result<DeployAnswer> SchemaClient::rollback_to(const RollbackOrder& order) const {
  const v2alpha1::RollbackToRequest request = encode(order);
  if (!order.plan)
    return decoded<DeployAnswer>(
        impl_->ask<v2alpha1::CreateChangesetResponse>(&Stub::RollbackTo, request));
  auto planned = decoded<DeployAnswer>(
      impl_->ask<v2alpha1::CreateChangesetResponse>(&Stub::PlanRollback, request));
  if (!planned && planned.error().code == statekit::Code::unimplemented)
    planned.error().message += "; or it is of a version that cannot plan a rollback yet";
  return planned;
}

Result<ChangesetReport> SchemaClient::changeset(const std::string& key,
                                                std::int64_t deadline_ms) const {
  v2alpha1::GetChangesetRequest request;
  request.set_changeset(key);
  return decoded<ChangesetReport>(
      impl_->ask<v2alpha1::GetChangesetResponse>(&Stub::GetChangeset, request, deadline_ms));
}

Result<ChangesetList> SchemaClient::changesets(bool active_only, std::uint32_t limit) const {
  v2alpha1::ListChangesetsRequest request;
  request.set_active_only(active_only);
  request.set_limit(limit);
  return decoded<ChangesetList>(
      impl_->ask<v2alpha1::ListChangesetsResponse>(&Stub::ListChangesets, request));
}

Result<ChangesetReport> SchemaClient::commit(const std::string& key, const Write& write) const {
  return decoded<ChangesetReport>(impl_->ask<v2alpha1::ChangesetResponse>(
      &Stub::CommitChangeset, changeset_request(key, write)));
}

Result<ChangesetReport> SchemaClient::rollback(const std::string& key, const Write& write) const {
  return decoded<ChangesetReport>(impl_->ask<v2alpha1::ChangesetResponse>(
      &Stub::RollbackChangeset, changeset_request(key, write)));
}

Result<ChangesetReport> SchemaClient::fail(const std::string& key, const Write& write) const {
  return decoded<ChangesetReport>(
      impl_->ask<v2alpha1::ChangesetResponse>(&Stub::FailChangeset, changeset_request(key, write)));
}

Result<ConfigAnswer> SchemaClient::change_config(const ConfigOrder& order) const {
  return decoded<ConfigAnswer>(
      impl_->ask<v2alpha1::ChangeConfigResponse>(&Stub::ChangeConfig, encode(order)));
}

Result<ConfigReport> SchemaClient::config(const std::string& module, statekit::Revision at) const {
  v2alpha1::ListConfigRequest request;
  request.set_module(module);
  request.set_at_revision(at);
  return decoded<ConfigReport>(
      impl_->ask<v2alpha1::ListConfigResponse>(&Stub::ListConfig, request));
}

namespace {

// A stream's first message as the answer of a call; the stream ends with it.
grpc::Status first_of_context(Stub& stub, grpc::ClientContext* context,
                              const v2alpha1::GetDeploymentContextRequest& request,
                              v2alpha1::GetDeploymentContextResponse* answer) {
  const auto stream = stub.GetDeploymentContext(context, request);
  const bool read = stream->Read(answer);
  context->TryCancel();
  const grpc::Status status = stream->Finish();
  return read ? grpc::Status::OK : status;
}

}  // namespace

Result<ContextReport> SchemaClient::first_config(const std::string& deployment) const {
  v2alpha1::GetDeploymentContextRequest request;
  request.set_deployment(deployment);
  request.set_config_only(true);
  auto answer = impl_->ask_with<v2alpha1::GetDeploymentContextResponse>(&first_of_context, request);
  if (!answer) return statekit::fail(answer.error());
  for (v2alpha1::ContextSecret& each : *answer->mutable_secrets()) seal::wipe(*each.mutable_json());
  return decode(*answer);
}

Result<ConfigAnswer> SchemaClient::change_secrets(const SecretOrder& order) const {
  v2alpha1::ChangeSecretsRequest request;
  *request.mutable_write() = encode(order.write);
  for (const SecretChange& change : order.changes) {
    v2alpha1::SecretChange& out = *request.add_changes();
    out.set_module(change.module);
    out.set_name(change.name);
    if (change.json) out.set_json(std::string(change.json->view()));
  }
  if (order.if_revision) request.set_if_revision(*order.if_revision);
  request.set_plan(order.plan);
  const auto answer = impl_->ask<v2alpha1::ChangeSecretsResponse>(&Stub::ChangeSecrets, request);
  for (v2alpha1::SecretChange& each : *request.mutable_changes()) seal::wipe(*each.mutable_json());
  if (!answer) return statekit::fail(answer.error());
  return ConfigAnswer{{answer->plan().begin(), answer->plan().end()}, decode(answer->position())};
}

Result<std::vector<SeenSecret>> SchemaClient::see_secrets(
    const Write& write, const std::vector<std::pair<std::string, std::string>>& names) const {
  v2alpha1::GetSecretsRequest request;
  *request.mutable_write() = encode(write);
  for (const auto& [module, name] : names) {
    v2alpha1::SecretName& each = *request.add_secrets();
    each.set_module(module);
    each.set_name(name);
  }
  auto answer = impl_->ask<v2alpha1::GetSecretsResponse>(&Stub::GetSecrets, request);
  if (!answer) return statekit::fail(answer.error());
  std::vector<SeenSecret> seen;
  for (v2alpha1::ClearSecret& each : *answer->mutable_secrets()) {
    seen.push_back({each.module(), each.name(), seal::ClearText(each.json()), each.version(),
                    each.from_global()});
    seal::wipe(*each.mutable_json());
  }
  return seen;
}

Result<SecretReport> SchemaClient::secrets(const std::string& module) const {
  v2alpha1::ListSecretsRequest request;
  request.set_module(module);
  return decoded<SecretReport>(
      impl_->ask<v2alpha1::ListSecretsResponse>(&Stub::ListSecrets, request));
}

Result<RotateReport> SchemaClient::rotate_secrets(const RotateOrder& order) const {
  v2alpha1::RotateSecretsRequest request;
  *request.mutable_write() = encode(order.write);
  request.set_new_key(order.new_key);
  request.set_forget(order.forget);
  return decoded<RotateReport>(
      impl_->ask<v2alpha1::RotateSecretsResponse>(&Stub::RotateSecrets, request));
}

namespace {

Result<statekit::Position> position_in(const Result<v2alpha1::AccessChangeResponse>& answer) {
  if (!answer) return statekit::fail(answer.error());
  return decode(answer->position());
}

}  // namespace

Result<statekit::Position> SchemaClient::create_token(const TokenOrder& order) const {
  return position_in(impl_->ask<v2alpha1::AccessChangeResponse>(&Stub::CreateToken, encode(order)));
}

Result<statekit::Position> SchemaClient::revoke_tokens(const std::vector<std::string>& ids,
                                                       const Write& write) const {
  v2alpha1::RevokeTokensRequest request;
  *request.mutable_write() = encode(write);
  for (const std::string& id : ids) request.add_ids(id);
  return position_in(impl_->ask<v2alpha1::AccessChangeResponse>(&Stub::RevokeTokens, request));
}

Result<statekit::Position> SchemaClient::set_roles(const std::string& principal,
                                                   const std::vector<access::RoleBinding>& roles,
                                                   const Write& write) const {
  v2alpha1::SetRolesRequest request;
  *request.mutable_write() = encode(write);
  request.set_principal(principal);
  for (const access::RoleBinding& role : roles) *request.add_roles() = schema::to_proto(role);
  return position_in(impl_->ask<v2alpha1::AccessChangeResponse>(&Stub::SetRoles, request));
}

Result<AccessReport> SchemaClient::access() const {
  return decoded<AccessReport>(
      impl_->ask<v2alpha1::ListAccessResponse>(&Stub::ListAccess, v2alpha1::ListAccessRequest()));
}

}  // namespace millrace::cli
