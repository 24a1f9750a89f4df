#include "grpc_callbacks.hpp"

#include <mutex>

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

namespace millrace::statekit {
namespace {

// A channel that leads nowhere. A callback call on it, which fails at once, makes it a user of the
// threads, and it is never destroyed.
struct LameCall {
  grpc::GenericStub stub{grpc::CreateChannel("nowhere", nullptr)};
  grpc::ClientContext context;
  grpc::Slice octet{"x"};
  grpc::ByteBuffer request{&octet, 1};
  grpc::ByteBuffer response;
};

}  // namespace

void keep_grpc_callbacks() {
  static std::once_flag once;
  std::call_once(once, [] {
    static LameCall* const kept = new LameCall;
    kept->stub.UnaryCall(&kept->context, "/nowhere", {}, &kept->request, &kept->response,
                         [](const grpc::Status&) {});
  });
}

}  // namespace millrace::statekit
