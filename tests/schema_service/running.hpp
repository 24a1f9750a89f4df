// A schema service in this process, over real gRPC on a journal in memory, with a client; or on
// SQLite, where it is given a folder. Its leases outlast a test, unless one asks for others. It
// stops with its owner.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "services/schema/server.hpp"
#include "statekit/io/clock.hpp"
#include "support/catch.hpp"
#include "tests/schema_service/client.hpp"

namespace millrace::test {

class Running {
 public:
  static constexpr std::int64_t lease_ms = 120'000;

  // `folder`: kept there, else in memory. `trusted`: its callers must say who they are.
  explicit Running(schema_service::Settings settings = {}, const std::string& folder = {},
                   const access::Trusted* trusted = nullptr) {
    if (folder.empty())
      settings.journal = "memory:";
    else
      settings.data = folder;
    settings.listen = "127.0.0.1:0";
    if (settings.lease_ms == schema_service::Settings().lease_ms) settings.lease_ms = lease_ms;
    auto started = schema_service::start(settings, {&clock_, &metrics_, &health_, {}, trusted});
    REQUIRE(started);
    server_ = std::move(*started);
    client_ = std::make_unique<Client>(statekit::connect(server_->address()));
  }
  ~Running() { server_->stop(); }

  Client& client() { return *client_; }
  schema_service::Server& server() { return *server_; }
  const statekit::Clock& clock() { return clock_; }
  statekit::Health& health() { return health_; }
  statekit::Metrics& metrics() { return metrics_; }

 private:
  statekit::SystemClock clock_;
  statekit::Metrics metrics_;
  statekit::Health health_;
  std::unique_ptr<schema_service::Server> server_;
  std::unique_ptr<Client> client_;
};

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace millrace::test
