#include "services/schema/rpc_secrets_pb.hpp"

#include "services/schema/codec.hpp"
#include "services/schema/codec_secrets.hpp"
#include "services/schema/requested.hpp"

namespace millrace::schema_service {

namespace v2 = v2alpha1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;
using statekit::fail;
using statekit::Result;
using statekit::Status;

ServerUnaryReactor* SecretCalls::change(CallbackServerContext* context,
                                        const v2::ChangeSecretsRequest* request,
                                        v2::ChangeSecretsResponse* response) {
  if (const Status may =
          reaches(*context, "ChangeSecrets", access::Permission::deploy, modules_of(*request));
      !may)
    return refuse(context, may.error());
  const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
  if (!meta) return refuse(context, meta.error());
  // gRPC's message is ours alone until the call is done; its values are wiped wherever they are
  // read.
  auto* message = const_cast<v2::ChangeSecretsRequest*>(request);
  const auto forget = [message] { wipe(*message); };
  if (request->plan()) {
    const auto answer = [this, message, response] {
      const Result<ConfigPlanAnswer> planned = service_.plan(order_from(*message));
      if (planned) fill(*response, *planned);
      return status_of(planned);
    };
    return on_worker(context, answer, true, forget);
  }
  auto* reactor = new ReadReactor(service_);
  reactor->at_end(forget);
  const auto here = [this, context, message, response, reactor, meta = *meta] {
    service_.change_secrets(order_from(*message), meta, ms_left(*context, service_.write_ms_max()),
                            [reactor, response](const Result<statekit::Position>& at) {
                              if (at) *response->mutable_position() = to_proto(*at);
                              reactor->Finish(status_of(at));
                            });
  };
  forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                   &Forward::Async::ChangeSecrets);
  return reactor;
}

ServerUnaryReactor* SecretCalls::see(CallbackServerContext* context,
                                     const v2::GetSecretsRequest* request,
                                     v2::GetSecretsResponse* response) {
  if (const Status may =
          reaches(*context, "GetSecrets", access::Permission::read_secrets, modules_of(*request));
      !may)
    return refuse(context, may.error());
  Result<Asker> asker = asker_from(*request, context->peer());
  if (const access::Caller* caller = access::current_caller(); asker && caller != nullptr)
    asker->who = caller->name;
  if (!asker) return refuse(context, asker.error());
  const auto answer = [this, request, response, asker = *asker] {
    const Result<SeenSecrets> seen = service_.see_secrets(names_from(*request), asker);
    if (seen) fill(*response, *seen);
    return status_of(seen);
  };
  return on_worker(context, answer, true, [response] { wipe(*response); });
}

ServerUnaryReactor* SecretCalls::list(CallbackServerContext* context,
                                      const v2::ListSecretsRequest* request,
                                      v2::ListSecretsResponse* response) {
  const auto answer = [this, request, response] {
    const Result<SecretListAnswer> found = service_.secrets(request->module());
    if (found) fill(*response, *found);
    return status_of(found);
  };
  return on_worker(context, answer, !request->any_age());
}

ServerUnaryReactor* SecretCalls::rotate(CallbackServerContext* context,
                                        const v2::RotateSecretsRequest* request,
                                        v2::RotateSecretsResponse* response) {
  if (const Status may = reaches(*context, "RotateSecrets", access::Permission::operate, {""});
      !may)
    return refuse(context, may.error());
  const Result<statekit::CommandMeta> meta = by_caller(meta_from(*request, clock_.wall_ms()));
  if (!meta) return refuse(context, meta.error());
  ServerUnaryReactor* reactor = context->DefaultReactor();
  const auto here = [this, context, request, response, reactor, meta = *meta] {
    service_.on_worker([this, context, request, response, reactor, meta](const Status& room) {
      if (!room) return reactor->Finish(status_of(room));
      const Result<RotateAnswer> answer =
          service_.rotate({request->new_key(), request->forget()}, meta,
                          ms_left(*context, service_.write_ms_max()));
      if (answer) fill(*response, *answer);
      reactor->Finish(status_of(answer));
    });
  };
  forward_.send_or(here, service_.writer_address(), context, request, response, reactor,
                   &Forward::Async::RotateSecrets);
  return reactor;
}

}  // namespace millrace::schema_service
