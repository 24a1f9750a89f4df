// The half of Connection that sends: answers in the order of their requests, streams as they come,
// and the deadlines of it all.
#include "connection.hpp"

#include <ctime>
#include <utility>

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

constexpr std::size_t batch_bytes_max = 64 * 1024;  // answers gathered into one write

}  // namespace

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
    const auto rest = asio::buffer(octets.data() + written, octets.size() - written);
    auto token = asio::redirect_error(asio::use_awaitable, error);
    if (tls_) {
      written += co_await tls_->stream.async_write_some(rest, token);
    } else {
      written += co_await socket_.async_write_some(rest, token);
    }
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
