#include "statekit/io/turned_away.hpp"

namespace millrace::statekit {

TurnedAway count_turned_away(Metrics& metrics, const std::string& port) {
  const auto counter = [&](const char* reason) {
    return metrics.counter("millrace_connections_refused_total",
                           "Connections that were not let in: there were as many as there may be, "
                           "of all clients or of theirs.",
                           {{"port", port}, {"reason", reason}});
  };
  return [all = counter("all"), client = counter("client")](Crowd crowd) {
    (crowd == Crowd::all ? all : client).add();
  };
}

}  // namespace millrace::statekit
