// Why a port cannot be talked to, where the two sides differ on TLS or do not believe each other:
// asked after a call has failed, for its error. Blocking.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tls/credentials.hpp"

namespace millrace::httpkit {

// `address` is host:port of a gRPC server; `credentials` are those of the call, none: in clear.
// Empty where TLS is not the reason.
std::string tls_fault(const std::string& address,
                      const std::shared_ptr<tls::Credentials>& credentials,
                      std::int64_t timeout_ms);

}  // namespace millrace::httpkit
