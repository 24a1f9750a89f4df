// Octets in, one request out, without sockets: the part of the server that meets hostile bytes. It
// keeps no copy of the head until the head is whole, so a client that drips octets costs what it
// sent, and it refuses whatever two parties could read in two ways (RFC 9112, section 11.2). One
// parser a request, one thread at a time. Beast stays inside request_parser.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "httpkit/message.hpp"
#include "httpkit/server.hpp"

namespace millrace::httpkit {

class RequestParser {
 public:
  enum class State { head, body, done, refused };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Reads what it can from the front of `octets` and returns how many it used. What is left must be
  // offered again, with more behind it. REQUIRES: state() is head or body.
  std::size_t put(std::string_view octets);

  State state() const { return state_; }
  // True once, after the head: the client waits for a 100 before it sends the body.
  bool wants_continue() { return std::exchange(expects_continue_, false); }
  bool keep_alive() const { return keep_alive_; }
  bool http_1_0() const { return http_1_0_; }
  const std::string& method() const { return request_.method; }

  const Request& head() const { return request_; }  // REQUIRES: state() is body

  Request take();                         // REQUIRES: state() is done
  int status() const { return status_; }  // REQUIRES: state() is refused
  const std::string& detail() const { return detail_; }

 private:
  struct Beast;

  std::size_t put_head(std::string_view octets);
  void read_head(std::string_view head);
  std::size_t put_body(std::string_view octets);
  void check_framing();
  void check_host();
  void split_target();
  void check_expectation();
  std::size_t refuse(int status, std::string detail);

  Limits limits_;
  std::unique_ptr<Beast> beast_;
  State state_ = State::head;
  std::size_t skipped_ = 0;  // empty lines before the request line
  std::size_t scanned_ = 0;  // octets of the head that hold no end of it
  bool expects_continue_ = false;
  bool keep_alive_ = false;
  bool http_1_0_ = false;
  Request request_;
  int status_ = 0;
  std::string detail_;
};

}  // namespace millrace::httpkit
