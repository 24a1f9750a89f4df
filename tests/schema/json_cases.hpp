// What the tests of JSON values share: the types that they speak of, and short ways to ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checking.hpp"
#include "schema/json.hpp"
#include "schema/text.hpp"
#include "support/catch.hpp"

namespace millrace::test {

using namespace millrace::schema;

// The types that the tests speak of.
inline const CheckedSchema& types() {
  static const CheckedSchema checked = parse_and_check({{"f", R"(
module shop {
  data Item { id Int  price Float +alias json "cost"  note String?  tags [String] }
  data Loose { +encoding json lenient  a Int  inner Item? }
  data Everything {
    i Int f Float s String b Bool y Bytes t Time a Any u Unit l [Int] m {String: Item}
    o Int? any2 Any? unit2 Unit? }
  data Blank { y Bytes a Any u Unit l [Int] m {String: Int} o String? }
  data Swap { a Int +alias json "b"  b Int +alias json "c" }
  data Pair<A, B> { first A second B? }
  data Tree { value Int children [Tree] left Tree? }
  typealias Price Float
  typealias Maybe Int?
  data Aliased { p Price m Maybe }
  enum Color: String { Red = "red" Blue = "bl\"ue" }
  enum Level: Int { Low = -1 High = 2 }
  enum Ratio: Float { Half = 0.5 One = 1 }
  enum Shape { Circle Float Named Item Nothing Unit Perhaps Int? }
  data Query { q String? n Int? flag Bool? ids [Int] colors [Color]? }
}
)"}});
  REQUIRE(checked.ok());
  return checked;
}

inline Type type_named(const std::string& text) {
  ParseResult parsed = parse("module x { config c " + text + " }", "type");
  REQUIRE(parsed.ok());
  return parsed.schema.modules[0].configs[0].type;
}

inline Shape shape(const std::string& type) {
  const auto compiled = Shape::compile(Index(types().schema), type_named(type));
  REQUIRE(compiled.has_value());
  return *compiled;
}

inline std::string told(const JsonResult& result) {
  if (result) return *result;
  std::string text;
  for (const JsonFault& fault : result.error()) {
    text += (text.empty() ? "" : " | ") + fault.rule + " " + to_string(fault);
  }
  return text;
}

inline std::string canon(const std::string& type, const std::string& json,
                         const JsonOptions& options = {}) {
  return told(shape(type).canonicalize(json, options));
}

// Only the rule of the first fault.
inline std::string rule(const std::string& type, const std::string& json) {
  const JsonResult result = shape(type).canonicalize(json);
  return result ? "accepted: " + *result : result.error().front().rule;
}

}  // namespace millrace::test
