#include "services/routing/service.hpp"

#include "services/routing/call.hpp"

namespace millrace::routing {

CallService::CallService(Parts parts, CallLimits limits)
    : parts_(std::move(parts)),
      limits_(limits),
      pool_(*parts_.transport, limits.ejection),
      waiters_(*parts_.projection, limits.waiting_max) {}

CallService::~CallService() { stop(); }

std::shared_ptr<Pending> CallService::call(Arrival arrival, std::function<void(Answer)> done) {
  auto call = std::make_shared<Call>(*this, std::move(arrival), std::move(done));
  call->start();
  return call;
}

Readiness CallService::ready() const {
  if (parts_.position()) return {true, {}};
  return {false, {"no state yet: waits for the schema service's feed"}};
}

statekit::DrainingCalls CallService::draining() const {
  statekit::DrainingCalls calls = pool_.calls_in_flight();
  const auto state = parts_.projection->read();
  std::erase_if(calls, [&](const auto& each) { return state->gets_calls(each.first); });
  return calls;
}

void CallService::tidy() {
  pool_.forget(
      [this](std::string_view id) { return parts_.projection->read()->knows_endpoint(id); });
}

}  // namespace millrace::routing
