// The framing of the language server under honest and hostile octets.
#include <random>

#include "cli/lsp/framing.hpp"
#include "cli/lsp/text.hpp"
#include "support/catch.hpp"

using namespace millrace::cli::lsp;

namespace {

std::string shown(const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& frame : frames) {
    const auto* message = std::get_if<std::string>(&frame);
    out += message != nullptr ? "<" + *message + ">" : "!";
  }
  return out;
}

}  // namespace

TEST_CASE("messages come out whole however the octets are cut") {
  const std::string stream = framed("{}") + framed("") + framed("[\"\xc3\xa4\"]") +
                             "Content-Type: x\r\ncontent-length:3\r\n\r\nabc";
  for (std::size_t cut = 1; cut <= stream.size(); ++cut) {
    Framing framing;
    std::string out;
    for (std::size_t at = 0; at < stream.size(); at += cut) {
      out += shown(framing.feed(std::string_view(stream).substr(at, cut)));
    }
    REQUIRE(out == "<{}><><[\"\xc3\xa4\"]><abc>");
  }
}

TEST_CASE("G11: the framing finds the next message after any garbage and holds little") {
  static const std::vector<std::string> pieces = {"Content-Length: ",
                                                  "\r\n\r\n",
                                                  "\r\n",
                                                  "12",
                                                  "-1",
                                                  "9999999999999999999999",
                                                  "{}",
                                                  "x: y\r\n",
                                                  std::string(5'000, 'z'),
                                                  std::string("\0\xff", 2),
                                                  "Content-Length: 8388609\r\n\r\n"};
  std::mt19937 random(3);
  for (int round = 0; round < 5'000; ++round) {
    Framing framing;
    for (std::size_t i = 0; i < random() % 12; ++i) {
      framing.feed(pieces[random() % pieces.size()]);
    }
  }
  Framing endless;
  for (int i = 0; i < 200; ++i) endless.feed(std::string(5'000, 'z'));
  CHECK(endless.held() <= header_bytes_max);
  Framing framing;
  CHECK(shown(framing.feed("nonsense\r\n\r\n" + framed("{}"))) == "!<{}>");
  CHECK(shown(framing.feed("nonsense" + framed("{}"))) == "!<{}>");
  CHECK(shown(framing.feed("Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + framed("{}"))) ==
        "!<{}>");
}

TEST_CASE("positions count UTF-16 units, spots count characters, offsets octets") {
  const std::string text =
      "a\xf0\x9f\x98\x80"
      "b\r\n\xc3\xa4z";
  CHECK(offset_of(text, {0, 3}) == 5);
  CHECK(offset_of(text, {0, 99}) == 6);
  CHECK(offset_of(text, {1, 1}) == 10);
  CHECK(offset_of(text, {9, 0}) == text.size());
  CHECK(position_of(text, {1, 3}) == Position{0, 3});
  CHECK(spot_at(text, {0, 3}).column == 3);
  CHECK(path_of("file:///a%20b/c") == "/a b/c");
  CHECK(uri_of("/a b/\xc3\xa4") == "file:///a%20b/%C3%A4");
  CHECK(path_of("git:/a/b.schema").empty());
  CHECK(path_of("untitled:a b") == "untitled:a b");
  CHECK(uri_of("untitled:a b") == "untitled:a b");
}
