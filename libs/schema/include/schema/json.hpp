// JSON values checked against types, and made canonical: coerced, defaults filled in, keys in order
// of declaration, no spaces. Called where a value enters or leaves: ingress, console, `millrace
// call`, config and secret values. Pure; a Shape is immutable, so any thread may use it. Hostile
// bytes give faults. docs/schema-language.md has the table of what each type accepts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/index.hpp"
#include "schema/model.hpp"
#include "statekit/result.hpp"

namespace millrace::schema {

// One thing that does not fit.
struct JsonFault {
  std::string pointer;  // JSON Pointer (RFC 6901) to the value; empty: the whole
  // syntax, utf8, depth, duplicate-key, wrong-type, missing, unknown-field, out-of-range,
  // enum-value, map-key, time or base64
  std::string rule;
  std::string message;  // `wanted Float, got string "x"`
  bool operator==(const JsonFault&) const = default;
};

// "/items/3/price: wanted Float, got string "x""
std::string to_string(const JsonFault& fault);

// Canonical JSON, or every fault at once (at most 1,000); never an empty list.
using JsonResult = statekit::Result<std::string, std::vector<JsonFault>>;

struct JsonOptions {
  // Keys of data in the result: field names for a verb, aliases for answers over HTTP. On the way
  // in both are always accepted.
  bool with_aliases = false;
  // Unknown fields are dropped everywhere, as `+encoding json lenient` on a verb wants it; on a
  // data it holds for that data alone, whatever is given here.
  bool lenient = false;
  // Messages tell the kind of a value that does not fit, but not the value: for secrets.
  bool hide_values = false;
  // Put in front of each fault's pointer, such as "/body".
  std::string pointer_prefix = {};
};

// A type, made ready for checking many values: references followed, generics applied.
class Shape {
 public:
  // Fails where the type refers to what is not there, or to more types than the limit.
  static statekit::Result<Shape> compile(const Index& index, const Type& type);

  // An empty text is an absent value: the canonical default where the type has one.
  JsonResult canonicalize(std::string_view json, const JsonOptions& options = {}) const;

  // The parameters of a path or query, percent-decoded, in their order, as canonical JSON of this
  // type. Names may repeat only where the type has a list. For a type of a single value (a path
  // with one parameter) the name does not matter. Unit takes nothing and lets everything pass.
  JsonResult from_parameters(const std::vector<std::pair<std::string, std::string>>& parameters,
                             const JsonOptions& options = {}) const;

  // What the shape is made of; private to the library.
  struct Plan;

 private:
  explicit Shape(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}
  std::shared_ptr<const Plan> plan_;
};

// For a single value. A type that does not compile is one fault of rule wrong-type.
JsonResult canonicalize(const Schema& schema, const Type& type, std::string_view json,
                        const JsonOptions& options = {});

// The members of a JSON object, each value as the piece of text that it was; refused where Shape
// would refuse it too.
struct JsonMember {
  std::string key;
  std::string_view value;  // a part of the text that was handed in
};
statekit::Result<std::vector<JsonMember>, std::vector<JsonFault>> json_members(
    std::string_view json);

// Text as a JSON string, quotes included. REQUIRES: valid UTF-8.
std::string json_string(std::string_view text);
// The text that a JSON string stands for; nullopt: it is none.
std::optional<std::string> from_json_string(std::string_view json);

}  // namespace millrace::schema
