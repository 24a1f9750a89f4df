#include "response_reader.hpp"
#include "last_chunk.hpp"

#include <array>
#include <utility>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace millrace::httpkit {
namespace {

namespace http = boost::beast::http;
using statekit::Code;
using statekit::fail;
using statekit::Result;

constexpr std::uint64_t body_bytes_max = 16 << 20;
constexpr std::size_t unread_bytes_max = 64 * 1024;  // that the parser waits for the end of
constexpr int interim_max = 16;                      // answers before the one that counts

using Parser = http::response_parser<http::string_body>;

Response to_response(Parser& parser) {
  auto& message = parser.get();
  Response response{static_cast<int>(message.result_int()), {}, std::move(message.body())};
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    response.headers.push_back({{name.data(), name.size()}, {value.data(), value.size()}});
  }
  return response;
}

// True when the message is whole. `octets` keeps what the parser has not used.
Result<bool> parse(Parser& parser, std::string& octets, bool end) {
  boost::system::error_code error;
  while (!octets.empty() && !parser.is_done()) {
    if (parser.is_header_done() && parser.chunked() && is_part_of_last_chunk(octets)) break;
    const std::size_t n = parser.put(boost::asio::buffer(octets), error);
    octets.erase(0, n);
    if (error == http::error::need_more) {
      // The head has a limit of its own; a chunk's extensions and the trailers have none.
      if (octets.size() <= unread_bytes_max) break;
      return fail(Code::unavailable, "reading the answer: a line of it has no end");
    }
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  if (end && !parser.is_done()) {
    if (!parser.got_some()) return fail(Code::unavailable, "the server closed without an answer");
    parser.put_eof(error);
    if (error) return fail(Code::unavailable, "reading the answer: " + error.message());
  }
  return parser.is_done();
}

}  // namespace

Result<Response> ResponseReader::read(ClientConnection& connection, bool head) {
  std::array<char, 16 * 1024> block{};
  for (int interim = 0; interim <= interim_max; ++interim) {
    Parser parser;
    parser.body_limit(body_bytes_max);
    parser.eager(true);
    parser.skip(head);
    for (bool end = false;;) {
      const auto done = parse(parser, octets_, end);
      if (!done) return fail(done.error());
      if (*done) break;
      const auto n = connection.read(block.data(), block.size());
      if (!n) return fail(n.error());
      octets_.append(block.data(), *n);
      end = *n == 0;
    }
    if (parser.get().result_int() < 200) continue;
    keeps_alive_ = parser.get().keep_alive();
    return to_response(parser);
  }
  return fail(Code::unavailable, "reading the answer: it is announced again and again");
}

}  // namespace millrace::httpkit
