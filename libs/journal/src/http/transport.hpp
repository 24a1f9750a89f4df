// Requests over kept connections to one server, for the http driver. Blocking; thread safe. `close`
// ends what is under way. Certificates and the token are read from their files for each new
// connection, so that they can be exchanged under way. Other than a general client it says whether
// a request that failed may have reached the server: what was not sent can be asked again, what was
// sent may have happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "httpkit/kept_connection.hpp"
#include "journal/http.hpp"
#include "tls/credentials.hpp"

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

class Transport {
 public:
  Transport(HttpAddress address, HttpTuning tuning);
  ~Transport();

  tl::expected<httpkit::Response, Failure> ask(const Ask& ask);
  // Where the requests go, for messages.
  std::string where() const;
  // What to do where the server lets us not in (401, 403); empty for other answers.
  std::string advice(int status) const;
  // Ends what is under way and refuses what comes. Idempotent.
  void close();
  bool closed() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  std::unique_ptr<httpkit::KeptConnection> take();
  void give_back(std::unique_ptr<httpkit::KeptConnection> connection);
  tl::expected<httpkit::Response, Failure> ask_on(httpkit::KeptConnection& connection,
                                                  const Ask& ask);
  statekit::Status connect(httpkit::KeptConnection& connection, Time end);
  std::string text_of(const Ask& ask) const;
  // Reads what is shown to the server. Errors name the file and what to do.
  statekit::Status read_files();

  const HttpAddress address_;
  const HttpTuning tuning_;
  mutable std::mutex mutex_;
  std::shared_ptr<tls::Credentials> credentials_;  // null: in clear
  std::string token_;                              // empty: none is shown
  bool closed_ = false;
  std::vector<std::unique_ptr<httpkit::KeptConnection>> idle_;
  std::set<httpkit::KeptConnection*> busy_;
};

}  // namespace millrace::journal::http
