// What the load generators ask of etcd, the peer. The messages are those of our own driver; the
// methods that it has no use for are called by their names. One thread each.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <memory>
#include <string>

#include "etcd.grpc.pb.h"

namespace millrace::bench {

class Etcd {
 public:
  explicit Etcd(std::shared_ptr<grpc::Channel> channel) : channel_(std::move(channel)) {}

  grpc::Status put(const etcdserverpb::PutRequest& request, etcdserverpb::PutResponse& answer) {
    return unary("/etcdserverpb.KV/Put", request, answer);
  }
  grpc::Status range(const etcdserverpb::RangeRequest& request,
                     etcdserverpb::RangeResponse& answer) {
    return unary("/etcdserverpb.KV/Range", request, answer);
  }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  template <class Request, class Response>
  grpc::Status unary(const char* method, const Request& request, Response& response) {
    grpc::ClientContext context;
    const grpc::internal::RpcMethod rpc(method, grpc::internal::RpcMethod::NORMAL_RPC);
    return grpc::internal::BlockingUnaryCall<Request, Response, google::protobuf::MessageLite,
                                             google::protobuf::MessageLite>(
        channel_.get(), rpc, &context, request, &response);
  }

  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace millrace::bench
