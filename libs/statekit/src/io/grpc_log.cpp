#include "grpc_log.hpp"

#include <mutex>

#include <grpc/support/log.h>

#include "statekit/io/log.hpp"

namespace millrace::statekit {

void quieten_grpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function([](gpr_log_func_args* line) {
      log_debug("grpc.log", {{"severity", gpr_log_severity_string(line->severity)},
                             {"message", line->message}});
    });
  });
}

}  // namespace millrace::statekit
