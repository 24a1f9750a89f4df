#include "statekit/io/rpc.hpp"

#include <algorithm>
#include <string>

#include <grpcpp/support/status.h>

#include "tls/describe.hpp"

namespace millrace::statekit {

grpc::Status to_grpc(const Error& error) {
  std::string message = error.message;
  for (const std::string& detail : error.details) message += "\n" + detail;
  return {static_cast<grpc::StatusCode>(error.code), message};
}

grpc::Status to_grpc(const Status& status) {
  return status ? grpc::Status::OK : to_grpc(status.error());
}

Error from_grpc(const grpc::Status& status) {
  Error error{static_cast<Code>(status.error_code()), {}, {}};
  const std::string text = status.error_message();
  std::size_t begin = 0;
  for (bool first = true; begin <= text.size(); first = false) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (first)
      error.message = std::move(line);
    else
      error.details.push_back(std::move(line));
    begin = end + 1;
  }
  // gRPC hands on what OpenSSL says of a handshake, which tells nobody what to do.
  if (error.code == Code::unavailable) {
    if (const std::string meaning = tls::explain(error.message); !meaning.empty())
      error.message += ": " + meaning;
  }
  return error;
}

}  // namespace millrace::statekit
