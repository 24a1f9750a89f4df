// Health: the named parts of a service, each ready or not and why. /readyz and grpc.health.v1
// answer from it; a process without any part is ready. Thread safe.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace millrace::statekit {

struct Readiness {
  bool ready = false;
  std::string reason;  // why not, or a remark such as "stale for 4200 ms"
};

class Health {
 public:
  void set(const std::string& part, bool ready, std::string reason = {});
  // Asked anew each time; must be quick and not call back.
  void watch(const std::string& part, std::function<Readiness()> ask);
  void remove(const std::string& part);

  bool ready() const;
  // All parts, by name.
  std::map<std::string, Readiness> parts() const;
  // One line a part that has something to say: "schema feed: empty: never connected".
  std::vector<std::string> reasons() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::function<Readiness()>> parts_;
};

}  // namespace millrace::statekit
