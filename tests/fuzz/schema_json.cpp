// Any text gets faults or a canonical value, and canonical values stay as they are.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "schema/json.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"
#include "statekit/result.hpp"

using namespace millrace::schema;

namespace {

const Shape& shape() {
  static const Schema schema = [] {
    Schema parsed =
        parse(
            "module m { data All { i Int? f Float? s String? +alias json \"text\" b Bool? "
            "y Bytes t Time? a Any u Unit l [All] k {Int: Kind?} e {Color: Level}? n All? } "
            "enum Kind { One Int Two All Three Unit } enum Color: String { Red = \"red\" } "
            "enum Level: Float { Low = -1 High = 2.5 } }",
            "fuzz")
            .schema;
    resolve(parsed);
    return parsed;
  }();
  static const Shape compiled = *Shape::compile(Index(schema), ref_to("m", "All"));
  return compiled;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using millrace::statekit::check;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const JsonResult once = shape().canonicalize(text);
  if (!once) {
    check(!once.error().empty(), "a refusal has a fault");
    return 0;
  }
  const JsonResult twice = shape().canonicalize(*once);
  check(twice.has_value() && *twice == *once, "canonical JSON is canonical");
  const JsonResult aliased = shape().canonicalize(*once, {.with_aliases = true});
  check(aliased.has_value() && *shape().canonicalize(*aliased) == *once, "aliases come off again");
  check(json_members(*once).has_value(), "a value of data is an object");
  return 0;
}
