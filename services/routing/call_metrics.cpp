#include "services/routing/call_metrics.hpp"

#include <mutex>

namespace millrace::routing {

void CallMetrics::count(const std::string& verb, std::string_view outcome, std::int64_t took_us) {
  const double seconds = static_cast<double>(took_us) / 1e6;
  if (count_known(verb, outcome, seconds)) return;
  {
    std::unique_lock lock(mutex_);
    const statekit::Labels labels{{"verb", verb}};
    auto at = verbs_.find(verb);
    if (at == verbs_.end())
      at = verbs_
               .emplace(verb, Verb(metrics_.histogram("millrace_routing_call_seconds",
                                                      "How long calls took in this router.",
                                                      statekit::seconds_buckets(), labels)))
               .first;
    if (!at->second.calls.contains(outcome))
      at->second.calls.emplace(
          std::string(outcome),
          metrics_.counter("millrace_routing_calls_total", "Calls by verb and how they ended.",
                           {{"verb", verb}, {"outcome", std::string(outcome)}}));
  }
  count_known(verb, outcome, seconds);
}

bool CallMetrics::count_known(const std::string& verb, std::string_view outcome, double seconds) {
  std::shared_lock lock(mutex_);
  const auto at = verbs_.find(verb);
  if (at == verbs_.end()) return false;
  const auto calls = at->second.calls.find(outcome);
  if (calls == at->second.calls.end()) return false;
  calls->second.add();
  at->second.seconds.observe(seconds);
  return true;
}

}  // namespace millrace::routing
