#include "httpkit/server.hpp"

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "connection.hpp"
#include "response_text.hpp"

namespace millrace::httpkit {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using statekit::Code;
using statekit::fail;
using statekit::Result;

// What a handler holds. It knows its connection weakly and only on the connection's own thread.
class LoopStream : public Stream {
 public:
  LoopStream(std::shared_ptr<Loop> loop, std::weak_ptr<Connection> connection,
             std::shared_ptr<StreamQueue> queue, std::size_t bytes_max)
      : loop_(std::move(loop)),
        connection_(std::move(connection)),
        queue_(std::move(queue)),
        bytes_max_(bytes_max) {}
  ~LoopStream() override { LoopStream::close(); }

  bool send(std::string_view octets) override {
    const std::unique_lock lock(queue_->mutex);
    if (queue_->broken || queue_->closed) return false;
    if (octets.empty()) return true;
    const bool first = queue_->octets.empty();
    queue_->broken = queue_->octets.size() + octets.size() > bytes_max_;
    if (!queue_->broken) queue_->octets += octets;
    if (first || queue_->broken) wake();
    return !queue_->broken;
  }

  void close() override {
    const std::lock_guard lock(queue_->mutex);
    if (!std::exchange(queue_->closed, true)) wake();
  }

 private:
  void wake() {
    asio::post(loop_->context, [connection = connection_] {
      if (const auto here = connection.lock()) here->pump();
    });
  }

  std::shared_ptr<Loop> loop_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<StreamQueue> queue_;
  std::size_t bytes_max_;
};

class LoopReply : public Reply {
 public:
  LoopReply(std::shared_ptr<Loop> loop, std::shared_ptr<const Shared> shared,
            std::weak_ptr<Connection> connection, std::shared_ptr<Slot> slot)
      : loop_(std::move(loop)),
        shared_(std::move(shared)),
        connection_(std::move(connection)),
        slot_(std::move(slot)) {}
  ~LoopReply() override {
    if (!used_) LoopReply::send(shared_->error_page(500, "the request was not answered"));
  }

  void send(Response response) override {
    if (used_.exchange(true)) return;
    on_loop([slot = slot_, response = std::move(response)](Connection& connection) mutable {
      connection.answer(*slot, std::move(response));
    });
  }

  void on_gone(std::function<void()> gone) override {
    on_loop([slot = slot_, gone = std::move(gone)](Connection& connection) mutable {
      connection.on_gone(*slot, std::move(gone));
    });
  }

  std::shared_ptr<Stream> stream(Response head) override {
    if (slot_->gone || used_.exchange(true)) return nullptr;
    auto queue = std::make_shared<StreamQueue>();
    on_loop([slot = slot_, queue, head = std::move(head)](Connection& connection) mutable {
      connection.begin_stream(*slot, std::move(head), std::move(queue));
    });
    return std::make_shared<LoopStream>(loop_, connection_, std::move(queue),
                                        shared_->options.limits.stream_bytes_max);
  }

 private:
  template <class Act>
  void on_loop(Act act) {
    asio::dispatch(loop_->context, [connection = connection_, act = std::move(act)]() mutable {
      if (const auto here = connection.lock()) act(*here);
    });
  }

  std::shared_ptr<Loop> loop_;
  std::shared_ptr<const Shared> shared_;
  std::weak_ptr<Connection> connection_;
  std::shared_ptr<Slot> slot_;
  std::atomic<bool> used_ = false;
};

constexpr int turned_away_max = 64;  // connections over the limit that are told so at one time
constexpr std::int64_t accept_pause_ms = 50;

using statekit::Crowd;

Response crowded(const Shared& shared, Crowd crowd) {
  if (crowd == Crowd::all) return shared.error_page(503, "too many connections; try again later");
  return shared.error_page(429, "too many connections from your address; close some, or try later");
}

// One more than there may be: an answer, a moment to read it, and gone.
asio::awaitable<void> turn_away(tcp::socket socket, Crowd crowd,
                                std::shared_ptr<const Shared> shared,
                                std::shared_ptr<std::atomic<int>> count) {
  Response response = crowded(*shared, crowd);
  response.headers.push_back({"retry-after", "1"});
  const std::string text =
      head_text(response, {.keep_alive = false}, date_text(std::time(nullptr))) + response.body;
  error_code error;
  socket.non_blocking(true, error);
  if (!shared->contexts) socket.write_some(asio::buffer(text), error);
  socket.shutdown(tcp::socket::shutdown_send, error);
  asio::steady_timer timer(socket.get_executor(), std::chrono::milliseconds(200));
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  std::array<char, 4096> ignored{};
  while (!error && socket.read_some(asio::buffer(ignored), error) > 0) {
  }
  socket.close(error);
  --*count;
}

// Empty: it is gone already.
std::string client_of(const tcp::socket& socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  return error ? std::string() : statekit::client_of(peer.address().to_string());
}

class LoopServer : public Server {
 public:
  LoopServer(ServerOptions options, Handler handler) : shared_(std::make_shared<Shared>()) {
    shared_->options = std::move(options);
    shared_->handler = std::move(handler);
    const tls::Doors& doors = shared_->options.doors;
    shared_->failed_openings =
        statekit::FailedAttempts({.wait_ms_max = shared_->options.limits.failed_wait_ms_max});
    if (doors.closed())
      shared_->contexts =
          std::make_unique<tls::ServerContexts>(doors.credentials, doors.http_clients);
    const std::size_t threads = std::max<std::size_t>(shared_->options.threads, 1);
    for (std::size_t i = 0; i < threads; ++i) loops_.push_back(std::make_shared<Loop>());
    acceptor_.emplace(loops_.front()->context);
  }
  ~LoopServer() override { LoopServer::stop(0); }

  statekit::Status listen();
  void start();
  std::string address() const override { return address_; }
  void stop(std::int64_t ms) override;

 private:
  asio::awaitable<void> accept();
  void take_in(tcp::socket socket, const std::shared_ptr<Loop>& loop);
  std::optional<Crowd> count_in(const std::string& client);
  void on_each_connection(void (Connection::*act)());
  bool wait_until_none(std::int64_t ms);

  std::shared_ptr<Shared> shared_;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> work_;
  std::vector<std::thread> threads_;
  std::optional<tcp::acceptor> acceptor_;
  std::shared_ptr<std::atomic<int>> turned_away_ = std::make_shared<std::atomic<int>>(0);
  std::string address_;
  std::atomic<bool> stopped_ = false;
};

Result<tcp::endpoint> resolve(asio::io_context& context, const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == listen.size()) {
    return fail(Code::invalid_argument,
                "cannot listen on \"" + listen + "\": write host:port, such as 127.0.0.1:8891");
  }
  std::string host = listen.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  error_code error;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(host, listen.substr(colon + 1),
                       tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error || found.empty()) {
    return fail(Code::invalid_argument, "cannot listen on " + listen + ": " + error.message());
  }
  return found.begin()->endpoint();
}

statekit::Status LoopServer::listen() {
  const ServerOptions& options = shared_->options;
  if (auto may = options.doors.may_listen(options.listen, options.setting, options.guests); !may)
    return may;
  if (shared_->contexts) {
    if (const auto context = shared_->contexts->current(); !context) return fail(context.error());
  }
  const auto endpoint = resolve(loops_.front()->context, options.listen);
  if (!endpoint) return fail(endpoint.error());
  error_code error;
  acceptor_->open(endpoint->protocol(), error);
  if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_->bind(*endpoint, error);
  if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    std::string what = "cannot listen on " + options.listen + ": " + error.message();
    const bool taken = error == asio::error::address_in_use;
    if (taken) what += "; stop the program that has the port, or choose another";
    if (!options.setting.empty()) what += " with the setting " + options.setting;
    return fail(taken ? Code::unavailable : Code::failed_precondition, std::move(what));
  }
  const auto bound = acceptor_->local_endpoint();
  const std::string host = bound.address().to_string();
  address_ =
      (bound.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(bound.port());
  return {};
}

void LoopServer::start() {
  asio::co_spawn(
      loops_.front()->context, [this] { return accept(); }, asio::detached);
  for (const auto& loop : loops_) {
    work_.push_back(asio::make_work_guard(loop->context));
    threads_.emplace_back([loop] { loop->context.run(); });
  }
}

asio::awaitable<void> LoopServer::accept() {
  for (std::size_t next = 0; acceptor_->is_open(); next = (next + 1) % loops_.size()) {
    const std::shared_ptr<Loop>& loop = loops_[next];
    error_code error;
    tcp::socket socket(loop->context);
    co_await acceptor_->async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (!error) {
      take_in(std::move(socket), loop);
    } else if (acceptor_->is_open()) {
      // Out of file descriptors, most likely: those in use will be given back.
      asio::steady_timer pause(loops_.front()->context, std::chrono::milliseconds(accept_pause_ms));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, error));
    }
  }
}

void LoopServer::take_in(tcp::socket socket, const std::shared_ptr<Loop>& loop) {
  const std::string client = client_of(socket);
  if (const auto crowd = count_in(client)) {
    if (shared_->options.turned_away) shared_->options.turned_away(*crowd);
    if (++*turned_away_ > turned_away_max) {
      --*turned_away_;
      return;
    }
    asio::co_spawn(loop->context, turn_away(std::move(socket), *crowd, shared_, turned_away_),
                   asio::detached);
    return;
  }
  asio::post(loop->context, [socket = std::move(socket), client, loop, shared = shared_]() mutable {
    const auto connection = std::make_shared<Connection>(std::move(socket), client, loop, shared);
    connection->start();
    if (loop->draining) connection->drain();
  });
}

// Nothing: it is counted, and comes in. Else why it does not.
std::optional<Crowd> LoopServer::count_in(const std::string& client) {
  const Limits& limits = shared_->options.limits;
  const std::size_t max = statekit::connections_of_client(limits.connections_per_client_max,
                                                          limits.connections_max, client);
  const std::lock_guard lock(shared_->mutex);
  if (shared_->connections >= limits.connections_max) return Crowd::all;
  if (!shared_->clients.opened(client, max)) return Crowd::client;
  ++shared_->connections;
  return std::nullopt;
}

void LoopServer::on_each_connection(void (Connection::*act)()) {
  for (const auto& loop : loops_) {
    // Not the shared pointer: what waits in a context must not own it.
    asio::post(loop->context, [loop = loop.get(), act] {
      loop->draining = true;
      std::vector<std::shared_ptr<Connection>> all;
      for (Connection* connection : loop->connections) {
        if (auto alive = connection->weak_from_this().lock()) all.push_back(std::move(alive));
      }
      for (const auto& connection : all) (connection.get()->*act)();
    });
  }
}

bool LoopServer::wait_until_none(std::int64_t ms) {
  std::unique_lock lock(shared_->mutex);
  return shared_->none_left.wait_for(lock, std::chrono::milliseconds(ms),
                                     [&] { return shared_->connections == 0; });
}

void LoopServer::stop(std::int64_t ms) {
  if (stopped_.exchange(true) || threads_.empty()) return;
  asio::post(loops_.front()->context, [this] {
    error_code ignored;
    acceptor_->close(ignored);
  });
  on_each_connection(&Connection::drain);
  if (!wait_until_none(ms)) {
    on_each_connection(&Connection::close);
    wait_until_none(2'000);
  }
  work_.clear();
  for (const auto& loop : loops_) loop->context.stop();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace

std::shared_ptr<Reply> make_reply(std::shared_ptr<Loop> loop, std::shared_ptr<const Shared> shared,
                                  std::weak_ptr<Connection> connection,
                                  std::shared_ptr<Slot> slot) {
  return std::make_shared<LoopReply>(std::move(loop), std::move(shared), std::move(connection),
                                     std::move(slot));
}

Result<std::unique_ptr<Server>> serve(ServerOptions options, Handler handler) {
  auto server = std::make_unique<LoopServer>(std::move(options), std::move(handler));
  if (auto listening = server->listen(); !listening) return fail(listening.error());
  server->start();
  return server;
}

}  // namespace millrace::httpkit
