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

// What the user's token is shown under, for statekit::show_tokens.
statekit::TokenRules token_rules(bool insecure);
// FailedPrecondition where the token would go in clear to another machine: for one address or
// several with commas between, or for a URL.
statekit::Status may_show_token_to(const std::string& addresses);
statekit::Status may_show_token_to_url(const std::string& url);

}  // namespace millrace::cli
