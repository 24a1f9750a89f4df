// JSON values against types: what each type accepts, what becomes of it, what is said of the rest.
#include "json_cases.hpp"

using namespace millrace::schema;
using namespace millrace::test;

TEST_CASE("Int takes integers, whole floats and numeric strings and keeps all digits") {
  CHECK(canon("Int", "9223372036854775807") == "9223372036854775807");
  CHECK(canon("Int", " -9223372036854775808 ") == "-9223372036854775808");
  CHECK(canon("Int", "9007199254740993.0") == "9007199254740993");
  CHECK(canon("Int", "1e3") == "1000");
  CHECK(canon("Int", "1.50e1") == "15");
  CHECK(canon("Int", "-0") == "0");
  CHECK(canon("Int", "0e99999999999999999999") == "0");
  CHECK(canon("Int", "\"42\"") == "42");
  CHECK(rule("Int", "1.5") == "wrong-type");
  CHECK(rule("Int", "1e-1") == "wrong-type");
  CHECK(rule("Int", "9223372036854775808") == "out-of-range");
  CHECK(rule("Int", "1e19") == "out-of-range");
  CHECK(rule("Int", "1e99999999999999999999") == "out-of-range");
  CHECK(rule("Int", "1e-99999999999999999999") == "wrong-type");
  for (const char* bad :
       {"true", "null", "[]", "{}", "\"\"", "\"x\"", "\"1 \"", "\"0x1\"", "\"+1\"", "\"01\""}) {
    CHECK(rule("Int", bad) == "wrong-type");
  }
}

TEST_CASE("Float takes numbers and numeric strings and refuses what is no finite number") {
  CHECK(canon("Float", "0.1") == "0.1");
  CHECK(canon("Float", "3") == "3");
  CHECK(canon("Float", "\"2.50\"") == "2.5");
  CHECK(canon("Float", "1e-400") == "0");
  CHECK(rule("Float", "1e400") == "out-of-range");
  CHECK(rule("Float", "\"1e400\"") == "out-of-range");
  CHECK(rule("Float", "\"NaN\"") == "wrong-type");
  CHECK(rule("Float", "\"Infinity\"") == "wrong-type");
  CHECK(rule("Float", "NaN") == "syntax");
  CHECK(rule("Float", "-Infinity") == "syntax");
}

TEST_CASE("Bool takes true and false, in quotes too") {
  CHECK(canon("Bool", "true") == "true");
  CHECK(canon("Bool", "\"false\"") == "false");
  CHECK(rule("Bool", "1") == "wrong-type");
  CHECK(rule("Bool", "\"True\"") == "wrong-type");
}

TEST_CASE("String takes strings and writes only the escapes that it must") {
  CHECK(canon("String", R"("a\u0041\u20ac\/\ud83d\ude00\n\u0001\"")") ==
        "\"aA\xe2\x82\xac/\xf0\x9f\x98\x80\\n\\u0001\\\"\"");
  CHECK(rule("String", "1") == "wrong-type");
  CHECK(rule("String", "\"\\ud83d\"") == "utf8");
  CHECK(rule("String", "\"\\ude00\"") == "utf8");
  CHECK(rule("String", "\"\\ud83d\\u0041\"") == "utf8");
  CHECK(rule("String", "\"\xff\"") == "utf8");
  CHECK(rule("String", "\"a\nb\"") == "syntax");
}

TEST_CASE("Time takes RFC 3339 and knows the calendar") {
  CHECK(canon("Time", "\"2024-02-29T12:00:00Z\"") == "\"2024-02-29T12:00:00Z\"");
  CHECK(canon("Time", "\"2024-02-29t12:00:00.123z\"") == "\"2024-02-29T12:00:00.123Z\"");
  CHECK(canon("Time", "\"1999-12-31T23:59:60+05:30\"") == "\"1999-12-31T23:59:60+05:30\"");
  for (const char* bad :
       {"2023-02-29T12:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01", "2024-01-01T24:00:00Z",
        "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00Zx", "",
        "1900-02-29T00:00:00Z", "2024-1-01T00:00:00Z", "2024-01-01T00:00:00+5:00"}) {
    INFO(bad);
    CHECK(rule("Time", "\"" + std::string(bad) + "\"") == "time");
  }
}

TEST_CASE("Bytes takes base64 of which each value has one text") {
  CHECK(canon("Bytes", "\"\"") == "\"\"");
  CHECK(canon("Bytes", "\"TWE=\"") == "\"TWE=\"");
  CHECK(canon("Bytes", "\"+/8A\"") == "\"+/8A\"");
  for (const char* bad : {"TWE", "TW==E", "T===", "TWF=", "TX==", "-_8A", "TWE= ", "===="}) {
    INFO(bad);
    CHECK(rule("Bytes", "\"" + std::string(bad) + "\"") == "base64");
  }
}

TEST_CASE("Any takes anything and keeps its digits, but no key twice") {
  const std::string value = R"({"b":[1,2.50,12345678901234567890,null,true],"a":{"x":"y"}})";
  CHECK(canon("Any", value) == value);
  CHECK(rule("Any", R"({"a":1,"a":2})") == "duplicate-key");
  CHECK(canon("Any", R"({"a":[{"k/~":1,"k\u002f~":2}]})") ==
        "duplicate-key /a/0/k~1~0: the key is there twice");
  CHECK(rule("Any", "1e400") == "out-of-range");
}

TEST_CASE("Unit is an empty object, absent or null") {
  CHECK(canon("Unit", "{}") == "{}");
  CHECK(canon("Unit", "null") == "{}");
  CHECK(canon("Unit", "") == "{}");
  CHECK(canon("Unit", R"({"x":1})") == "unknown-field /x: Unit has no fields");
  CHECK(rule("Unit", "[]") == "wrong-type");
}

TEST_CASE("data comes out with field names, in order of declaration, without spaces") {
  CHECK(canon("shop.Item", R"( { "tags" : [ "a" ], "cost" : 1.5, "id" : 7 } )") ==
        R"({"id":7,"price":1.5,"tags":["a"]})");
  CHECK(canon("shop.Item", R"({"id":7,"price":2,"note":null})") ==
        R"({"id":7,"price":2,"tags":[]})");
}

TEST_CASE("answers get the aliases on") {
  CHECK(canon("shop.Item", R"({"id":7,"price":2,"note":"n"})", {.with_aliases = true}) ==
        R"({"id":7,"cost":2,"note":"n","tags":[]})");
}

TEST_CASE("an alias counts before a field of that name, and both for one field are one too many") {
  CHECK(canon("shop.Swap", R"({"b":1,"c":2})") == R"({"a":1,"b":2})");
  CHECK(canon("shop.Swap", R"({"a":1,"c":2})") == R"({"a":1,"b":2})");
  CHECK(rule("shop.Item", R"({"id":1,"cost":1,"price":2})") == "duplicate-key");
}

TEST_CASE("what may be left out is filled in, and an absent optional stays absent") {
  CHECK(canon("shop.Blank", "{}") == R"({"y":"","a":null,"u":{},"l":[],"m":{}})");
  CHECK(canon("shop.Blank", R"({"a":null,"u":null,"o":null})") ==
        R"({"y":"","a":null,"u":{},"l":[],"m":{}})");
  CHECK(rule("shop.Blank", R"({"l":null})") == "wrong-type");
  CHECK(canon("Int?", "") == "null");
  CHECK(canon("[Int?]", "[1,null]") == "[1,null]");
  CHECK(canon("[Int]", "") == "[]");
  CHECK(canon("Int", "") == "missing /: there is no value; wanted Int");
  CHECK(canon("shop.Aliased", R"({"p":"1.5"})") == R"({"p":1.5})");
}

TEST_CASE("every fault is told at once, each with its pointer") {
  CHECK(canon("{String: [shop.Item]}",
              R"({"items":[{"id":1,"price":1},{"id":"x","cost":"y","nte":1},3],"a":{}})") ==
        "unknown-field /items/1/nte: shop.Item has no field of this name; did you mean `note`? | "
        "wrong-type /items/1/id: wanted Int, got string \"x\" | "
        "wrong-type /items/1/cost: wanted Float, got string \"y\" | "
        "wrong-type /items/2: wanted shop.Item, got number 3 | "
        "wrong-type /a: wanted [shop.Item], got object");
  CHECK(canon("shop.Item", "{}") ==
        "missing /id: the field is missing; wanted Int | "
        "missing /cost: the field is missing; wanted Float");
}

TEST_CASE("G10: a secret's value is in no message where that is asked for") {
  const JsonOptions hidden{.hide_values = true};
  for (const char* type : {"Int", "Bool", "Time", "Bytes", "shop.Color", "shop.Shape", "Float"}) {
    for (const char* json : {"\"hunter2\"", "{\"name\":\"hunter2\"}", "[\"hunter2\"]"}) {
      const std::string text = canon(type, json, hidden);
      INFO(text);
      CHECK(text.find("hunter2") == std::string::npos);
    }
  }
  CHECK(canon("Int", "12345678901234567890", hidden) ==
        "out-of-range /: number does not fit in 64 bits");
}

TEST_CASE("unknown fields are dropped only where that is asked for") {
  CHECK(canon("shop.Loose", R"({"a":1,"zz":2})") == R"({"a":1})");
  CHECK(canon("shop.Loose", R"({"a":1,"inner":{"id":1,"price":1,"zz":2}})") ==
        "unknown-field /inner/zz: shop.Item has no field of this name");
  CHECK(canon("shop.Item", R"({"id":1,"price":1,"zz":{"x":[]}})", {.lenient = true}) ==
        R"({"id":1,"price":1,"tags":[]})");
}

TEST_CASE("an enum of values takes its values and nothing else") {
  CHECK(canon("shop.Color", "\"red\"") == "\"red\"");
  CHECK(canon("shop.Color", R"("bl\"ue")") == R"("bl\"ue")");
  CHECK(canon("shop.Color", "\"Red\"") ==
        "enum-value /: wanted one of \"red\", \"bl\\\"ue\" (shop.Color), got string \"Red\"");
  CHECK(canon("shop.Level", "\"-1\"") == "-1");
  CHECK(canon("shop.Level", "2.0") == "2");
  CHECK(rule("shop.Level", "1") == "enum-value");
  CHECK(canon("shop.Ratio", "1.0") == "1");
  CHECK(canon("shop.Ratio", "0.5") == "0.5");
}

TEST_CASE("an enum of types is an object of name and value") {
  CHECK(canon("shop.Shape", R"({"value":1,"name":"Circle"})") == R"({"name":"Circle","value":1})");
  CHECK(canon("shop.Shape", R"({"name":"Nothing"})") == R"({"name":"Nothing","value":{}})");
  CHECK(canon("shop.Shape", R"({"name":"Perhaps"})") == R"({"name":"Perhaps","value":null})");
  CHECK(canon("shop.Shape", R"({"name":"Named","value":{"id":1,"price":"x"}})") ==
        "wrong-type /value/price: wanted Float, got string \"x\"");
  CHECK(canon("shop.Shape", R"({"name":"Round","value":1,"x":1})") ==
        "unknown-field /x: shop.Shape is an object of `name` and `value` only | enum-value /name: "
        "wanted one of Circle, Named, Nothing, Perhaps (shop.Shape), got string \"Round\"");
  CHECK(rule("shop.Shape", R"({"value":1})") == "missing");
  CHECK(rule("shop.Shape", R"({"name":"Circle"})") == "missing");
}

TEST_CASE("map keys are checked against their type") {
  CHECK(canon("{Int: Bool}", R"({"7":true,"-1":false})") == R"({"7":true,"-1":false})");
  for (const char* bad : {"07", "x", "1.0", "", "9223372036854775808", "+1"}) {
    CHECK(rule("{Int: Bool}", "{\"" + std::string(bad) + "\":true}") == "map-key");
  }
  CHECK(canon("{shop.Color: Int}", R"({"red":1})") == R"({"red":1})");
  CHECK(rule("{shop.Color: Int}", R"({"green":1})") == "map-key");
  CHECK(rule("{String: Int}", R"({"a":1,"b":1,"a":2})") == "duplicate-key");
  std::string many = "{";
  for (int i = 0; i < 50; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  CHECK(rule("{String: Int}", many + "\"k7\":2}") == "duplicate-key");
  CHECK(canon("{String: Int?}", R"({"a":null})") == R"({"a":null})");
}

TEST_CASE("generics are applied and types may contain themselves") {
  CHECK(canon("shop.Pair<Int, [shop.Pair<String, Unit>]>",
              R"({"first":"1","second":[{"first":"x"}]})") ==
        R"({"first":1,"second":[{"first":"x"}]})");
  CHECK(canon("shop.Pair<Int, String>", R"({"first":"x","second":1})") ==
        "wrong-type /first: wanted Int, got string \"x\" | "
        "wrong-type /second: wanted String, got number 1");
  CHECK(canon("shop.Tree", R"({"value":1,"left":{"value":2,"children":[{"value":3}]}})") ==
        R"({"value":1,"children":[],"left":{"value":2,"children":[{"value":3,"children":[]}]}})");
}

TEST_CASE("text that is no JSON is refused with the place") {
  CHECK(canon("Any", "{\n \"a\": }") == "syntax /a: expected a value, at line 2 column 7");
  for (const char* bad : {" ",
                          "{",
                          "[1,]",
                          "[1 2]",
                          "{\"a\" 1}",
                          "{a:1}",
                          "{\"a\":1,}",
                          "01",
                          "1.",
                          ".5",
                          "-",
                          "1e",
                          "tru",
                          "\"a",
                          "\"\\x\"",
                          "\"\\u12g4\"",
                          "1 2",
                          "nul",
                          "\xef\xbb\xbf{}",
                          "'a'",
                          "[1]]",
                          "/**/1"}) {
    INFO(bad);
    CHECK(rule("Any", bad) == "syntax");
  }
}

TEST_CASE("G8: a value nested deeper than 64 levels is refused") {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(rule("Any", nested(64)) == "accepted: " + nested(64));
  CHECK(rule("Any", nested(65)) == "depth");
  CHECK(rule("Any", std::string(1'000'000, '[')) == "depth");
  CHECK(rule("shop.Loose", "{\"zz\":" + nested(64) + "}") == "depth");
}

TEST_CASE("a type that leads nowhere does not compile") {
  const Index index(types().schema);
  CHECK_FALSE(Shape::compile(index, ref_to("shop", "Gone")).has_value());
  CHECK_FALSE(Shape::compile(index, ref_to("shop", "Pair")).has_value());
  CHECK_FALSE(Shape::compile(index, ref_to("", "T")).has_value());
  CHECK(told(canonicalize(types().schema, ref_to("shop", "Gone"), "1")) ==
        "wrong-type /: there is no type shop.Gone");
}

TEST_CASE("G8: a type that grows for ever does not compile") {
  Schema schema = parse(
                      "module a { data G<T> { next a.G<[T]>? } data P<A, B> { a A b B } "
                      "data H<T> { next a.H<a.P<T, T>>? } }",
                      "f")
                      .schema;
  const Index index(schema);
  CHECK_FALSE(Shape::compile(index, ref_to("a", "G", {type_of(TypeKind::integer)})).has_value());
  CHECK_FALSE(Shape::compile(index, ref_to("a", "H", {type_of(TypeKind::integer)})).has_value());
}

TEST_CASE("path and query parameters become typed values") {
  const auto query = [](const std::string& type,
                        const std::vector<std::pair<std::string, std::string>>& parameters) {
    return told(shape(type).from_parameters(parameters, {.pointer_prefix = "/query"}));
  };
  CHECK(query("shop.Query", {{"ids", "1"}, {"q", "a \"b\""}, {"flag", "true"}, {"ids", "2"}}) ==
        R"({"q":"a \"b\"","flag":true,"ids":[1,2]})");
  CHECK(query("shop.Query", {{"n", "x"}, {"colors", "red"}, {"colors", "green"}, {"z", "1"}}) ==
        "unknown-field /query/z: shop.Query has no field of this name | "
        "wrong-type /query/n: wanted Int, got string \"x\" | "
        "enum-value /query/colors/1: wanted one of \"red\", \"bl\\\"ue\" (shop.Color), got string "
        "\"green\"");
  CHECK(query("shop.Query", {{"n", "1"}, {"n", "2"}}) == "duplicate-key /query/n: given 2 times");
  CHECK(query("{String: String}", {{"a", "1"}, {"b", "2"}}) == R"({"a":"1","b":"2"})");
  CHECK(query("{String: [String]}", {{"a", "1"}, {"a", "2"}}) == R"({"a":["1","2"]})");
  CHECK(query("Unit", {{"a", "1"}}) == "{}");
  CHECK(query("Int", {{"id", "7"}}) == "7");
  CHECK(query("shop.Query", {{"q", "\xff"}}) == "utf8 /query: a parameter that is not valid UTF-8");
}

TEST_CASE("the members of an object are pieces of its text") {
  const std::string json = R"({"status":201,"body": {"a":[1, 2]} ,"e\u0065":"x"})";
  const auto members = json_members(json);
  REQUIRE(members.has_value());
  REQUIRE(members->size() == 3);
  CHECK((*members)[0].value == "201");
  CHECK((*members)[1].value == R"({"a":[1, 2]})");
  CHECK((*members)[2].key == "ee");
  CHECK(from_json_string((*members)[2].value) == "x");
  CHECK_FALSE(json_members("[1]").has_value());
  CHECK_FALSE(json_members(R"({"a":1,"a":2})").has_value());
  CHECK_FALSE(from_json_string("1").has_value());
}
