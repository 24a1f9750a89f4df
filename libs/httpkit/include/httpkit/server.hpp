// The one HTTP/1.1 server of the house: ingress, console and the health pages run on it. It owns
// its threads, the limits and the timeouts; a handler owns the answer. Boost stays inside
// src/server.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "httpkit/message.hpp"
#include "statekit/client_connections.hpp"
#include "statekit/result.hpp"
#include "tls/doors.hpp"

namespace millrace::httpkit {

// Named limits: each is answered, none is exceeded.
struct Limits {
  std::size_t header_bytes_max = 16 * 1024;    // 431
  std::size_t body_bytes_max = 1024 * 1024;    // 413
  std::size_t bodies_bytes_max = 1 << 30;      // of all requests in hand or arriving: 503
  std::int64_t idle_ms_max = 60'000;           // between requests: closed
  std::int64_t read_ms_max = 15'000;           // from the first octet of a request to its last: 408
  std::int64_t handle_ms_max = 30'000;         // until the handler has answered: 504
  std::int64_t write_ms_max = 15'000;          // a reader that stalls: closed
  std::int64_t failed_wait_ms_max = 2'000;     // who failed to open TLS, before the next try
  std::size_t connections_max = 10'000;        // further ones: 503 and closed
  std::size_t connections_per_client_max = 0;  // 429 and closed; 0: a share, see decisions/0178
  std::size_t pipelined_max = 16;              // requests of one connection in hand at once
  std::size_t stream_bytes_max = 1024 * 1024;  // queued for one reader of a Stream; more ends it
};

// Server-sent events, or any answer without a known end. Thread safe.
class Stream {
 public:
  virtual ~Stream() = default;
  // False when the reader is gone or too slow (its bounded queue is full); then give up.
  virtual bool send(std::string_view octets) = 0;
  virtual void close() = 0;
};

// Answers one request, once, from any thread. Dropped unanswered: 500.
class Reply {
 public:
  virtual ~Reply() = default;
  virtual void send(Response response) = 0;
  // Runs `gone` once, on one of the server's threads, when nobody waits for the answer any more:
  // the client closed, or handle_ms_max is over. A client that half-closes counts as gone.
  virtual void on_gone(std::function<void()> gone) = 0;
  // Sends the head now and the body as it comes. Null when the reader is gone.
  virtual std::shared_ptr<Stream> stream(Response head) = 0;
};

// Called on one of the server's threads; must not block.
using Handler = std::function<void(Request, std::shared_ptr<Reply>)>;

// Asked on one of the server's threads once the head of a request is there and more of its body is
// to come: an answer is sent in place of reading it, and the connection ends. So who may not ask at
// all costs no memory. Must not block. The handler is not spared its own look.
using BeforeBody = std::function<std::optional<Response>(const Request& head)>;

// How the server itself answers when there is no handler to ask (400, 408, 413, 429, 431, 500, 503,
// 504). Default: application/problem+json with status and detail.
using ErrorPage = std::function<Response(int status, const std::string& detail)>;

struct ServerOptions {
  std::string listen = {};   // host:port; port 0 picks one
  std::string setting = {};  // the name of the setting that `listen` came from, for the error
  Limits limits = {};
  std::size_t threads = 1;
  ErrorPage error_page = {};
  BeforeBody before_body = {};
  statekit::TurnedAway turned_away = {};  // told of each connection that is not let in
  tls::Doors doors = {};
  tls::Guests guests = tls::Guests::known;
};

class Server {
 public:
  virtual ~Server() = default;
  virtual std::string address() const = 0;  // host:port as bound
  // Accepts no more, lets requests in hand end for at most `ms`, then closes. Idempotent.
  virtual void stop(std::int64_t ms) = 0;
};

// A port in use is Code::unavailable and says which, and which setting changes it.
statekit::Result<std::unique_ptr<Server>> serve(ServerOptions options, Handler handler);

}  // namespace millrace::httpkit
