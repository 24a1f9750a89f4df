// Keeper: keeps one endpoint registered, whatever happens to the stream: renews the lease, and
// makes a new stream, at the next address and with backoff, when the schema service goes, or is
// silent (cli/run/hearing.hpp). Called from one loop; never blocks for long.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/client/registration.hpp"
#include "cli/run/hearing.hpp"

namespace millrace::cli {

class Keeper {
 public:
  using Say = std::function<void(const std::string&)>;
  // `schema_addresses`: of all replicas; each new stream goes to the next.
  Keeper(const std::string& schema_addresses, EndpointOffer offer, Say say);

  // Once each turn of the loop. An error: the deployment is gone or replaced, the program must
  // stop.
  statekit::Status turn(std::int64_t now_ms);
  // Says that no new calls should come; true once the service has answered, or cannot be asked.
  bool leave(std::int64_t now_ms);
  // The revision from which on no router sends new calls; 0: not known.
  std::uint64_t left_at() const;

 private:
  void open(std::int64_t now_ms);
  statekit::Error silence(std::int64_t now_ms) const;
  statekit::Status heed(const Heard& heard);
  statekit::Status reopen(const statekit::Error& why, std::int64_t now_ms);

  const std::vector<std::string> schema_;
  std::size_t next_ = 0;
  const EndpointOffer offer_;
  const Say say_;
  std::unique_ptr<Registration> registration_;
  std::uint64_t answers_seen_ = 0;  // of this stream
  Hearing hearing_;
  bool registered_ = false;
  bool draining_ = false;
  bool leaving_ = false;
  std::uint64_t answers_before_leaving_ = 0;
};

}  // namespace millrace::cli
