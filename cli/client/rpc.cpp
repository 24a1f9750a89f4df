#include "cli/client/rpc_pb.hpp"

#include <algorithm>

#include "cli/client/connect.hpp"
#include "httpkit/probe.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Error;

namespace {

constexpr std::int64_t probe_ms_max = 1'000;
constexpr const char* tls_remedy =
    "--ca FILE says whom to believe, --cert FILE and --key FILE who you are (or MILLRACE_CLI_CA, "
    "_CERTIFICATE, _KEY)";

// What changes the address of a service.
std::string remedy(const std::string& service) {
  std::string upper = service;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return "--" + service + " or MILLRACE_CLI_" + upper + " changes the address";
}

}  // namespace

Error explain(const grpc::Status& status, const std::string& service, const std::string& address) {
  Error error = statekit::from_grpc(status);
  // Some other server: it knows no such method, or has nothing to say about it.
  if (error.code == Code::unimplemented || error.message.empty()) {
    error.message = address + " answers, but not as a " + service + " service: " + remedy(service);
    return error;
  }
  if (error.code != Code::unavailable && error.code != Code::deadline_exceeded) return error;
  // What the service itself said stands as it is; what gRPC says about sockets does not help.
  const bool unreachable = error.code == Code::unavailable &&
                           (error.message.find("failed to connect") != std::string::npos ||
                            error.message.find("onnection refused") != std::string::npos ||
                            error.message.find("DNS resolution failed") != std::string::npos ||
                            error.message.find("Socket closed") != std::string::npos ||
                            error.message.find("onnection reset") != std::string::npos ||
                            error.message.find("Broken pipe") != std::string::npos ||
                            error.message.find("empty address list") != std::string::npos);
  if (!unreachable) return statekit::within("the " + service + " service at " + address, error);
  // Only now, where it may be the reason.
  if (const std::string fault = httpkit::tls_fault(address, credentials(), probe_ms_max);
      !fault.empty())
    return Error{Code::unavailable,
                 "the " + service + " service at " + address + " cannot be talked to: " + fault +
                     "; " + tls_remedy,
                 {}};
  return Error{Code::unavailable,
               "the " + service + " service cannot be reached at " + address +
                   ": is `millrace serve` running? " + remedy(service),
               {}};
}

}  // namespace millrace::cli
