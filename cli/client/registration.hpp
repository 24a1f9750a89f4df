// Registration: one RegisterEndpoint stream, which keeps a deployment's endpoint alive. A thread
// of its own reads what the schema service says; the owner renews and asks. When the stream breaks
// the owner makes a new one. Owner: one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "statekit/io/channel.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

struct EndpointOffer {
  std::string deployment;
  std::string address;   // host:port of the program
  std::string instance;  // the same for each new stream of this process
};

enum class Directive { serve, drain, stop };

struct Heard {
  Directive directive = Directive::serve;
  std::string endpoint;
  std::int64_t lease_ms = 10'000;
  std::string reason;
  std::uint64_t revision = 0;  // where the removal of one that leaves is committed; 0: not yet
};

class Registration {
 public:
  // Connects and registers in the background.
  Registration(const statekit::Channel& channel, const EndpointOffer& offer);
  ~Registration();  // ends the stream, which takes the endpoint out
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

  // Sends the offer again: due each third of the lease. `leaving`: send no new calls here.
  void renew(bool leaving);
  // The newest answer; nothing before the first.
  std::optional<Heard> heard() const;
  std::uint64_t answers() const;  // how many there were
  // Set once the stream has ended, with why.
  std::optional<statekit::Error> ended() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::cli
