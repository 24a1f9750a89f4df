#include "transport.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "connection.hpp"

namespace millrace::journal::http {

using namespace statekit;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

Transport::Transport(HttpAddress address, HttpTuning tuning)
    : address_(std::move(address)), tuning_(tuning) {}

Transport::~Transport() = default;

std::string Transport::where() const {
  return "http://" + address_.host + ':' + address_.port + address_.path;
}

bool Transport::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

void Transport::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  idle_.clear();
  for (Connection* each : busy_) each->cut();
}

// A kept one that still lives, else one to be connected; null when this is closed.
std::unique_ptr<Connection> Transport::take() {
  const std::lock_guard lock(mutex_);
  if (closed_) return nullptr;
  std::unique_ptr<Connection> found;
  while (!found && !idle_.empty()) {
    found = std::move(idle_.back());
    idle_.pop_back();
    if (!found->is_quiet()) found.reset();
  }
  if (!found) found = std::make_unique<Connection>();
  busy_.insert(found.get());
  return found;
}

void Transport::give_back(std::unique_ptr<Connection> connection) {
  const std::lock_guard lock(mutex_);
  busy_.erase(connection.get());
  if (!closed_ && connection->is_open() &&
      idle_.size() < static_cast<std::size_t>(tuning_.connections_max))
    idle_.push_back(std::move(connection));
}

std::string Transport::text_of(const Ask& ask) const {
  std::string out = ask.method + ' ' + address_.path + ask.target +
                    " HTTP/1.1\r\nhost: " + address_.host + ':' + address_.port + "\r\n";
  for (const httpkit::Header& header : ask.headers)
    out += header.name + ": " + header.value + "\r\n";
  if (!ask.body.empty() || ask.method != "GET")
    out += "content-length: " + std::to_string(ask.body.size()) + "\r\n";
  return out + "\r\n" + ask.body;
}

tl::expected<httpkit::Response, Failure> Transport::ask_on(Connection& connection,
                                                           const Ask& ask) const {
  const auto now = steady_clock::now();
  const auto end = now + milliseconds(std::max<std::int64_t>(ask.ms, 1));
  if (!connection.is_open()) {
    const auto soon = std::min(end, now + milliseconds(tuning_.connect_ms_max));
    if (auto connected = connection.connect(address_.host, address_.port, soon); !connected)
      return tl::unexpected(Failure{false, connected.error().message});
  }
  // A server may answer and close before it has read everything: its answer counts.
  const auto sent = connection.send(text_of(ask), end);
  auto response = connection.receive(ask.method == "HEAD", end);
  if (response) return std::move(*response);
  return tl::unexpected(Failure{true, (sent ? response.error() : sent.error()).message});
}

tl::expected<httpkit::Response, Failure> Transport::ask(const Ask& ask) {
  for (bool again = false;; again = true) {
    auto connection = take();
    if (!connection) return tl::unexpected(Failure{false, "closed"});
    const bool kept = connection->is_open();
    auto response = ask_on(*connection, ask);
    if (response) {
      give_back(std::move(connection));
      return response;
    }
    const std::lock_guard lock(mutex_);
    busy_.erase(connection.get());
    // One that was kept may have died just now, with its server: the next is a new one.
    if (closed_ || again || !kept || !ask.repeatable)
      return tl::unexpected(
          Failure{response.error().sent, where() + ": " + response.error().message});
    idle_.clear();
  }
}

}  // namespace millrace::journal::http
