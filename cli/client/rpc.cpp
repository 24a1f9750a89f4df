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

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

// What gRPC says where there was no connection.
bool says_unsent(const std::string& text) {
  return holds(text, "failed to connect") || holds(text, "onnection refused") ||
         holds(text, "DNS resolution failed") || holds(text, "empty address list");
}

// And where one ended under a request.
bool says_cut(const std::string& text) {
  return holds(text, "Socket closed") || holds(text, "onnection reset") ||
         holds(text, "Broken pipe") || holds(text, "keepalive watchdog timeout");
}

}  // namespace

Reach reach_of(const grpc::Status& status, const statekit::Channel& channel) {
  const std::string text = status.error_message();
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    if (says_unsent(text)) return Reach::unsent;
    return says_cut(text) ? Reach::cut : Reach::answered;
  }
  // The service has words of its own where it is the one that gave up.
  if (status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED || text != "Deadline Exceeded")
    return Reach::answered;
  const bool connected = channel.grpc()->GetState(false) == GRPC_CHANNEL_READY;
  return connected ? Reach::silent : Reach::unsent;
}

Error explain(const grpc::Status& status, const std::string& service, const std::string& address) {
  Error error = statekit::from_grpc(status);
  // Some other server: it knows no such method, or has nothing to say about it.
  if (error.code == Code::unimplemented || error.message.empty()) {
    error.message = address + " answers, but not as a " + service + " service: " + remedy(service);
    return error;
  }
  if (error.code != Code::unavailable && error.code != Code::deadline_exceeded) return error;
  // What the service itself said stands as it is; what gRPC says about sockets does not help.
  const std::string at = "the " + service + " service at " + address;
  const bool unavailable = error.code == Code::unavailable;
  if (unavailable && !says_unsent(error.message) && says_cut(error.message)) {
    error.message = "the connection to " + at + " ended before it answered (" + error.message + ")";
    return error;
  }
  if (!unavailable || !says_unsent(error.message)) return statekit::within(at, error);
  // Only now, where it may be the reason.
  if (const std::string fault = httpkit::tls_fault(address, credentials(), probe_ms_max);
      !fault.empty())
    return Error{Code::unavailable, at + " cannot be talked to: " + fault + "; " + tls_remedy, {}};
  return Error{Code::unavailable,
               "the " + service + " service cannot be reached at " + address +
                   ": is `millrace serve` running? " + remedy(service),
               {}};
}

}  // namespace millrace::cli
