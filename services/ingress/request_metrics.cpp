#include "services/ingress/request_metrics.hpp"

#include <mutex>

namespace millrace::ingress {

RequestMetrics::RequestMetrics(statekit::Metrics& metrics)
    : metrics_(metrics),
      in_flight_(metrics.gauge("millrace_ingress_requests_in_flight", "Requests in flight.")) {}

const RequestMetrics::Handles& RequestMetrics::handles(const std::string& route, int status) {
  const std::pair<std::string, int> key(route, status);
  {
    const std::shared_lock lock(mutex_);
    const auto found = handles_.find(key);
    if (found != handles_.end()) return found->second;
  }
  const std::string shown = route.empty() ? "none" : route;
  const Handles made{metrics_.counter("millrace_ingress_requests_total", "Requests answered.",
                                      {{"route", shown}, {"status", std::to_string(status)}}),
                     metrics_.histogram("millrace_ingress_request_seconds",
                                        "From the last octet of a request to its answer.",
                                        statekit::seconds_buckets(), {{"route", shown}})};
  const std::unique_lock lock(mutex_);
  return handles_.emplace(key, made).first->second;
}

void RequestMetrics::end(const std::string& route, int status, std::int64_t duration_us) {
  const Handles& found = handles(route, status);
  found.requests.add();
  found.duration.observe(static_cast<double>(duration_us) / 1e6);
  in_flight_.add(-1);
}

}  // namespace millrace::ingress
