// Any octets get a request, a refusal or a wait for more, and the same however they are cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/httpkit/src/request_parser.hpp"
#include "statekit/result.hpp"

using namespace millrace::httpkit;
using millrace::statekit::check;

namespace {

// Everything that a parser says, as one line.
std::string parse(std::string_view octets, std::size_t step) {
  Limits limits;
  limits.header_bytes_max = 512;
  limits.body_bytes_max = 128;
  RequestParser parser(limits);
  std::string buffer;
  using State = RequestParser::State;
  while (parser.state() == State::head || parser.state() == State::body) {
    if (octets.empty()) return "waits";
    const std::size_t n = std::min(step, octets.size());
    buffer += octets.substr(0, n);
    octets.remove_prefix(n);
    const std::size_t used = parser.put(buffer);
    check(used <= buffer.size(), "a parser uses what it was offered");
    buffer.erase(0, used);
    check(buffer.size() <= 2 * limits.header_bytes_max + step, "what is kept unparsed is bounded");
  }
  if (parser.state() == State::refused) {
    check(parser.status() >= 400 && parser.status() < 600, "a refusal has a status");
    return "refused";  // cut elsewhere, another fault may be met first
  }
  const Request request = parser.take();
  check(is_token(request.method), "a method is a token");
  check(request.path == "*" || request.path.front() == '/', "a path begins with a slash");
  check(request.body.size() <= limits.body_bytes_max, "a body is within its limit");
  std::string line = request.method + ' ' + request.path + '?' + request.query + ' ' +
                     request.body + (parser.keep_alive() ? " kept" : " closes");
  for (const Header& header : request.headers) line += '\n' + header.name + ": " + header.value;
  return line + "\nrest " + buffer + std::string(octets);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view octets(reinterpret_cast<const char*>(data), size);
  const std::string whole = parse(octets, std::max<std::size_t>(size, 1));
  // Past the header's limit it matters how much of a chunk's extension is at hand at one time.
  if (size > 512) return 0;
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    check(parse(octets, step) == whole, "a request is the same however its octets arrive");
  }
  return 0;
}
