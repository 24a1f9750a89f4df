// What the server takes for a request and what it refuses, without sockets.
#include "request_parser.hpp"

#include <string>

#include "support/catch.hpp"

namespace millrace::httpkit {
namespace {

Limits small_limits() {
  Limits limits;
  limits.header_bytes_max = 256;
  limits.body_bytes_max = 32;
  return limits;
}

// One line: "GET /a?b c=1 body=...", or "refused 400".
std::string parse(std::string_view octets, std::size_t step = std::string::npos,
                  const Limits& limits = small_limits()) {
  RequestParser parser(limits);
  std::string buffer;
  while (parser.state() == RequestParser::State::head ||
         parser.state() == RequestParser::State::body) {
    if (octets.empty()) return "waits";
    const std::size_t n = std::min(step, octets.size());
    buffer += octets.substr(0, n);
    octets.remove_prefix(n);
    buffer.erase(0, parser.put(buffer));
  }
  if (parser.state() == RequestParser::State::refused) {
    return "refused " + std::to_string(parser.status());
  }
  const Request request = parser.take();
  std::string line = request.method + " " + request.path;
  if (!request.query.empty()) line += " query=" + request.query;
  if (!request.body.empty()) line += " body=" + request.body;
  if (!parser.keep_alive()) line += " closes";
  if (buffer.size() + octets.size() > 0) line += " rest=" + buffer + std::string(octets);
  return line;
}

const std::string host = "Host: x\r\n";

TEST_CASE("a request is the same however its octets arrive") {
  const std::string chunked = "POST /a/b?c=d HTTP/1.1\r\n" + host +
                              "Transfer-Encoding: chunked\r\n\r\n"
                              "5;q=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\nGET";
  for (std::size_t step = 1; step < chunked.size(); ++step) {
    INFO("in pieces of " << step);
    const std::string line = parse(chunked, step);
    CHECK(line == "POST /a/b query=c=d body=hello world rest=GET");
  }
  // Found by the fuzzer: the end alone, in two pieces, ended a program that has its assertions.
  const std::string empty =
      "POST /e HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET";
  for (std::size_t step = 1; step < empty.size(); ++step)
    CHECK(parse(empty, step) == "POST /e rest=GET");
  const std::string fixed =
      "PUT /x HTTP/1.1\r\n" + host + "Content-Length: 3\r\nConnection: close\r\n\r\nabc";
  for (std::size_t step = 1; step <= fixed.size(); ++step) {
    CHECK(parse(fixed, step) == "PUT /x body=abc closes");
  }
}

TEST_CASE("a target is a path, a URL or the asterisk") {
  CHECK(parse("GET / HTTP/1.1\r\n" + host + "\r\n") == "GET /");
  CHECK(parse("GET http://x:80/a?b HTTP/1.1\r\n" + host + "\r\n") == "GET /a query=b");
  CHECK(parse("GET http://x?b HTTP/1.1\r\n" + host + "\r\n") == "GET / query=b");
  CHECK(parse("OPTIONS * HTTP/1.1\r\n" + host + "\r\n") == "OPTIONS *");
  CHECK(parse("CONNECT x:80 HTTP/1.1\r\n" + host + "\r\n") == "refused 400");
  CHECK(parse("GET a HTTP/1.1\r\n" + host + "\r\n") == "refused 400");
  CHECK(parse("GET http:///a HTTP/1.1\r\n" + host + "\r\n") == "refused 400");
  CHECK(parse("GET /a#b HTTP/1.1\r\n" + host + "\r\n") == "refused 400");
  CHECK(parse("GET /\xC3\xA4 HTTP/1.1\r\n" + host + "\r\n") == "refused 400");
}

TEST_CASE("a trailer is not taken for a header") {
  RequestParser parser(small_limits());
  parser.put("POST / HTTP/1.1\r\n" + host +
             "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Admin: yes\r\n\r\n");
  REQUIRE(parser.state() == RequestParser::State::done);
  const Request request = parser.take();
  CHECK_FALSE(find_header(request.headers, "x-admin"));
  CHECK(find_header(request.headers, "host") == "x");
}

TEST_CASE("G11: what two parties could read in two ways is refused with 400") {
  const std::string post = "POST / HTTP/1.1\r\n" + host;
  const std::string rest = "\r\n0\r\n\r\n";
  const std::string te = "Transfer-Encoding: chunked\r\n";
  CHECK(parse(post + "Content-Length: 5\r\n" + te + rest) == "refused 400");
  CHECK(parse(post + te + "Content-Length: 5\r\n" + rest) == "refused 400");
  CHECK(parse(post + te + te + rest) == "refused 400");
  CHECK(parse(post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length: 5, 5\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length: +5\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length: -1\r\n\r\n") == "refused 400");
  CHECK(parse(post + "Content-Length: 0x5\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length:\r\n\r\nhello") == "refused 400");
  CHECK(parse(post + "Content-Length: 99999999999999999999\r\n\r\n") == "refused 400");
  CHECK(parse(post + "Transfer-Encoding: xchunked\r\n" + rest) == "refused 400");
  CHECK(parse(post + "Transfer-Encoding: chunked, identity\r\n" + rest) == "refused 400");
  CHECK(parse(post + "Transfer-Encoding: gzip, chunked\r\n" + rest) == "refused 400");
  CHECK(parse(post + "Transfer-Encoding: \"chunked\"\r\n" + rest) == "refused 400");
  CHECK(parse("POST / HTTP/1.0\r\n" + te + rest) == "refused 400");
  CHECK(parse(post + "Transfer-Encoding : chunked\r\n" + rest) == "refused 400");
  CHECK(parse(post + "X: y\r\n Content-Length: 3\r\n\r\nabc") == "refused 400");
  CHECK(parse(post + "X: y\nContent-Length: 3\r\n\r\nabc") == "refused 400");
  CHECK(parse(post + "X: y\rContent-Length: 3\r\n\r\nabc") == "refused 400");
  CHECK(parse(post + std::string("X: y\0z\r\n\r\n", 11)) == "refused 400");
  CHECK(parse("GET / HTTP/1.1\r\n\r\n") == "refused 400");
  CHECK(parse("GET / HTTP/1.1\r\n" + host + host + "\r\n") == "refused 400");
  CHECK(parse("GET / HTTP/1.1\r\nHost: a b\r\n\r\n") == "refused 400");
  CHECK(parse("GET /  HTTP/1.1\r\n" + host + "\r\n") != "GET /");
  CHECK(parse(post + te + "\r\n5\nhello\r\n0\r\n\r\n") == "refused 400");
  CHECK(parse(post + te + "\r\n5\r\nhello!\r\n0\r\n\r\n") == "refused 400");
  CHECK(parse(post + te + "\r\nffffffffffffffffff\r\n") == "refused 400");
}

TEST_CASE("limits are answered and never exceeded") {
  const std::string big(300, 'a');
  CHECK(parse("GET /" + big + " HTTP/1.1\r\n") == "refused 431");
  CHECK(parse("GET / HTTP/1.1\r\n" + host + "X: " + big + "\r\n\r\n") == "refused 431");
  CHECK(parse("POST / HTTP/1.1\r\n" + host + "Content-Length: 33\r\n\r\n") == "refused 413");
  CHECK(parse("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n21\r\n") ==
        "refused 413");
  const std::string chunks = "10\r\n0123456789abcdef\r\n";
  CHECK(parse("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n" + chunks +
              chunks + "1\r\nx\r\n0\r\n\r\n") == "refused 413");
  CHECK(parse("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n1;" + big) ==
        "refused 431");
  CHECK(parse("POST / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + big) ==
        "refused 431");
}

TEST_CASE("a header that is dripped field by field is bounded as a whole") {
  RequestParser parser(small_limits());
  std::string buffer = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 100 && parser.state() == RequestParser::State::head; ++i) {
    buffer += "X-" + std::to_string(i) + ": y\r\n";
    buffer.erase(0, parser.put(buffer));
  }
  REQUIRE(parser.state() == RequestParser::State::refused);
  CHECK(parser.status() == 431);
}

TEST_CASE("what is no HTTP is refused at its first octet and another version with 505") {
  CHECK(parse("\x16\x03\x01\x02") == "refused 400");
  CHECK(parse("{\"a\":1}") == "refused 400");
  CHECK(parse("\r\n\r\n\r\n\r\n\r\n") == "refused 400");
  CHECK(parse("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") == "refused 505");
  CHECK(parse("\r\nGET / HTTP/1.1\r\n" + host + "\r\n") == "GET /");
}

TEST_CASE("an expectation other than 100-continue is refused") {
  const std::string post = "POST / HTTP/1.1\r\n" + host + "Content-Length: 3\r\n";
  CHECK(parse(post + "Expect: magic\r\n\r\nabc") == "refused 417");
  RequestParser parser(small_limits());
  parser.put(post + "Expect: 100-continue\r\n\r\n");
  CHECK(parser.wants_continue());
  CHECK_FALSE(parser.wants_continue());
  parser.put("abc");
  CHECK(parser.state() == RequestParser::State::done);
}

}  // namespace
}  // namespace millrace::httpkit
