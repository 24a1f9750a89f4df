// What the clients share: a deadline for each call, and errors that name the service and its
// address. Included by the .cpp files of this folder only, since it shows gRPC.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <map>
#include <string>

#include "cli/client/attempts.hpp"
#include "statekit/io/channel.hpp"
#include "statekit/io/rpc.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

inline void set_deadline(grpc::ClientContext& context, std::int64_t ms) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(ms));
}

// What became of a request that was answered with `status`, over `channel`.
Reach reach_of(const grpc::Status& status, const statekit::Channel& channel);

// `service`: "schema", which is also the flag and the variable that change the address.
statekit::Error explain(const grpc::Status& status, const std::string& service,
                        const std::string& address);

using CallMetadata = std::map<std::string, std::string>;

// Calls `method` of `stub` with a deadline: the answer, or why there is none.
template <class Answer, class Stub, class Method, class Request>
statekit::Result<Answer> ask(Stub& stub, Method method, const Request& request,
                             const std::string& service, const std::string& address,
                             std::int64_t deadline_ms, const CallMetadata& metadata = {}) {
  grpc::ClientContext context;
  set_deadline(context, deadline_ms);
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  Answer answer;
  const grpc::Status status = (stub.*method)(&context, request, &answer);
  if (!status.ok()) return statekit::fail(explain(status, service, address));
  return answer;
}

}  // namespace millrace::cli
