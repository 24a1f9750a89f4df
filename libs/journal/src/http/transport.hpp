// Requests over kept connections to one server, for the http driver. Blocking; thread safe. `close`
// ends what is under way. Other than a general client it says whether a request that failed may
// have reached the server: what was not sent can be asked again, what was sent may have happened.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "httpkit/message.hpp"
#include "journal/http.hpp"

namespace millrace::journal::http {

struct Failure {
  bool sent = false;  // it may have happened, or may yet
  std::string message;
};

struct Ask {
  std::string method;
  std::string target;  // below the workspace's path, with its query
  std::string body = {};
  std::vector<httpkit::Header> headers = {};
  std::int64_t ms = 0;
  bool repeatable = true;  // once more where a kept connection turns out to be dead
};

class Connection;

class Transport {
 public:
  Transport(HttpAddress address, HttpTuning tuning);
  ~Transport();

  tl::expected<httpkit::Response, Failure> ask(const Ask& ask);
  // Where the requests go, for messages.
  std::string where() const;
  // Ends what is under way and refuses what comes. Idempotent.
  void close();
  bool closed() const;

 private:
  std::unique_ptr<Connection> take();
  void give_back(std::unique_ptr<Connection> connection);
  tl::expected<httpkit::Response, Failure> ask_on(Connection& connection, const Ask& ask) const;
  std::string text_of(const Ask& ask) const;

  const HttpAddress address_;
  const HttpTuning tuning_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::set<Connection*> busy_;
};

}  // namespace millrace::journal::http
