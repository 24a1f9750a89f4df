#include "connection.hpp"

#include <ctime>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "response_text.hpp"

namespace millrace::httpkit {
namespace {

using boost::system::error_code;

constexpr std::size_t read_bytes = 4 * 1024;
constexpr std::size_t read_body_bytes = 64 * 1024;
constexpr std::size_t batch_bytes_max = 64 * 1024;  // answers gathered into one write
constexpr std::size_t discard_bytes_max = 4 << 20;  // read and thrown away after the last request
constexpr std::int64_t goodbye_ms_max = 2'000;

Time after(std::int64_t ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, const std::shared_ptr<Loop>& loop,
                       std::shared_ptr<Shared> shared)
    : socket_(std::move(socket)),
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
  const std::lock_guard lock(shared_->mutex);
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
  if (idle) return close();
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
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  expect_until(Waiting::goodbye, goodbye_ms_max);
}

// ---- reading

asio::awaitable<void> Connection::read_requests() {
  while (!ending_ && !closed_) {
    co_await wait_for_room();
    if (ending_ || closed_) break;
    RequestParser parser(limits_);
    const bool whole = co_await read_request(parser);
    if (!whole) break;
    hand_over(parser);
  }
  ending_ = true;
  finish();
  co_await read_to_end();
}

// False when there is no request to hand over; then whatever had to be said is said.
asio::awaitable<bool> Connection::read_request(RequestParser& parser) {
  bool begun = false;
  for (;;) {
    if (in_begin_ < in_.size()) {
      if (!std::exchange(begun, true)) expect_until(Waiting::octets, limits_.read_ms_max);
      in_begin_ += parser.put(std::string_view(in_).substr(in_begin_));
      if (parser.state() == RequestParser::State::refused) {
        refuse(parser.status(), parser.detail());
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

asio::awaitable<Connection::Fill> Connection::fill(std::size_t room) {
  if (closed_) co_return Fill::end;
  in_.erase(0, std::exchange(in_begin_, 0));
  const std::size_t old = in_.size();
  in_.resize(old + room);
  error_code error;
  auto token = asio::bind_cancellation_slot(stop_reading_.slot(),
                                            asio::redirect_error(asio::use_awaitable, error));
  const std::size_t n =
      co_await socket_.async_read_some(asio::buffer(in_.data() + old, room), token);
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
  slot->request_bytes = request.body.size();
  bytes_in_hand_ += slot->request_bytes;
  auto reply = make_reply(loop_.lock(), shared_, weak_from_this(), slot);
  try {
    shared_->handler(std::move(request), std::move(reply));
  } catch (const std::exception&) {
    answer(*slot, shared_->error_page(500, "the server failed to handle the request"));
  }
}

void Connection::refuse(int status, const std::string& detail) {
  ending_ = true;
  const std::shared_ptr<Slot> slot = push_slot();
  slot->keep_alive = false;
  answer(*slot, shared_->error_page(status, detail));
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

// ---- writing

void Connection::pump() {
  if (writing_ || closed_ || slots_.empty()) return;
  if (slots_.front()->phase == Slot::Phase::waiting) return;
  writing_ = true;
  asio::co_spawn(
      here_->context, [self = shared_from_this()] { return self->write_ready(); }, asio::detached);
}

asio::awaitable<void> Connection::write_ready() {
  while (!closed_) {
    std::string octets = take_ready();
    if (octets.empty()) break;
    const bool written = co_await write_all(std::move(octets));
    if (!written) break;
  }
  writing_ = false;
  finish();
}

// What can leave now, in order; the slots that are done with are gone from the queue.
std::string Connection::take_ready() {
  std::string out;
  while (!closed_ && !slots_.empty() && out.size() < batch_bytes_max) {
    const std::shared_ptr<Slot> slot = slots_.front();
    if (slot->phase == Slot::Phase::waiting) break;
    if (!std::exchange(slot->head_sent, true)) out += start_of(*slot);
    if (slot->phase == Slot::Phase::streaming) {
      if (!take_stream(*slot, out)) break;
    } else if (carries_body(slot->response.status, slot->head)) {
      out += slot->response.body;
    }
    pop_slot();
  }
  return out;
}

// True when the body is complete.
bool Connection::take_stream(Slot& slot, std::string& out) {
  const std::unique_lock lock(slot.stream->mutex);
  if (!carries_body(slot.response.status, slot.head)) {
    slot.stream->broken = true;
    return true;
  }
  const std::string octets = std::exchange(slot.stream->octets, {});
  if (slot.stream->broken) {
    // The reader must see that the body is not whole; not from here, where the lock is held.
    write_by_ = Time::min();
    not_later_than(write_by_);
    return false;
  }
  out += slot.http_1_0 ? octets : chunk_text(octets);
  if (!slot.stream->closed) return false;
  if (!slot.http_1_0) out += "0\r\n\r\n";
  return true;
}

std::string Connection::start_of(Slot& slot) {
  if (slot.interim) return "HTTP/1.1 100 Continue\r\n\r\n";
  if (ending_ && slots_.size() == 1) slot.keep_alive = false;
  const bool streaming = slot.phase == Slot::Phase::streaming;
  if (streaming && slot.http_1_0) slot.keep_alive = false;
  const Framing framing{.keep_alive = slot.keep_alive,
                        .http_1_0 = slot.http_1_0,
                        .chunked = streaming && !slot.http_1_0,
                        .until_close = streaming && slot.http_1_0};
  return head_text(slot.response, framing, date_text(std::time(nullptr)));
}

asio::awaitable<bool> Connection::write_all(std::string octets) {
  std::size_t written = 0;
  while (written < octets.size() && !closed_) {
    write_by_ = after(limits_.write_ms_max);
    not_later_than(write_by_);
    error_code error;
    written += co_await socket_.async_write_some(
        asio::buffer(octets.data() + written, octets.size() - written),
        asio::redirect_error(asio::use_awaitable, error));
    if (error) close();
  }
  write_by_ = Time::max();
  co_return !closed_;
}

// ---- deadlines

asio::awaitable<void> Connection::watch_deadlines() {
  while (!closed_) {
    error_code ignored;
    watch_.expires_at(next_deadline());
    co_await watch_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!closed_) check_deadlines();
  }
}

Time Connection::next_deadline() const {
  Time first = std::min(read_by_, write_by_);
  for (const auto& slot : slots_) first = std::min(first, slot->handle_by);
  return first;
}

void Connection::not_later_than(Time deadline) {
  if (deadline < watch_.expiry()) watch_.cancel();
}

void Connection::expect_until(Waiting waiting, std::int64_t ms) {
  if (said_goodbye_ && waiting != Waiting::goodbye) return;
  waiting_ = waiting;
  read_by_ = waiting == Waiting::nothing ? Time::max() : after(ms);
  not_later_than(read_by_);
}

void Connection::check_deadlines() {
  const Time now = std::chrono::steady_clock::now();
  if (now >= write_by_) return close();
  const auto slots = slots_;  // an answer changes the queue
  for (const auto& slot : slots) {
    if (now < slot->handle_by) continue;
    slot->handle_by = Time::max();
    slot->end_waiting();
    answer(*slot, shared_->error_page(504, "no answer within the time allowed"));
  }
  if (closed_ || now < read_by_) return;
  read_by_ = Time::max();
  if (waiting_ == Waiting::goodbye) return close();
  if (waiting_ == Waiting::request && slots_.empty()) return close();
  if (waiting_ == Waiting::octets) {
    read_timed_out_ = true;
    stop_reading_.emit(asio::cancellation_type::terminal);
  }
}

}  // namespace millrace::httpkit
