// Presence: which replicas of a service live at present, and what each says of itself. Soft: it is
// never journalled and lost without harm. Called by one thread of the service that announces
// itself; implementations: libs/journal/presence.hpp (in one process, by etcd's leases, in a
// database). Thread safe; announce and members may block for a few seconds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::statekit {

struct Member {
  std::string id;  // the lowest is the preferred writer
  Bytes about;     // what the service says of itself, in its own encoding
  bool operator==(const Member&) const = default;
};

class Presence {
 public:
  virtual ~Presence() = default;
  // Is there, as `member`, until `ttl_ms` after the last call.
  virtual Status announce(const Member& member, std::int64_t ttl_ms) = 0;
  // Those that are there, by id.
  virtual Result<std::vector<Member>> members() = 0;
  // Not there any more; ends calls under way. Idempotent.
  virtual void leave() = 0;
  // False: no other process can be a member.
  virtual bool shared() const = 0;
};

}  // namespace millrace::statekit
