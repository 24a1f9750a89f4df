// Service: one method for each route of the console: the page and its parts, and the data under
// /api/. It checks, asks, answers; who hands it requests is server.cpp. Never blocks. Thread safe.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "httpkit/server.hpp"
#include "services/console/assets.hpp"
#include "services/console/guard.hpp"
#include "services/console/live.hpp"

namespace millrace::console {

// What the service asks of the state, as JSON.
struct Questions {
  std::function<std::string()> overview;
  std::function<std::optional<std::string>(std::string_view module)> module;
};

class Service {
 public:
  // `live` outlives the service.
  Service(GuardOptions guard, Questions questions, Live& live);

  void handle(const httpkit::Request& request, const std::shared_ptr<httpkit::Reply>& reply) const;

  // Everything but the event stream.
  httpkit::Response answer(const httpkit::Request& request) const;

 private:
  void open_stream(const std::shared_ptr<httpkit::Reply>& reply) const;
  httpkit::Response module(const httpkit::Request& request) const;
  httpkit::Response timeline(const httpkit::Request& request) const;
  httpkit::Response asset(const httpkit::Request& request) const;

  const GuardOptions guard_;
  const Questions questions_;
  Live& live_;
};

// An answer to a request that failed: application/problem+json.
httpkit::Response refusal(int status, const std::string& detail);

}  // namespace millrace::console
