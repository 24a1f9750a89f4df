// One client's connection: a coroutine that reads requests, one that writes the answers in the
// order of the requests, and a third that watches the deadlines. Everything here happens on the one
// thread of its Loop; Reply and Stream are the doors for other threads. Internal to httpkit.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "httpkit/server.hpp"
#include "request_parser.hpp"
#include "statekit/failed_attempts.hpp"
#include "tls/context.hpp"

namespace millrace::httpkit {

namespace asio = boost::asio;
using Time = std::chrono::steady_clock::time_point;

class Connection;
struct TlsLayer;

inline Time after(std::int64_t ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

// What all connections of a server share. Outlives the server where a Reply does.
struct Shared {
  ServerOptions options;
  Handler handler;
  std::unique_ptr<tls::ServerContexts> contexts;  // null: in clear
  std::mutex mutex;
  std::condition_variable none_left;
  std::size_t connections = 0;               // under the mutex
  statekit::ClientConnections clients;       // whose they are; under the mutex
  std::atomic<std::size_t> body_bytes = 0;   // of all requests in hand or arriving
  statekit::FailedAttempts failed_openings;  // of TLS, by address; under the mutex

  Response error_page(int status, const std::string& detail) const {
    return options.error_page ? options.error_page(status, detail) : problem(status, detail);
  }
};

// One thread's io_context and the connections that live on it. The context goes first when a loop
// ends, for the coroutines in it hold the connections.
struct Loop {
  std::unordered_set<Connection*> connections;
  bool draining = false;
  asio::io_context context{1};
};

// The queue between a Stream's writer, on any thread, and the connection.
struct StreamQueue {
  std::mutex mutex;
  std::string octets;
  bool closed = false;  // by the writer: the body is complete
  bool broken = false;  // the reader is gone or was too slow
};

// One request in hand and its answer; answers leave in the order of the slots.
struct Slot {
  enum class Phase { waiting, answered, streaming };
  Phase phase = Phase::waiting;
  bool interim = false;  // a 100 of ours, not an answer
  bool head = false;     // the request was HEAD
  bool http_1_0 = false;
  bool keep_alive = true;
  bool head_sent = false;
  std::atomic<bool> gone = false;  // nobody waits for the answer
  std::size_t request_bytes = 0;
  Time handle_by = Time::max();
  Response response;
  std::shared_ptr<StreamQueue> stream;
  std::function<void()> when_gone;

  // Nobody waits for the answer any more: tells the handler, once.
  void end_waiting() {
    if (gone.exchange(true)) return;
    if (stream) {
      const std::lock_guard lock(stream->mutex);
      stream->broken = true;
    }
    if (const auto tell = std::exchange(when_gone, nullptr)) tell();
  }
};

std::shared_ptr<Reply> make_reply(std::shared_ptr<Loop> loop, std::shared_ptr<const Shared> shared,
                                  std::weak_ptr<Connection> connection, std::shared_ptr<Slot> slot);

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  // `client` is counted among those of `shared`, and is until the connection goes.
  Connection(asio::ip::tcp::socket socket, std::string client, const std::shared_ptr<Loop>& loop,
             std::shared_ptr<Shared> shared);
  ~Connection();

  // REQUIRES for all below: on the loop's thread.
  void start();
  void drain();  // no further requests; ends when those in hand are answered
  void close();  // now
  void answer(Slot& slot, Response response);
  void begin_stream(Slot& slot, Response head, std::shared_ptr<StreamQueue> queue);
  void on_gone(Slot& slot, std::function<void()> gone);
  void pump();  // writes what is ready

 private:
  enum class Waiting { nothing, request, octets, goodbye };
  enum class Fill { some, end, timed_out };

  // False when there is nothing to read requests from.
  asio::awaitable<bool> shake_hands();
  void wave_goodbye();
  void note_opening(bool open);
  asio::awaitable<void> read_requests();
  asio::awaitable<bool> read_request(RequestParser& parser);
  asio::awaitable<Fill> fill(std::size_t room);
  asio::awaitable<void> wait_for_room();
  asio::awaitable<void> read_to_end();
  bool has_room() const {
    return slots_.size() < limits_.pipelined_max && bytes_in_hand_ <= limits_.body_bytes_max;
  }
  std::optional<Response> look_before_body(const RequestParser& parser, bool& looked);
  bool count_body(std::size_t octets);
  void forget_bytes(std::size_t octets);
  void hand_over(RequestParser& parser);
  void refuse(Response response);
  void refuse(int status, const std::string& detail) {
    refuse(shared_->error_page(status, detail));
  }
  void say_continue();
  void client_ended();

  std::shared_ptr<Slot> push_slot();
  void pop_slot();

  asio::awaitable<void> write_ready();
  asio::awaitable<bool> write_all(std::string octets);
  std::string take_ready();
  bool take_stream(Slot& slot, std::string& out);
  std::string start_of(Slot& slot);
  void finish();

  asio::awaitable<void> watch_deadlines();
  void expect_until(Waiting waiting, std::int64_t ms);
  void check_deadlines();
  Time next_deadline() const;
  void not_later_than(Time deadline);

  asio::ip::tcp::socket socket_;
  const std::string client_;
  std::unique_ptr<TlsLayer> tls_;  // null: in clear
  std::weak_ptr<Loop> loop_;       // weak: a loop owns its coroutines, and they own this
  Loop* here_;
  std::shared_ptr<Shared> shared_;
  const Limits& limits_;
  std::string peer_;
  std::vector<std::string> peer_names_;
  std::string in_;  // read and not yet parsed, from in_begin_ on
  std::size_t in_begin_ = 0;
  std::deque<std::shared_ptr<Slot>> slots_;
  std::size_t bytes_in_hand_ = 0;
  std::size_t bytes_arriving_ = 0;  // of the request that is read
  std::size_t bytes_counted_ = 0;   // of this connection, among all bodies
  asio::steady_timer watch_;
  asio::steady_timer room_;  // never fires; cancelled when there is room
  asio::cancellation_signal stop_reading_;
  Waiting waiting_ = Waiting::nothing;
  Time read_by_ = Time::max();
  Time write_by_ = Time::max();
  bool read_timed_out_ = false;
  bool shaking_hands_ = false;
  bool ending_ = false;  // no further request is read
  bool writing_ = false;
  bool said_goodbye_ = false;  // our side is shut down
  bool client_ended_ = false;
  bool closed_ = false;
};

}  // namespace millrace::httpkit
