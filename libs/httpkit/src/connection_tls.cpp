// How a Connection begins and ends where the server speaks TLS.
#include "connection_tls.hpp"

#include <array>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connection.hpp"

namespace millrace::httpkit {
namespace {

using boost::system::error_code;
using statekit::MonoMs;

constexpr std::int64_t handshake_ms_max = 10'000;
constexpr char handshake_record = 0x16;  // RFC 8446, section 5.1: what a client begins with

MonoMs mono_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t wait_after_failures(Shared& shared, const std::string& client) {
  const std::lock_guard lock(shared.mutex);
  return shared.failed_openings.wait_ms(client, mono_ms());
}

}  // namespace

void Connection::note_opening(bool open) {
  const std::lock_guard lock(shared_->mutex);
  if (open) {
    shared_->failed_openings.succeeded(client_);
  } else {
    shared_->failed_openings.failed(client_, mono_ms());
  }
}

asio::awaitable<bool> Connection::shake_hands() {
  error_code error;
  const auto token = [&] {
    return asio::bind_cancellation_slot(stop_reading_.slot(),
                                        asio::redirect_error(asio::use_awaitable, error));
  };
  shaking_hands_ = true;
  expect_until(Waiting::octets, handshake_ms_max);
  if (const std::int64_t wait = wait_after_failures(*shared_, client_); wait > 0) {
    asio::steady_timer timer(here_->context, std::chrono::milliseconds(wait));
    co_await timer.async_wait(token());
  }
  if (!error && !closed_) co_await socket_.async_wait(asio::ip::tcp::socket::wait_read, token());
  std::array<char, 1> first{};
  if (!error && !closed_)
    socket_.receive(asio::buffer(first), asio::ip::tcp::socket::message_peek, error);
  if (!error && !closed_ && first[0] != handshake_record) {
    shaking_hands_ = false;
    refuse(400, "this port speaks HTTPS: write https:// instead of http://");
    co_return false;
  }
  const auto context = shared_->contexts->current();
  if (!error && !closed_ && context) {
    SSL_CTX_up_ref(context->get());
    asio::ssl::context owner(context->get());
    tls_ = std::make_unique<TlsLayer>(socket_, owner);
    co_await tls_->stream.async_handshake(asio::ssl::stream_base::server, token());
  }
  shaking_hands_ = false;
  if (tls_) note_opening(!error);  // who only knocks, as a balancer does, has not failed
  if (error || closed_ || !context) {
    close();
    co_return false;
  }
  peer_names_ = tls::peer_names(tls_->stream.native_handle());
  co_return true;
}

// The client learns that nothing was cut off (RFC 8446, section 6.1).
void Connection::wave_goodbye() {
  asio::co_spawn(
      here_->context,
      [self = shared_from_this()]() -> asio::awaitable<void> {
        error_code ignored;
        co_await self->tls_->stream.async_shutdown(
            asio::redirect_error(asio::use_awaitable, ignored));
        if (!self->closed_) self->socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      },
      asio::detached);
}

}  // namespace millrace::httpkit
