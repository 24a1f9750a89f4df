// The parser's work, counted in letters looked at, never in time: linear in the text, whatever it
// is.
#include <random>

#include "files.hpp"
#include "schema/limits.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

// Each letter is looked at once, twice where a raw piece (a path, a cron expression) is read anew,
// and each comment and realm is handed on a few times.
constexpr std::size_t steps_for_a_letter = 4;
constexpr std::size_t steps_besides = 64;

bool is_linear(const std::string& text) {
  return parse(text, "f").steps <= steps_for_a_letter * text.size() + steps_besides;
}

std::string repeated(const std::string& piece, std::size_t size) {
  std::string text;
  while (text.size() + piece.size() <= size) text += piece;
  return text;
}

// Pieces that make parsers look far ahead, go back, keep things, or fail again and again.
const std::vector<std::string>& pieces() {
  static const std::vector<std::string> all = {"[",
                                               "]",
                                               "{",
                                               "}",
                                               "<",
                                               "(",
                                               "+",
                                               "?",
                                               "\"",
                                               "\\",
                                               "/",
                                               "//",
                                               "\n",
                                               " ",
                                               ".",
                                               ",",
                                               ":",
                                               "=",
                                               "// c\n",
                                               "//\n+\n",
                                               "module a {",
                                               "module a {}\n",
                                               "realm r {",
                                               "realm r {}\n",
                                               "builtin ",
                                               "external ",
                                               "export ",
                                               "verb v(",
                                               "verb v(Unit) Unit\n",
                                               "data D {",
                                               "data D<",
                                               "data D<T,",
                                               "enum E {",
                                               "enum E: ",
                                               "config c ",
                                               "x Int\n",
                                               "x [Int\n",
                                               "+cron ",
                                               "+cron\n// c\n",
                                               "+ingress GET ",
                                               "+ingress GET\n// c\n",
                                               "+ingress http GET /a ",
                                               "+migration sha256:",
                                               "+migration sha256:\n// c\n",
                                               "+calls a,",
                                               "+retry 1 ",
                                               "+egress \"x\",",
                                               "+alias json ",
                                               "\"abc",
                                               "\"abc\n",
                                               "\"\\u12",
                                               "a-b",
                                               "\xc3\xa4",
                                               "\xe2\x80\x9c",
                                               "1e5",
                                               "-",
                                               "\x01",
                                               "\r",
                                               "\t",
                                               "a.b",
                                               "a<b,",
                                               "{String:",
                                               "a // c\n",
                                               "from=",
                                               "*/5 * * * *\n"};
  return all;
}

}  // namespace

TEST_CASE("G8: any piece without end, alone or inside a module, is read in linear work") {
  constexpr std::size_t size = 60'000;
  for (const std::string& piece : pieces()) {
    for (const char* before : {"", "module a {\n", "module a {\ndata D {\n", "realm r {\n",
                               "module a {\nverb v(Unit) Unit\n", "module a { config c "}) {
      INFO(before << "| " << piece);
      const std::string text = before + repeated(piece, size);
      REQUIRE(is_linear(text));
      REQUIRE(parse(text, "f").diagnostics.size() <= diagnostics_max);
    }
  }
}

TEST_CASE("G8: any mixture of pieces is read in linear work") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 1'000; ++round) {
    std::string text;
    const std::size_t kinds = 1 + random() % 6;
    std::vector<std::string> chosen;
    for (std::size_t i = 0; i < kinds; ++i) {
      chosen.push_back(pieces()[random() % pieces().size()] + (random() % 2 == 0 ? "" : " "));
    }
    while (text.size() < 3'000) text += chosen[random() % chosen.size()];
    INFO(text);
    REQUIRE(is_linear(text));
  }
}

TEST_CASE("G8: twice the text is twice the work, also with as many realms and comments as fit") {
  const auto many = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) {
      const std::string number = std::to_string(1'000'000 + i);
      text += "// c\nrealm r" + number + " { // d\nmodule m" + number + " { // e\n}\n}\n";
    }
    return text;
  };
  const std::size_t once = parse(many(8'000), "f").steps;
  const std::size_t twice = parse(many(16'000), "f").steps;
  REQUIRE(once > 0);
  CHECK(twice <= 2 * once + steps_besides);
  const ParseResult whole = parse(many(16'000), "f");
  CHECK(whole.ok());
  CHECK(print(whole.schema).size() > many(16'000).size());
}

TEST_CASE("G8: a file of the largest size is read, and one letter more is refused unread") {
  std::string text =
      "module a {\n" + repeated("  config aLongNameOfIt {String: [Int?]}\n", file_bytes_max - 13);
  text += std::string(file_bytes_max - text.size() - 1, ' ') + "}";
  REQUIRE(text.size() == file_bytes_max);
  CHECK(parse(text, "f").ok());
  CHECK(is_linear(text));
  CHECK(parse(text + " ", "f").steps == 0);
  CHECK(parse(std::string(10 * file_bytes_max, '['), "f").steps == 0);
}
