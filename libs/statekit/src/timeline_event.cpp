#include "statekit/timeline_event.hpp"

namespace millrace::statekit {
namespace {

template <class... Strings>
std::size_t sum(const Strings&... strings) {
  return (strings.size() + ...);
}

std::size_t sum_of(const std::vector<std::string>& list) {
  std::size_t total = list.size() * sizeof(std::string);
  for (const std::string& text : list) total += text.size();
  return total;
}

struct TypeOf {
  std::string_view operator()(const CallEvent&) const { return "call"; }
  std::string_view operator()(const IngressEvent&) const { return "ingress"; }
  std::string_view operator()(const LogEvent&) const { return "log"; }
  std::string_view operator()(const ChangesetEvent&) const { return "changeset"; }
  std::string_view operator()(const DeploymentEvent&) const { return "deployment"; }
};

struct SizeOf {
  std::size_t operator()(const CallEvent& e) const {
    return sum(e.module, e.verb, e.deployment, e.endpoint, e.outcome, e.error) + sum_of(e.callers);
  }
  std::size_t operator()(const IngressEvent& e) const {
    return sum(e.method, e.route, e.path, e.module, e.verb, e.error);
  }
  std::size_t operator()(const LogEvent& e) const {
    std::size_t total = sum(e.source, e.deployment, e.message);
    for (const auto& [key, value] : e.fields) total += sum(key, value) + 2 * sizeof(std::string);
    return total;
  }
  std::size_t operator()(const ChangesetEvent& e) const {
    return sum(e.changeset, e.phase, e.reason, e.author) + sum_of(e.modules);
  }
  std::size_t operator()(const DeploymentEvent& e) const {
    return sum(e.deployment, e.module, e.what, e.endpoint);
  }
};

}  // namespace

std::string_view type_of(const TimelineEvent& event) { return std::visit(TypeOf{}, event.what); }

std::size_t size_of(const TimelineEvent& event) {
  return sizeof(TimelineEvent) + sum(event.request_id, event.traceparent) +
         std::visit(SizeOf{}, event.what);
}

}  // namespace millrace::statekit
