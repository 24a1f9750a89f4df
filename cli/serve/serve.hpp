// `millrace serve`: the five services in one process, with channels inside it between them. They
// run the same code as their own binaries; only this wiring differs. Main thread; blocks until a
// signal.
#pragma once

namespace millrace::cli {

// `argv` begins with the word `serve`. The exit code: 0 after a signal, 1 where settings are wrong,
// 2 where a service could not start.
int serve(int argc, const char* const* argv);

}  // namespace millrace::cli
