#include "connection.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connection_tls.hpp"
#include "response_text.hpp"

namespace millrace::httpkit {
namespace {

using boost::system::error_code;

constexpr std::size_t read_bytes = 4 * 1024;
constexpr std::size_t read_body_bytes = 64 * 1024;
constexpr std::size_t discard_bytes_max = 4 << 20;  // read and thrown away after the last request
constexpr std::int64_t goodbye_ms_max = 2'000;

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, std::string client,
                       const std::shared_ptr<Loop>& loop, std::shared_ptr<Shared> shared)
    : socket_(std::move(socket)),
      client_(std::move(client)),
      loop_(loop),
      here_(loop.get()),
      shared_(std::move(shared)),
      limits_(shared_->options.limits),
      watch_(loop->context),
      room_(loop->context) {
  here_->connections.insert(this);
}

Connection::~Connection() {
  here_->connections.erase(this);
  forget_bytes(bytes_counted_);
  const std::lock_guard lock(shared_->mutex);
  shared_->clients.closed(client_);
  if (--shared_->connections == 0) shared_->none_left.notify_all();
}

void Connection::start() {
  error_code error;
  socket_.set_option(asio::ip::tcp::no_delay(true), error);
  const auto peer = socket_.remote_endpoint(error);
  if (!error) peer_ = peer.address().to_string();
  expect_until(Waiting::request, limits_.idle_ms_max);
  auto self = shared_from_this();
  asio::co_spawn(
      here_->context, [self] { return self->watch_deadlines(); }, asio::detached);
  asio::co_spawn(
      here_->context, [self] { return self->read_requests(); }, asio::detached);
}

void Connection::drain() {
  const bool idle = waiting_ == Waiting::request && slots_.empty() && in_.size() == in_begin_;
  if (idle || shaking_hands_) return close();
  ending_ = true;
  for (const auto& slot : slots_) {
    if (!slot->stream) continue;
    const std::lock_guard lock(slot->stream->mutex);
    slot->stream->closed = true;
  }
  pump();
  finish();
}

void Connection::close() {
  if (std::exchange(closed_, true)) return;
  error_code ignored;
  socket_.close(ignored);
  watch_.cancel();
  room_.cancel();
  const auto slots = std::exchange(slots_, {});
  for (const auto& slot : slots) slot->end_waiting();
}

// When nothing more is owed: say so, and let the client read it before the socket goes (RFC 9112,
// section 9.6).
void Connection::finish() {
  if (closed_ || !ending_ || writing_ || !slots_.empty()) return;
  if (client_ended_) return close();
  if (std::exchange(said_goodbye_, true)) return;
  error_code ignored;
  if (tls_) {
    wave_goodbye();
  } else {
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
  expect_until(Waiting::goodbye, goodbye_ms_max);
}

// ---- reading

asio::awaitable<void> Connection::read_requests() {
  if (shared_->contexts) {
    const bool open = co_await shake_hands();
    if (!open) ending_ = true;
  }
  while (!ending_ && !closed_) {
    co_await wait_for_room();
    if (ending_ || closed_) break;
    RequestParser parser(limits_);
    const bool whole = co_await read_request(parser);
    if (!whole) {
      forget_bytes(std::exchange(bytes_arriving_, 0));  // they go with the parser
      break;
    }
    hand_over(parser);
  }
  ending_ = true;
  finish();
  co_await read_to_end();
}

// False when there is no request to hand over; then whatever had to be said is said.
asio::awaitable<bool> Connection::read_request(RequestParser& parser) {
  bool begun = false, looked = false;
  for (;;) {
    if (in_begin_ < in_.size()) {
      if (!std::exchange(begun, true)) expect_until(Waiting::octets, limits_.read_ms_max);
      in_begin_ += parser.put(std::string_view(in_).substr(in_begin_));
      if (parser.state() == RequestParser::State::refused) {
        refuse(parser.status(), parser.detail());
        co_return false;
      }
      if (auto answer = look_before_body(parser, looked)) {
        refuse(std::move(*answer));
        co_return false;
      }
      if (parser.state() == RequestParser::State::done) co_return true;
      if (parser.wants_continue() && in_begin_ == in_.size()) say_continue();
    } else if (!begun) {
      expect_until(Waiting::request, limits_.idle_ms_max);
    }
    const bool body = parser.state() == RequestParser::State::body;
    const Fill filled = co_await fill(body ? read_body_bytes : read_bytes);
    if (filled == Fill::timed_out) refuse(408, "the request took too long to arrive");
    if (filled == Fill::end) client_ended();
    if (filled != Fill::some || (ending_ && !begun)) co_return false;
  }
}

// What is said to a request in place of reading the rest of it.
std::optional<Response> Connection::look_before_body(const RequestParser& parser, bool& looked) {
  if (!count_body(parser.body_bytes())) {
    Response response = shared_->error_page(503, "too much is being sent here: try again later");
    response.headers.push_back({"retry-after", "1"});
    return response;
  }
  const auto& look = shared_->options.before_body;
  if (parser.state() != RequestParser::State::body || !look || std::exchange(looked, true))
    return std::nullopt;
  Request head = parser.head();
  head.peer = peer_;
  head.peer_names = peer_names_;
  return look(head);
}

// False: all bodies together are more than there is room for.
bool Connection::count_body(std::size_t octets) {
  const std::size_t more = octets - std::exchange(bytes_arriving_, octets);
  bytes_counted_ += more;
  const std::size_t all = shared_->body_bytes += more;
  return more == 0 || all <= std::max(limits_.bodies_bytes_max, limits_.body_bytes_max);
}

void Connection::forget_bytes(std::size_t octets) {
  bytes_counted_ -= octets;
  shared_->body_bytes -= octets;
}

asio::awaitable<Connection::Fill> Connection::fill(std::size_t room) {
  if (closed_) co_return Fill::end;
  in_.erase(0, std::exchange(in_begin_, 0));
  const std::size_t old = in_.size();
  in_.resize(old + room);
  error_code error;
  auto token = asio::bind_cancellation_slot(stop_reading_.slot(),
                                            asio::redirect_error(asio::use_awaitable, error));
  const auto place = asio::buffer(in_.data() + old, room);
  std::size_t n = 0;
  if (tls_) {  // no conditional expression: g++ 12 makes wrong code of one with co_await
    n = co_await tls_->stream.async_read_some(place, token);
  } else {
    n = co_await socket_.async_read_some(place, token);
  }
  in_.resize(old + n);
  if (std::exchange(read_timed_out_, false)) co_return Fill::timed_out;
  co_return error ? Fill::end : Fill::some;
}

asio::awaitable<void> Connection::wait_for_room() {
  while (!has_room() && !ending_ && !closed_) {
    expect_until(Waiting::nothing, 0);
    error_code ignored;
    room_.expires_at(Time::max());
    co_await room_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

// After the last request: learns when the client goes.
asio::awaitable<void> Connection::read_to_end() {
  std::size_t discarded = 0;
  while (!closed_ && !client_ended_ && discarded < discard_bytes_max) {
    in_.clear();
    in_begin_ = 0;
    const Fill filled = co_await fill(read_bytes);
    if (filled != Fill::some) client_ended();
    discarded += in_.size();
  }
}

void Connection::hand_over(RequestParser& parser) {
  expect_until(Waiting::nothing, 0);
  const std::shared_ptr<Slot> slot = push_slot();
  slot->head = parser.method() == "HEAD";
  slot->http_1_0 = parser.http_1_0();
  slot->keep_alive = parser.keep_alive();
  slot->handle_by = after(limits_.handle_ms_max);
  not_later_than(slot->handle_by);
  if (!slot->keep_alive) ending_ = true;
  Request request = parser.take();
  request.peer = peer_;
  request.peer_names = peer_names_;
  slot->request_bytes = request.body.size();
  bytes_arriving_ = 0;
  bytes_in_hand_ += slot->request_bytes;
  auto reply = make_reply(loop_.lock(), shared_, weak_from_this(), slot);
  try {
    shared_->handler(std::move(request), std::move(reply));
  } catch (const std::exception&) {
    answer(*slot, shared_->error_page(500, "the server failed to handle the request"));
  }
}

void Connection::refuse(Response response) {
  ending_ = true;
  const std::shared_ptr<Slot> slot = push_slot();
  slot->keep_alive = false;
  answer(*slot, std::move(response));
}

void Connection::say_continue() {
  const std::shared_ptr<Slot> slot = push_slot();
  slot->interim = true;
  answer(*slot, {100, {}, {}});
}

void Connection::client_ended() {
  if (closed_) return;
  client_ended_ = true;
  ending_ = true;
  const auto slots = slots_;  // a callback may answer, and so change the queue
  for (const auto& slot : slots) slot->end_waiting();
  if (!slots_.empty() && slots_.front()->phase == Slot::Phase::streaming) return close();
  finish();
}

// ---- the requests in hand

std::shared_ptr<Slot> Connection::push_slot() {
  return slots_.emplace_back(std::make_shared<Slot>());
}

void Connection::pop_slot() {
  const std::shared_ptr<Slot> slot = slots_.front();
  slots_.pop_front();
  bytes_in_hand_ -= slot->request_bytes;
  forget_bytes(slot->request_bytes);
  if (!slot->keep_alive) {
    ending_ = true;
    const auto rest = std::exchange(slots_, {});
    for (const auto& other : rest) other->end_waiting();
  }
  if (slots_.empty() && waiting_ == Waiting::request) {
    expect_until(Waiting::request, limits_.idle_ms_max);
  }
  room_.cancel();
}

void Connection::answer(Slot& slot, Response response) {
  if (closed_ || slot.phase != Slot::Phase::waiting) return;
  slot.phase = Slot::Phase::answered;
  slot.handle_by = Time::max();
  slot.response = std::move(response);
  slot.when_gone = nullptr;
  pump();
}

void Connection::begin_stream(Slot& slot, Response head, std::shared_ptr<StreamQueue> queue) {
  if (closed_ || client_ended_ || here_->draining || slot.phase != Slot::Phase::waiting) {
    const std::lock_guard lock(queue->mutex);
    queue->broken = true;
  }
  if (slot.phase != Slot::Phase::waiting) return;
  slot.phase = Slot::Phase::streaming;
  slot.handle_by = Time::max();
  slot.response = std::move(head);
  slot.stream = std::move(queue);
  pump();
}

void Connection::on_gone(Slot& slot, std::function<void()> gone) {
  if (slot.gone || closed_ || client_ended_) return gone();
  slot.when_gone = std::move(gone);
}

}  // namespace millrace::httpkit
