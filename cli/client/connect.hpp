// How the command line connects: with the certificate and the authorities that the environment or
// its flags name. Told once by main, before a command runs; then any thread.
#pragma once

#include <memory>
#include <string>

#include "statekit/io/channel.hpp"
#include "tls/doors.hpp"

namespace millrace::cli {

// Errors as Credentials::open; no file named: in clear.
statekit::Status use_tls(const tls::Files& files);

// Null: in clear.
const std::shared_ptr<tls::Credentials>& credentials();

statekit::Channel connect(const std::string& address);

}  // namespace millrace::cli
