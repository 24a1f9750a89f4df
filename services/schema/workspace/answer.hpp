// How outcomes become HTTP answers. Pure functions, for the service only.
#pragma once

#include <string>

#include "httpkit/message.hpp"
#include "services/schema/workspace/keeper.hpp"

namespace millrace::workspace {

httpkit::Response json_answer(int status, std::string body);
// 423 with the holder's LockInfo, 409, 412, 507, ...: what the protocol has for that refusal.
httpkit::Response refusal_answer(const statekit::Error& error, const View& view);
// `allow`: the methods that the resource has.
httpkit::Response no_such_method(const std::string& allow);
// Puts ETag and Millrace-Version.
void name_version(httpkit::Response& response, const View& view, const Version& version);
// The guard of a change: ?ID=, If-Match, If-None-Match.
Guard guard_of(const httpkit::Request& request, const std::string& lock_id);
// None where the browser of a person may have been led to send the request; else why it is refused.
std::string browser_trick(const httpkit::Request& request, bool loopback_only);

}  // namespace millrace::workspace
