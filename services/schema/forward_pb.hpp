// Hands a command on to the preferred writer, as its caller sent it. Included by rpc.cpp only,
// since it shows gRPC. Thread safe; `done` comes on a thread of gRPC's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "access/io/grpc_gate.hpp"
#include "statekit/io/channel.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::schema_service {

inline constexpr const char* forwarded_key = "millrace-forwarded";
// A writer that is silent for longer is no writer any more (ReplicaTimes::ttl_ms).
inline constexpr std::int64_t forward_ms_max = 4'000;
// Of what the writer is told of a caller: gRPC takes 8 KiB of headers unless told otherwise, as
// replicas of earlier versions are not. What is more, such as of somebody with very many roles, is
// not handed on: each replica can decide (docs/decisions/0181).
inline constexpr std::size_t handed_on_bytes_max = 6 * 1024;

class Forward {
 public:
  explicit Forward(statekit::ChannelOptions options) : options_(std::move(options)) {}

  using Stub = v2alpha1::SchemaService::Stub;
  using Async = v2alpha1::SchemaService::StubInterface::async_interface;
  using Done = std::function<void(const grpc::Status&)>;
  template <class Request, class Response>
  using Method = void (Async::*)(grpc::ClientContext*, const Request*, Response*,
                                 std::function<void(grpc::Status)>);

  // Hands the command to `writer`, once; `here` decides it where that is empty, cannot be reached
  // or does not answer, or where there is more to say of its caller than fits. A writer that is
  // lost on the way may have committed: with a token it is safe to decide again, without one it is
  // not.
  template <class Here, class Request, class Response>
  void send_or(const Here& here, const std::string& writer, grpc::CallbackServerContext* context,
               const Request* request, Response* response, grpc::ServerUnaryReactor* reactor,
               Method<Request, Response> method) {
    if (writer.empty() || context->client_metadata().count(forwarded_key) > 0) return here();
    const Metadata metadata = metadata_of(*context);
    if (bytes_of(metadata) > handed_on_bytes_max) return here();
    send(writer, context->deadline(), metadata, method, request, response,
         [here, context, request, reactor](const grpc::Status& status) {
           const auto code = status.error_code();
           const bool silent = code == grpc::StatusCode::DEADLINE_EXCEEDED &&
                               std::chrono::system_clock::now() < context->deadline();
           if (code != grpc::StatusCode::UNAVAILABLE && !silent) return reactor->Finish(status);
           const bool unsent =
               status.error_message().find("failed to connect") != std::string::npos;
           if (unsent || !request->write().token().empty()) return here();
           reactor->Finish({grpc::StatusCode::UNKNOWN,
                            "the replica that writes was lost: it may have been committed; give a "
                            "token to be able to ask again"});
         });
  }

 private:
  using Metadata = std::vector<std::pair<std::string, std::string>>;

  // What the writer is told of who calls and how.
  static Metadata metadata_of(const grpc::CallbackServerContext& from) {
    Metadata all = {{forwarded_key, "1"}};
    // This replica has found out who calls, and vouches for it by what it shows itself.
    const access::Caller* const caller = access::current_caller();
    if (caller != nullptr) {
      all.emplace_back(access::on_behalf_key, caller->name);
      all.emplace_back(access::on_behalf_roles_key, access::text_of(caller->roles));
    }
    for (const auto& [name, value] : from.client_metadata()) {
      const std::string key(name.data(), name.size());
      if (key == access::on_behalf_key || key == access::on_behalf_roles_key) continue;
      if (caller != nullptr && key == "authorization") continue;
      if (key.rfind("millrace-", 0) == 0 || key == "authorization" || key == "traceparent")
        all.emplace_back(key, std::string(value.data(), value.size()));
    }
    return all;
  }

  // As HTTP/2 counts them (RFC 9113, section 6.5.2).
  static std::size_t bytes_of(const Metadata& metadata) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : metadata) bytes += key.size() + value.size() + 32;
    return bytes;
  }

  // Request, response and context live until `done`.
  template <class Request, class Response>
  void send(const std::string& address, std::chrono::system_clock::time_point deadline,
            const Metadata& metadata, Method<Request, Response> method, const Request* request,
            Response* response, Done done) {
    auto call = std::make_shared<Call>();
    call->stub = stub(address);
    const auto longest =
        std::chrono::system_clock::now() + std::chrono::milliseconds(forward_ms_max);
    call->context.set_deadline(std::min(deadline, longest));
    for (const auto& [key, value] : metadata) call->context.AddMetadata(key, value);
    Async* const async = call->stub->async();
    (async->*method)(&call->context, request, response,
                     [call, done = std::move(done)](const grpc::Status& status) { done(status); });
  }

  struct Call {
    std::shared_ptr<Stub> stub;
    grpc::ClientContext context;
  };

  // One at a time is the preferred writer, so one channel is kept.
  std::shared_ptr<Stub> stub(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (!stub_ || address != address_) {
      stub_ = v2alpha1::SchemaService::NewStub(statekit::connect(address, options_).grpc());
      address_ = address;
    }
    return stub_;
  }

  const statekit::ChannelOptions options_;
  std::mutex mutex_;
  std::string address_;
  std::shared_ptr<Stub> stub_;
};

}  // namespace millrace::schema_service
