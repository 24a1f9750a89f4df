// One case of a conformance run: asks a server, remembers the first thing that was not as the
// protocol has it. Used by the cases. One thread, but for `fetch`.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

#include "httpkit/message.hpp"
#include "statekit/result.hpp"

namespace millrace::cli {

// Sends one request to the server under test; `target` begins with /v1. Thread safe.
using Fetch = std::function<statekit::Result<httpkit::Response>(
    const std::string& method, const std::string& target, const std::string& body,
    const std::vector<httpkit::Header>& headers)>;

class Probe {
 public:
  // `workspace`: a name that nothing else uses; others are made from it.
  Probe(const Fetch& fetch, std::string workspace)
      : fetch_(fetch), workspace_(std::move(workspace)) {}

  std::string name(const std::string& suffix = {}) const { return workspace_ + suffix; }
  std::string workspace(const std::string& suffix = {}) const {
    return "/v1/workspaces/" + name(suffix);
  }
  std::string state(const std::string& suffix = {}) const { return workspace(suffix) + "/state"; }

  // Asks, and expects one of these statuses. After a failure it asks no more, and answers status 0.
  httpkit::Response want(std::initializer_list<int> statuses, const std::string& method,
                         const std::string& target, const std::string& body = {},
                         const std::vector<httpkit::Header>& headers = {});
  // The same for many requests sent at once; any status.
  std::vector<httpkit::Response> at_once(std::size_t times, const std::string& method,
                                         const std::string& target,
                                         const std::function<std::string(std::size_t)>& body);
  struct Sent {
    std::string method, target, body;
    std::vector<httpkit::Header> headers;
  };
  // All at one time; status 0 where no answer came.
  std::vector<httpkit::Response> together(const std::vector<Sent>& requests);
  static std::int64_t now_ms();
  void want_body(const std::string& target, const std::string& body);
  // No state there.
  void want_none(const std::string& target) { want({404, 204}, "GET", target); }
  // `holds`, else the case fails with these words.
  void expect(bool holds, const std::string& expected, const std::string& got);
  // The member of a JSON answer as text; empty where there is none.
  static std::string member(const httpkit::Response& response, const std::string& name);
  static std::string etag(const httpkit::Response& response);

  bool failed() const { return failed_; }
  // Ends the case as one that could not be tried: nothing answers.
  const std::optional<statekit::Error>& unreachable() const { return unreachable_; }
  const std::string& expected() const { return expected_; }
  const std::string& got() const { return got_; }

 private:
  const Fetch& fetch_;
  const std::string workspace_;
  bool failed_ = false;
  std::string expected_, got_;
  std::optional<statekit::Error> unreachable_;
};

// {"ID": id, "Operation": ..., "Who": ...}
std::string lock_info(const std::string& id);

}  // namespace millrace::cli
