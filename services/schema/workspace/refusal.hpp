// Why a workspace refuses a command, so that the edge can answer with the status that the protocol
// has for it. A Refusal travels as the first detail of an Error. Pure, free of threads.
#pragma once

#include <string>

#include "statekit/result.hpp"

namespace millrace::workspace {

enum class Refusal {
  none,
  locked,      // somebody else holds the lock, and none was shown
  other_lock,  // the lock that was shown is not the one that is held
  stale,       // If-Match or If-None-Match is not met
  no_version,  // no such version is kept
  not_empty,   // deleting a workspace that still has a state or a lock, without force
  quota,       // the body alone is over the workspace's quota
  lost_parts,  // the upload was given up meanwhile
  sealed,      // the workspace was deleted
  full,        // no more workspaces
};

tl::unexpected<statekit::Error> refuse(Refusal refusal, std::string message);
Refusal refusal_of(const statekit::Error& error);

}  // namespace millrace::workspace
