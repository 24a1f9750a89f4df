#include "request_parser.hpp"
#include "last_chunk.hpp"

#include <algorithm>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace millrace::httpkit {
namespace http = boost::beast::http;

struct RequestParser::Beast {
  http::request_parser<http::string_body> parser;
};

namespace {

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::size_t count(const std::vector<Header>& headers, std::string_view name) {
  return std::count_if(headers.begin(), headers.end(),
                       [&](const Header& header) { return same_name(header.name, name); });
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host[:port], loosely: what a URL can hold between '//' and '/'.
bool is_authority(std::string_view text) {
  constexpr std::string_view others = "-._~!$&'()*+,;=:[]%";
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           others.find(c) != std::string_view::npos;
  });
}

constexpr std::size_t empty_lines_max = 4;  // octets of CR LF tolerated before a request line

}  // namespace

RequestParser::RequestParser(const Limits& limits)
    : limits_(limits), beast_(std::make_unique<Beast>()) {
  // The head is bounded before Beast sees it; this only has to be out of the way.
  beast_->parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes_max + 1));
  beast_->parser.body_limit(limits.body_bytes_max);
  beast_->parser.eager(true);
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::refuse(int status, std::string detail) {
  state_ = State::refused;
  keep_alive_ = false;
  status_ = status;
  detail_ = std::move(detail);
  return 0;
}

std::size_t RequestParser::put(std::string_view octets) {
  std::size_t used = 0;
  if (state_ == State::head) used = put_head(octets);
  if (state_ == State::body && used < octets.size()) used += put_body(octets.substr(used));
  return used;
}

std::size_t RequestParser::put_head(std::string_view octets) {
  if (octets.empty()) return 0;
  if (scanned_ == 0 && octets[0] == '\r' && octets.size() == 1) return 0;
  if (scanned_ == 0 && octets.substr(0, 2) == "\r\n") {
    skipped_ += 2;
    if (skipped_ > empty_lines_max) return refuse(400, "empty lines before the request line");
    return 2 + put_head(octets.substr(2));
  }
  // What cannot begin a method is answered now, not after a wait for the rest: TLS, say.
  if (!is_token(octets.substr(0, 1))) return refuse(400, "this is no HTTP request");
  for (std::size_t i = scanned_; i < octets.size(); ++i) {
    if (octets[i] != '\n') continue;
    if (i == 0 || octets[i - 1] != '\r') return refuse(400, "a line ends without a CR");
    if (i >= 3 && octets[i - 2] == '\n') {
      if (i + 1 > limits_.header_bytes_max) break;
      read_head(octets.substr(0, i + 1));
      return i + 1;
    }
  }
  scanned_ = octets.size();
  if (scanned_ >= limits_.header_bytes_max) {
    return refuse(431, "the request line and header fields are over " +
                           std::to_string(limits_.header_bytes_max) + " octets");
  }
  return 0;
}

void RequestParser::read_head(std::string_view head) {
  for (std::size_t i = head.find('\n'); i + 1 < head.size(); i = head.find('\n', i + 1)) {
    if (head[i + 1] == ' ' || head[i + 1] == '\t') {
      refuse(400, "a header field is folded over several lines");
      return;
    }
  }
  boost::system::error_code error;
  beast_->parser.put(boost::asio::const_buffer(head.data(), head.size()), error);
  if (error == http::error::bad_version) {
    refuse(505, "this server speaks HTTP/1.1 and HTTP/1.0");
    return;
  }
  const bool too_large = error == http::error::body_limit;
  if (error && !too_large && error != http::error::need_more) {
    refuse(400, "malformed request head: " + error.message());
    return;
  }
  const auto& message = beast_->parser.get();
  http_1_0_ = message.version() == 10;
  request_.method = std::string(view(message.method_string()));
  request_.target = std::string(view(message.target()));
  for (const auto& field : message) {
    request_.headers.push_back(
        {std::string(view(field.name_string())), std::string(view(field.value()))});
  }
  state_ = State::body;
  check_framing();
  if (state_ != State::refused) check_host();
  if (state_ != State::refused) split_target();
  if (state_ != State::refused && too_large) {
    refuse(413, "the body is over " + std::to_string(limits_.body_bytes_max) + " octets");
  }
  if (state_ != State::refused) check_expectation();
  if (state_ == State::refused) return;
  keep_alive_ = beast_->parser.keep_alive();
  if (beast_->parser.is_done()) state_ = State::done;
}

// One reading only of where the body ends: at most one length, in digits; else chunked and nothing
// besides.
void RequestParser::check_framing() {
  const std::size_t lengths = count(request_.headers, "content-length");
  const std::size_t codings = count(request_.headers, "transfer-encoding");
  if (lengths > 0 && codings > 0) {
    refuse(400, "a request has a Content-Length or a Transfer-Encoding, not both");
  } else if (lengths > 1 || codings > 1) {
    refuse(400, "Content-Length and Transfer-Encoding may stand once");
  } else if (lengths == 1 && !is_digits(*find_header(request_.headers, "content-length"))) {
    refuse(400, "Content-Length is no number");
  } else if (codings == 1 &&
             (http_1_0_ ||
              !same_name(*find_header(request_.headers, "transfer-encoding"), "chunked"))) {
    refuse(400, "the only Transfer-Encoding understood is chunked, in HTTP/1.1");
  }
}

void RequestParser::check_host() {
  const std::size_t hosts = count(request_.headers, "host");
  if (hosts > 1 || (hosts == 0 && !http_1_0_)) {
    refuse(400, "a request has exactly one Host");
  } else if (hosts == 1 && !is_authority(*find_header(request_.headers, "host"))) {
    refuse(400, "Host is no host and port");
  }
}

// origin-form and absolute-form (RFC 9112, section 3.2), and the asterisk.
void RequestParser::split_target() {
  std::string_view rest = request_.target;
  const bool visible =
      std::all_of(rest.begin(), rest.end(), [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
  if (!visible) {
    refuse(400, "the request target holds an octet that must be percent-encoded");
    return;
  }
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!same_name(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    if (end == 0 || !is_authority(rest.substr(0, end))) {
      refuse(400, "the host in the request target is no host and port");
      return;
    }
    rest.remove_prefix(end);
    if (rest.empty() || rest[0] == '?') request_.path = "/";
    break;
  }
  if (request_.path.empty() && rest.substr(0, 1) != "/" && rest != "*") {
    refuse(400, "the request target is neither a path nor a URL");
    return;
  }
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  request_.path += rest.substr(0, mark);
  if (mark < rest.size()) request_.query = std::string(rest.substr(mark + 1));
}

void RequestParser::check_expectation() {
  const auto expect = find_header(request_.headers, "expect");
  if (!expect || http_1_0_) return;
  if (!same_name(*expect, "100-continue")) {
    refuse(417, "the only expectation understood is 100-continue");
    return;
  }
  expects_continue_ = !beast_->parser.is_done();
}

std::size_t RequestParser::put_body(std::string_view octets) {
  std::size_t used = 0;
  while (used < octets.size()) {
    boost::system::error_code error;
    const std::string_view rest = octets.substr(used);
    if (beast_->parser.chunked() && is_part_of_last_chunk(rest)) break;
    const std::size_t n =
        beast_->parser.put(boost::asio::const_buffer(rest.data(), rest.size()), error);
    used += n;
    if (error == http::error::body_limit) {
      refuse(413, "the body is over " + std::to_string(limits_.body_bytes_max) + " octets");
      return used;
    }
    if (error && error != http::error::need_more) {
      refuse(400, "malformed body: " + error.message());
      return used;
    }
    if (beast_->parser.is_done()) {
      state_ = State::done;
      return used;
    }
    if (error == http::error::need_more || n == 0) break;
  }
  // What the parser does not use is a chunk's head or the trailers.
  if (octets.size() - used > limits_.header_bytes_max) {
    refuse(431, "a chunk's extensions or the trailers are over " +
                    std::to_string(limits_.header_bytes_max) + " octets");
  }
  return used;
}

std::size_t RequestParser::body_bytes() const { return beast_->parser.get().body().size(); }

Request RequestParser::take() {
  request_.body = std::move(beast_->parser.get().body());
  return std::move(request_);
}

}  // namespace millrace::httpkit
