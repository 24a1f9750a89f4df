// References, types and enum values of the schema language. Values, free of threads.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/place.hpp"

namespace millrace::schema {

// The name of a declaration. An empty `module` is a type parameter of the surrounding data, or a
// name as it was written that `resolve` (schema/resolve.hpp) has not qualified.
struct Ref {
  std::string module;
  std::string name;
  Spot spot;
  bool operator==(const Ref&) const = default;
  friend std::strong_ordering operator<=>(const Ref& a, const Ref& b) {
    if (const auto order = a.module <=> b.module; order != 0) return order;
    return a.name <=> b.name;
  }
};

std::string to_string(const Ref& ref);  // "echo.get", or "T" without a module
// The reverse, for command lines and requests: exactly `Ident.Ident`; nullopt for all else.
std::optional<Ref> parse_ref(std::string_view text);

enum class TypeKind : std::uint8_t {
  integer,
  floating,
  string,
  bytes,
  boolean,
  time,
  any,
  unit,
  array,  // arguments[0] is the element
  map,    // arguments[0] is the key, arguments[1] the value
  ref,    // `ref` names it, arguments are its type parameters
};

struct Type {
  TypeKind kind = TypeKind::unit;
  bool optional = false;  // written with a `?`
  Ref ref;
  std::vector<Type> arguments;
  Spot spot;
  bool operator==(const Type&) const = default;
};

std::string to_string(const Type& type);  // canonical text: "{String: [echo.Item<Int>]}?"

// Short ways to build types.
Type type_of(TypeKind kind);
Type array_of(Type element);
Type map_of(Type key, Type value);
Type ref_to(std::string module, std::string name, std::vector<Type> arguments = {});
Type optional_of(Type type);

// The value of an enum's variant: text, a 64-bit integer or a floating point number.
using Value = std::variant<std::string, std::int64_t, double>;
std::string to_string(const Value& value);  // as written in schema text, quoted where it is text

bool is_ident(std::string_view text);          // [A-Za-z_][A-Za-z0-9_]*
bool is_reserved_name(std::string_view name);  // the eight names of types: Int, Float, ...

}  // namespace millrace::schema

template <>
struct std::hash<millrace::schema::Ref> {
  std::size_t operator()(const millrace::schema::Ref& ref) const noexcept {
    const std::size_t module = std::hash<std::string>{}(ref.module);
    return module * 31 + std::hash<std::string>{}(ref.name);
  }
};
