#include "statekit/http2_scanner.hpp"
#include "support/catch.hpp"
#include "support/http2_frames.hpp"

namespace millrace::statekit {
namespace {

using test::end_headers;
using test::end_stream;
using test::frame;
using test::Http2;
using test::opening;

constexpr Http2Limits small{100, 2, 3, 1'000, 3, 1'000};

std::string repeated(const std::string& what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += what;
  return out;
}

TEST_CASE("calls of any number and size pass") {
  Http2Scanner scanner(small);
  CHECK(scanner.scan(opening(), 1).empty());
  for (std::uint32_t call = 0; call < 1'000; ++call) {
    const std::uint32_t stream = 2 * call + 1;
    const std::string octets = frame(Http2::headers, 0, stream, std::string(60, 'h')) +
                               frame(Http2::continuation, end_headers, stream, "more") +
                               frame(Http2::data, 0, stream, std::string(16'384, '\0')) +
                               frame(Http2::data, end_stream, stream, "") +
                               frame(Http2::window_update, 0, 0, "1234");
    REQUIRE(scanner.scan(octets, 1).empty());
  }
}

TEST_CASE("headers end at a limit of bytes, wherever reads cut them (G8, G11)") {
  const std::string octets = opening() + frame(Http2::headers, 0, 1, std::string(60, 'h')) +
                             frame(Http2::continuation, 0, 1, std::string(41, 'h'));
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, octets.size()}) {
    Http2Scanner scanner(small);
    std::string_view reason;
    for (std::size_t at = 0; at < octets.size(); at += step)
      reason = scanner.scan(std::string_view(octets).substr(at, step), 1);
    CHECK(reason == "headers longer than header_block_bytes_max");
    CHECK(scanner.scan("anything", 1) == reason);
  }
}

TEST_CASE("headers end at a limit of frames, be they empty (G8, G11)") {
  Http2Scanner scanner(small);
  const std::string empty = frame(Http2::continuation, 0, 1, "");
  CHECK(scanner.scan(opening() + frame(Http2::headers, 0, 1, "h") + empty + empty, 1).empty());
  CHECK(scanner.scan(empty, 1) == "headers in more frames than continuations_max");
}

TEST_CASE("calls are given up so many at once, then so many a second (G8, G11)") {
  Http2Scanner scanner(small);
  const std::string reset = frame(Http2::rst_stream, 0, 1, "1234");
  CHECK(scanner.scan(opening() + repeated(reset, 3), 1'000).empty());
  CHECK(scanner.scan(repeated(reset, 2), 1'002).empty());
  CHECK(scanner.scan(reset, 1'002) ==
        "more calls were opened and given up than resets_per_second_max");
}

TEST_CASE("frames that carry nothing come so many at once, then so many a second (G8, G11)") {
  for (const std::string& idle :
       {frame(Http2::ping, 0, 0, "12345678"), frame(Http2::settings, 0, 0, ""),
        frame(Http2::priority, 0, 1, "12345"), frame(Http2::data, 0, 1, "")}) {
    Http2Scanner scanner(small);
    CHECK(scanner.scan(std::string(test::http2_preface) + repeated(idle, 3), 1'000).empty());
    CHECK(scanner.scan(repeated(idle, 2), 1'002).empty());
    CHECK(scanner.scan(idle, 1'002) ==
          "more frames that carry nothing than idle_frames_per_second_max");
  }
}

TEST_CASE("an allowance never grows past its burst") {
  Allowance allowance(2, 1'000);
  for (const MonoMs now : {1, 1, 1'000'000, 1'000'000}) CHECK(allowance.take(now));
  CHECK_FALSE(allowance.take(1'000'000));
}

TEST_CASE("what does not begin as HTTP/2 is left alone") {
  Http2Scanner scanner(small);
  CHECK(scanner.scan("PRI * HTTP/1.1\r\n\r\n", 1).empty());
  CHECK(scanner.foreign());
  CHECK(scanner.scan(frame(Http2::headers, 0, 1, std::string(1'000, 'h')), 1).empty());
}

}  // namespace
}  // namespace millrace::statekit
