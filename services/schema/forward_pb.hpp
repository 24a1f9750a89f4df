// Hands a command on to the preferred writer, as its caller sent it. Included by rpc.cpp only,
// since it shows gRPC. Thread safe; `done` comes on a thread of gRPC's.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "statekit/io/channel.hpp"
#include "v2alpha1/schema.grpc.pb.h"

namespace millrace::schema_service {

inline constexpr const char* forwarded_key = "millrace-forwarded";

class Forward {
 public:
  using Stub = v2alpha1::SchemaService::Stub;
  using Async = v2alpha1::SchemaService::StubInterface::async_interface;
  using Done = std::function<void(const grpc::Status&)>;

  // `method`: a member of Async. Request, response and context live until `done`.
  template <class Method, class Request, class Response>
  void send(const std::string& address, const grpc::CallbackServerContext& from, Method method,
            const Request* request, Response* response, Done done) {
    auto call = std::make_shared<Call>();
    call->stub = stub(address);
    call->context.set_deadline(from.deadline());
    call->context.AddMetadata(forwarded_key, "1");
    for (const auto& [name, value] : from.client_metadata()) {
      const std::string key(name.data(), name.size());
      if (key.rfind("millrace-", 0) == 0 || key == "authorization" || key == "traceparent")
        call->context.AddMetadata(key, std::string(value.data(), value.size()));
    }
    Async* const async = call->stub->async();
    (async->*method)(&call->context, request, response,
                     [call, done = std::move(done)](const grpc::Status& status) { done(status); });
  }

 private:
  struct Call {
    std::shared_ptr<Stub> stub;
    grpc::ClientContext context;
  };

  // One at a time is the preferred writer, so one channel is kept.
  std::shared_ptr<Stub> stub(const std::string& address) {
    const std::lock_guard lock(mutex_);
    if (!stub_ || address != address_) {
      stub_ = v2alpha1::SchemaService::NewStub(statekit::connect(address).grpc());
      address_ = address;
    }
    return stub_;
  }

  std::mutex mutex_;
  std::string address_;
  std::shared_ptr<Stub> stub_;
};

}  // namespace millrace::schema_service
