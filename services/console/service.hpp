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
#include "statekit/result.hpp"
#include "statekit/types.hpp"

namespace millrace::console {

using statekit::Revision;

// What the service asks of the state, as JSON.
struct Questions {
  std::function<std::string()> overview;
  std::function<std::optional<std::string>(std::string_view module)> module;
  // The same as it was at a revision: of one module, or where it has no name the overview. Answers
  // once, at once or later, on any thread.
  using Answer = std::function<void(statekit::Result<std::string>)>;
  std::function<void(Revision at, std::string module, Answer answer)> past = {};
};

class Service {
 public:
  // `live` outlives the service.
  Service(GuardOptions guard, Questions questions, Live& live);

  void handle(const httpkit::Request& request, const std::shared_ptr<httpkit::Reply>& reply) const;

  // Everything but the event stream and the past.
  httpkit::Response answer(const httpkit::Request& request) const;

 private:
  void tell_past(const httpkit::Request& request,
                 const std::shared_ptr<httpkit::Reply>& reply) const;
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
