// A network namespace of its own for this process and those that it starts: nothing but loopback is
// in it, so that a test may use the ports that the documents name.
#pragma once

namespace millrace::e2e {

// False where the system does not allow it; then all stays as it was, but of the tests that come
// here one at a time goes on.
bool enter_own_network();

}  // namespace millrace::e2e
