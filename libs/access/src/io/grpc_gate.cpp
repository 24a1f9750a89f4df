#include "access/io/grpc_gate.hpp"

#include <google/protobuf/descriptor.h>
#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>

#include <utility>

#include "statekit/io/rpc.hpp"

namespace millrace::access {

using grpc::ByteBuffer;
using grpc::CallbackServerContext;
using grpc::internal::MethodHandler;
using Parameter = MethodHandler::HandlerParameter;
using Type = grpc::internal::RpcMethod::RpcType;

namespace {

std::string value_of(const CallbackServerContext& context, const char* key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end()
             ? std::string()
             : std::string(found->second.data(), found->second.size());
}

Arrival arrival_of(const CallbackServerContext& context, const std::string& method) {
  Arrival arrival;
  arrival.method = method;
  arrival.authorization = value_of(context, "authorization");
  arrival.on_behalf = value_of(context, on_behalf_key);
  arrival.on_behalf_roles = value_of(context, on_behalf_roles_key);
  arrival.from = context.peer();
  const auto peer = context.auth_context();
  if (peer && peer->IsPeerAuthenticated())
    for (const grpc::string_ref& identity : peer->GetPeerIdentity())
      arrival.identities.emplace_back(identity.data(), identity.size());
  return arrival;
}

// Ends a stream before it began.
template <class Reactor>
class Refusing final : public Reactor {
 public:
  explicit Refusing(const grpc::Status& status) { this->Finish(status); }
  void OnDone() override { delete this; }
};

// One method: asks the gate, then hands the call on as it came. Its message is decoded only then.
class GuardedMethod final : public MethodHandler {
 public:
  GuardedMethod(Gate& gate, MethodHandler& inner, std::string method, Type type)
      : gate_(gate), inner_(inner), method_(std::move(method)), type_(type) {}

  void* Deserialize(grpc_call*, grpc_byte_buffer* bytes, grpc::Status*, void** data) override {
    *data = bytes;
    return bytes;
  }

  void RunHandler(const Parameter& call) override {
    const auto& context = *static_cast<CallbackServerContext*>(call.server_context);
    const Arrival arrival = arrival_of(context, method_);
    const statekit::Result<Caller> caller = gate_.admit(arrival);
    if (!caller) {
      // gRPC's own way to say when to come again, which its clients' retries heed.
      if (caller.error().code == statekit::Code::resource_exhausted)
        call.server_context->AddTrailingMetadata("grpc-retry-pushback-ms",
                                                 std::to_string(retry_after_s_max * 1'000));
      return refuse(call, statekit::to_grpc(caller.error()));
    }
    const CurrentCaller scope(*caller);
    hand_on(call, inner_, is_stream() ? staying(call, arrival, *caller) : call.call_requester);
  }

 private:
  bool is_stream() const { return type_ != Type::NORMAL_RPC; }
  bool has_message() const { return type_ == Type::NORMAL_RPC || type_ == Type::SERVER_STREAMING; }

  void hand_on(const Parameter& call, MethodHandler& to, std::function<void()> done) {
    grpc::Status status = call.status;
    void* data = nullptr;
    void* request = nullptr;
    if (has_message())
      request = to.Deserialize(call.call->call(),
                               static_cast<grpc_byte_buffer*>(call.internal_data), &status, &data);
    to.RunHandler(
        Parameter(call.call, call.server_context, request, status, data, std::move(done)));
  }

  // The stream is looked at again until it is over, which gRPC tells by asking for the next call.
  std::function<void()> staying(const Parameter& call, const Arrival& arrival,
                                const Caller& caller) {
    grpc_call* const handle = call.call->call();
    grpc_call_ref(handle);
    const std::uint64_t number = gate_.stay(arrival, caller, [handle](const statekit::Error& why) {
      grpc_call_cancel_with_status(handle, static_cast<grpc_status_code>(why.code),
                                   why.message.c_str(), nullptr);
    });
    return [this, handle, number, done = call.call_requester] {
      gate_.leave(number);
      grpc_call_unref(handle);
      done();
    };
  }

  void refuse(const Parameter& call, const grpc::Status& status) {
    using namespace grpc::internal;
    switch (type_) {
      case Type::NORMAL_RPC: {
        CallbackUnaryHandler<ByteBuffer, ByteBuffer> handler(
            [&status](CallbackServerContext* context, const ByteBuffer*, ByteBuffer*) {
              grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
              reactor->Finish(status);
              return reactor;
            });
        return hand_on(call, handler, call.call_requester);
      }
      case Type::SERVER_STREAMING: {
        CallbackServerStreamingHandler<ByteBuffer, ByteBuffer> handler(
            [&status](CallbackServerContext*, const ByteBuffer*) {
              return new Refusing<grpc::ServerWriteReactor<ByteBuffer>>(status);
            });
        return hand_on(call, handler, call.call_requester);
      }
      case Type::CLIENT_STREAMING: {
        CallbackClientStreamingHandler<ByteBuffer, ByteBuffer> handler(
            [&status](CallbackServerContext*, ByteBuffer*) {
              return new Refusing<grpc::ServerReadReactor<ByteBuffer>>(status);
            });
        return hand_on(call, handler, call.call_requester);
      }
      case Type::BIDI_STREAMING: {
        CallbackBidiHandler<ByteBuffer, ByteBuffer> handler([&status](CallbackServerContext*) {
          return new Refusing<grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>>(status);
        });
        return hand_on(call, handler, call.call_requester);
      }
    }
  }

  Gate& gate_;
  MethodHandler& inner_;
  const std::string method_;
  const Type type_;
};

// gRPC shows the handlers of a service to what derives from it.
struct Opened : grpc::Service {
  static MethodHandler* handler(grpc::Service& service, int index) {
    return (service.*&Opened::GetHandler)(index);
  }
};

Type type_of(const google::protobuf::MethodDescriptor& method) {
  if (method.client_streaming())
    return method.server_streaming() ? Type::BIDI_STREAMING : Type::CLIENT_STREAMING;
  return method.server_streaming() ? Type::SERVER_STREAMING : Type::NORMAL_RPC;
}

class GuardedService final : public grpc::Service {
 public:
  void add(Gate& gate, grpc::Service& inner, const google::protobuf::MethodDescriptor& method) {
    const std::string& name = *names_.emplace_back(
        std::make_unique<std::string>("/" + method.service()->full_name() + "/" + method.name()));
    const int index = method.index();
    AddMethod(new grpc::internal::RpcServiceMethod(name.c_str(), type_of(method), nullptr));
    MarkMethodCallback(
        index, new GuardedMethod(gate, *Opened::handler(inner, index), name, type_of(method)));
  }

 private:
  std::vector<std::unique_ptr<std::string>> names_;  // gRPC keeps pointers to them
};

}  // namespace

statekit::Result<std::unique_ptr<grpc::Service>> guard(Gate& gate, grpc::Service& inner,
                                                       const std::string& name) {
  const auto* about = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
  if (about == nullptr)
    return statekit::fail(statekit::Code::internal, "there is no service named " + name);
  auto guarded = std::make_unique<GuardedService>();
  for (int i = 0; i < about->method_count(); ++i) {
    const auto& method = *about->method(i);
    if (!permission_of("/" + name + "/" + method.name()))
      return statekit::fail(
          statekit::Code::internal,
          "no rule says who may call " + method.full_name() + ": it would be denied to everybody");
    guarded->add(gate, inner, method);
  }
  return std::unique_ptr<grpc::Service>(std::move(guarded));
}

}  // namespace millrace::access
