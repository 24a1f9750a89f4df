// What TLS adds to a Connection: a stream over its socket. Internal to httpkit.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace millrace::httpkit {

struct TlsLayer {
  TlsLayer(boost::asio::ip::tcp::socket& socket, boost::asio::ssl::context& context)
      : stream(socket, context) {}
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket&> stream;
};

}  // namespace millrace::httpkit
