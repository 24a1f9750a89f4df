// What the model promises about equality, names and canonical text.
#include "schema/model.hpp"

#include "support/catch.hpp"

using namespace millrace::schema;

TEST_CASE("a place is no part of what a node is") {
  Ref here{"echo", "get", {3, 7}};
  Ref there{"echo", "get", {40, 1}};
  CHECK(here == there);
  CHECK_FALSE(here == Ref{"echo", "put", {3, 7}});
}

TEST_CASE("a comment is part of what a node is") {
  Verb plain;
  Verb commented;
  commented.comments.before = {"says hello"};
  CHECK_FALSE(plain == commented);
}

TEST_CASE("types print in canonical form") {
  const Type item = ref_to("shop", "Item", {type_of(TypeKind::integer)});
  CHECK(to_string(map_of(type_of(TypeKind::string), array_of(item))) ==
        "{String: [shop.Item<Int>]}");
  CHECK(to_string(optional_of(array_of(optional_of(type_of(TypeKind::time))))) == "[Time?]?");
  CHECK(to_string(ref_to("", "T")) == "T");
}

TEST_CASE("a reference is read only when it is two names and a dot") {
  CHECK(parse_ref("echo.get") == Ref{"echo", "get", {}});
  for (const char* text : {"", "echo", "echo.", ".get", "echo.get.more", "echo. get", "1.2"}) {
    CHECK_FALSE(parse_ref(text).has_value());
  }
}

TEST_CASE("enum values print as the language writes them") {
  CHECK(to_string(Value(std::string("a \"b\"\n\x01"))) == "\"a \\\"b\\\"\\n\\u0001\"");
  CHECK(to_string(Value(std::int64_t{-7})) == "-7");
  CHECK(to_string(Value(2.0)) == "2.0");
  CHECK(to_string(Value(0.1)) == "0.1");
}

TEST_CASE("diagnostics are ordered by file, line and column as numbers") {
  std::vector<Diagnostic> found = {{{"b", 1, 1}, "syntax", "x"},
                                   {{"a", 10, 1}, "syntax", "x"},
                                   {{"a", 9, 12}, "syntax", "x"},
                                   {{"a", 9, 2}, "syntax", "x"},
                                   {{"a", 9, 2}, "syntax", "x"}};
  sort_diagnostics(found);
  REQUIRE(found.size() == 4);
  CHECK(to_string(found[0]) == "a:9:2: error[syntax]: x");
  CHECK(to_string(found[1]) == "a:9:12: error[syntax]: x");
  CHECK(to_string(found[2]) == "a:10:1: error[syntax]: x");
}
