// The parser and the printer: what is read, what is kept, what is said of errors.
#include "schema/text.hpp"

#include "files.hpp"
#include "support/catch.hpp"

using namespace millrace::schema;

namespace {

std::string all(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

// The only diagnostic's text after its place and rule.
std::string complaint(const std::string& text) {
  const ParseResult result = parse(text, "f");
  if (result.diagnostics.size() != 1) return all(result.diagnostics);
  return std::to_string(result.diagnostics[0].place.line) + ":" +
         std::to_string(result.diagnostics[0].place.column) + " " + result.diagnostics[0].message;
}

}  // namespace

TEST_CASE("a hand-written file is formatted to its canonical form") {
  const FormatResult result = format(corpus_file("todo.schema"), "todo.schema");
  CHECK(all(result.diagnostics) == "");
  CHECK(result.text == corpus_file("todo.canonical.schema"));
}

TEST_CASE("every declaration and all metadata in canonical form print as they stand") {
  const std::string text = corpus_file("everything.schema");
  const ParseResult result = parse(text, "everything.schema");
  CHECK(all(result.diagnostics) == "");
  CHECK(print(result.schema) == text);
}

TEST_CASE("a file with many mistakes gets a diagnostic for each and keeps what is right") {
  const ParseResult result = parse(corpus_file("broken.schema"), "broken.schema");
  CHECK(all(result.diagnostics) == corpus_file("broken.expected"));
  const Module* broken = find_module(result.schema, "broken");
  REQUIRE(broken != nullptr);
  CHECK(find_verb(*broken, "fine") != nullptr);
  REQUIRE(find_data(*broken, "Item") != nullptr);
  CHECK(find_data(*broken, "Item")->fields.back().name == "ok");
  CHECK(find_module(result.schema, "last") != nullptr);
}

TEST_CASE("places count lines and characters from 1") {
  const ParseResult result = parse("// \xe2\x82\xac\nmodule a {\n\tverb v(Unit) Unit\n}", "f");
  REQUIRE(result.ok());
  CHECK(result.schema.modules[0].spot.line == 2);
  CHECK(result.schema.modules[0].spot.column == 8);
  CHECK(result.schema.modules[0].verbs[0].spot.line == 3);
  CHECK(result.schema.modules[0].verbs[0].spot.column == 7);
  CHECK(result.schema.modules[0].verbs[0].request.spot.column == 9);
  CHECK(
      complaint("module a {\n  data \xc3\xa4 {}\n}") ==
      "2:8 `\xc3\xa4` is no name: letters from a to z and A to Z, digits and underscores, no digit "
      "first");
}

TEST_CASE("types are read in every form") {
  const ParseResult result =
      parse("module a { data D { a [{String:b.C<Int,[T]>?}] b Time? c Unit d Int.Foo } }", "f");
  REQUIRE(result.ok());
  const std::vector<Field>& fields = result.schema.modules[0].datas[0].fields;
  CHECK(to_string(fields[0].type) == "[{String: b.C<Int, [T]>?}]");
  CHECK(fields[1].type.optional);
  CHECK(fields[2].type.kind == TypeKind::unit);
  CHECK(fields[3].type.ref == Ref{"Int", "Foo", {}});
}

TEST_CASE("a comment inside a declaration moves above it and none is lost") {
  const ParseResult result = parse(
      "module a {\n verb // one\n v( // two\n Unit) // three\n Unit // four\n // five\n}", "f");
  REQUIRE(result.ok());
  const Module& module = result.schema.modules[0];
  CHECK(module.verbs[0].comments.before == std::vector<std::string>{"one", "two", "three"});
  CHECK(module.verbs[0].comments.after == "four");
  CHECK(module.comments.closing == std::vector<std::string>{"five"});
}

TEST_CASE("a word is no keyword where a name is wanted") {
  const ParseResult result =
      parse("module module { data data { data data verb verb +alias json \"x\" } }", "f");
  CHECK(all(result.diagnostics) == "");
  CHECK(result.schema.modules[0].datas[0].fields.size() == 2);
}

TEST_CASE("a flag counts only on the line of its metadata") {
  const ParseResult result = parse("module a { data D { +encoding json\n lenient String } }", "f");
  REQUIRE(result.ok());
  CHECK_FALSE(find<Encoding>(result.schema.modules[0].datas[0].metadata)->lenient);
  CHECK(result.schema.modules[0].datas[0].fields.at(0).name == "lenient");
}

TEST_CASE("numbers and strings that cannot be are refused") {
  CHECK(complaint("module a { enum E: Int { A = 9223372036854775808 } }") ==
        "1:30 expected an integer of at most 64 bits, got `9223372036854775808`");
  CHECK(complaint("module a { enum E: Int { A = 1x } }") == "1:30 expected a number, got `1x`");
  CHECK(
      complaint("module a { enum E: String { A = \"\\q\" } }") ==
      "1:33 an escape that is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX; expected a string "
      "or a number");
  const ParseResult escaped =
      parse("module a { enum E: String { A = \"\\u20ac \\ud83d\\ude00\\t\" } }", "f");
  REQUIRE(escaped.ok());
  CHECK(std::get<Value>(escaped.schema.modules[0].enums[0].variants[0].value) ==
        Value(std::string("\xe2\x82\xac \xf0\x9f\x98\x80\t")));
}

TEST_CASE("a misspelt keyword is answered with the one that was meant") {
  CHECK(complaint("modle a {}").find("did you mean `module`?") != std::string::npos);
  CHECK(complaint("module a { vreb v(Unit) Unit }").find("`verb`?") != std::string::npos);
  CHECK(complaint("module a { verb v(Unit) Unit +cals a.b }").find("`calls`?") !=
        std::string::npos);
}

TEST_CASE("a module that was not closed does not swallow the next one") {
  const ParseResult result = parse("module a {\n data D {}\n\nmodule b {\n}\n", "f");
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].place.line == 4);
  CHECK(result.schema.modules.size() == 2);
}

TEST_CASE("G8: a text over the limits of size or nesting is refused with a clear error") {
  const ParseResult big = parse(std::string(1'048'577, ' '), "f");
  REQUIRE(big.diagnostics.size() == 1);
  CHECK(big.diagnostics[0].message.find("at most 1048576") != std::string::npos);
  CHECK(parse(std::string(1'048'576, ' '), "f").ok());

  const auto nested = [](std::size_t levels) {
    return "module a { config c " + std::string(levels, '[') + "Int" + std::string(levels, ']') +
           " }";
  };
  CHECK(parse(nested(63), "f").ok());
  CHECK(complaint(nested(64)).find("deeper than 64 levels") != std::string::npos);
  CHECK(complaint(nested(500'000)).find("deeper than 64 levels") != std::string::npos);
}

TEST_CASE("G8: the mistakes of one file are told up to a limit") {
  std::string text = "module a { data D {";
  for (int i = 0; i < 100'000; ++i) text += "\n*";
  CHECK(parse(text, "f").diagnostics.size() == 1'000);
}

TEST_CASE("a message is one line whatever the text holds") {
  const ParseResult result = parse("module a { verb \"x\\n\\u0001\" }", "f");
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(result.diagnostics[0].message == "expected the name of the verb, got the string `x??`");
}

TEST_CASE("text that is not UTF-8 is refused with the place") {
  CHECK(complaint("module a {\n // \xff\n}") == "2:5 the text is not valid UTF-8 from here");
  for (const char* bad : {"\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\x80"}) {
    CHECK_FALSE(parse(bad, "f").ok());
  }
}

TEST_CASE("files join into one schema and a realm of both becomes one") {
  Schema schema = parse("realm r { module a {} }", "1").schema;
  merge(schema, parse("realm r { module b {} } // end", "2").schema);
  CHECK(schema.realms.size() == 1);
  REQUIRE(schema.modules.size() == 2);
  CHECK(schema.modules[1].realm == "r");
  CHECK(schema.modules[1].file.name == "2");
}

TEST_CASE("modules are printed in their realms, also where only they themselves know them") {
  const std::string text =
      "realm r {\n  module a {\n  }\n\n  module c {\n  }\n}\n\n"
      "external realm s {\n  module b {\n  }\n}\n\nmodule d {\n}\n";
  Schema schema = parse(text, "f").schema;
  CHECK(print(schema) == text);
  schema.realms.clear();
  CHECK(print(schema) == text);
}

TEST_CASE("a digest does not see comments, layout, places or the order of declarations") {
  const auto digest = [](const std::string& text) {
    return module_digest(parse(text, "f").schema.modules.at(0));
  };
  const std::string plain = "module a { data A { x Int y Int } data B {} }";
  CHECK(digest(plain) == digest("// c\nmodule a {\n data B {} // d\n data A { x Int\n y Int } }"));
  CHECK(digest(plain) != digest("module a { data A { y Int x Int } data B {} }"));
  CHECK(digest(plain) != digest("module a { data A { x Int y Int? } data B {} }"));
  CHECK(digest(plain) != digest("realm r { " + plain + " }"));
  CHECK(digest("realm r { " + plain + " }") != digest("external realm r { " + plain + " }"));
}
