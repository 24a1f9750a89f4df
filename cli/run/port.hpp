// TCP ports of this machine, as `millrace run` hands them to its program.
#pragma once

#include "statekit/result.hpp"

namespace millrace::cli {

// `wanted`, or any free one where it is 0. Unavailable when it is in use. The port is free when
// this returns: somebody else may take it before the program does.
statekit::Result<int> free_port(int wanted);

}  // namespace millrace::cli
