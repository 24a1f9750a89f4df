// The inside of a Shape: every type that can be reached, as a graph of nodes. Private to this
// library.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/json.hpp"

namespace millrace::schema {

enum class ShapeKind : std::uint8_t {
  integer,
  floating,
  string,
  bytes,
  boolean,
  time,
  any,
  unit,
  array,
  map,
  data,
  values,  // an enum of values
  types,   // an enum of types
};

// One use of a node.
struct ShapeEdge {
  std::uint32_t node = 0;
  bool optional = false;
};

struct ShapeField {
  std::string name;
  std::string json;  // the alias, else the name
  ShapeEdge type;
};

struct ShapeNode {
  ShapeKind kind = ShapeKind::unit;
  std::string name;  // as messages call it: "Int", "[String]", "shop.Item"
  bool lenient = false;
  ShapeEdge key;      // of a map
  ShapeEdge element;  // of an array, of a map's values; of an enum's values: their type
  std::vector<ShapeField> fields;  // of data; of an enum of types: its variants
  std::vector<Value> values;       // of an enum of values
  // Every key that a data accepts, sorted, with the field's number.
  std::vector<std::pair<std::string, std::uint32_t>> keys;
};

struct Shape::Plan {
  ShapeEdge root;
  std::vector<ShapeNode> nodes;
};

// Checks one text against a plan and writes it in canonical form.
JsonResult canonical_json(const Shape::Plan& plan, std::string_view json,
                          const JsonOptions& options);

// Whether a value may be left out, and what stands for it then; null: it may not, or (optional) it
// stays absent.
const char* default_of(const ShapeNode& node);

}  // namespace millrace::schema
