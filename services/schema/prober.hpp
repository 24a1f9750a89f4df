// Asks endpoints whether they answer: VerbService.Ping, or grpc.health.v1 where that is not served.
// Never blocks. Thread safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace millrace::tls {
class Credentials;
}

namespace millrace::schema_service {

class Prober {
 public:
  virtual ~Prober() = default;
  // `done` is called once, on a thread of the transport's or, after stop, never.
  virtual void ping(const std::string& address, std::int64_t timeout_ms,
                    std::function<void(bool answered)> done) = 0;
  // Waits for what is under way.
  virtual void stop() = 0;
};

// With credentials the endpoints speak TLS.
std::unique_ptr<Prober> make_grpc_prober(std::shared_ptr<tls::Credentials> credentials = nullptr);

}  // namespace millrace::schema_service
