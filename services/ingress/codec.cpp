#include "services/ingress/codec.hpp"

#include <utility>

#include <grpcpp/support/status.h>

#include "v2alpha1/verb.pb.h"

namespace millrace::ingress {

v2alpha1::CallRequest encode(const VerbCall& call) {
  v2alpha1::CallRequest out;
  out.mutable_verb()->set_module(call.module);
  out.mutable_verb()->set_name(call.verb);
  out.set_body(call.body);
  for (const auto& [key, value] : call.metadata) {
    auto* pair = out.add_metadata();
    pair->set_key(key);
    pair->set_value(value);
  }
  return out;
}

Outcome decode(const grpc::Status& status, const std::string& reason,
               v2alpha1::CallResponse response) {
  if (!status.ok()) {
    // Without a reason of the router it is this side that refuses the size of the answer.
    if (reason.empty() && status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
      return CallFailure{"bad-answer", status.error_message(), false};
    }
    return CallFailure{reason, status.error_message(),
                       status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED};
  }
  if (response.has_error()) {
    return VerbError{response.error().code(), response.error().message()};
  }
  if (!response.has_body()) {
    return CallFailure{"bad-answer", "the answer has neither a body nor an error", false};
  }
  return std::move(*response.mutable_body());
}

}  // namespace millrace::ingress
