#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "parser.hpp"
#include "schema/limits.hpp"

namespace millrace::schema {

namespace {

std::optional<TypeKind> builtin_kind(std::string_view word) {
  static const std::map<std::string_view, TypeKind> kinds = {
      {"Int", TypeKind::integer}, {"Float", TypeKind::floating}, {"String", TypeKind::string},
      {"Bytes", TypeKind::bytes}, {"Bool", TypeKind::boolean},   {"Time", TypeKind::time},
      {"Any", TypeKind::any},     {"Unit", TypeKind::unit}};
  const auto found = kinds.find(word);
  return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

template <class Number>
bool read_number(const std::string& text, Number& number) {
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

bool Parser::type(Type& type, int depth) {
  if (depth > nesting_max) {
    return complain(cur_.spot, "types nest deeper than " + std::to_string(nesting_max) +
                                   " levels here; name the inner ones with data or typealias");
  }
  type.spot = cur_.spot;
  if (accept('[')) {
    type.kind = TypeKind::array;
    if (!this->type(type.arguments.emplace_back(), depth + 1)) return false;
    if (!expect(']', "after the type of the elements")) return false;
  } else if (accept('{')) {
    type.kind = TypeKind::map;
    type.arguments.resize(2);
    if (!this->type(type.arguments[0], depth + 1)) return false;
    if (!expect(':', "after the type of the keys")) return false;
    if (!this->type(type.arguments[1], depth + 1)) return false;
    if (!expect('}', "after the type of the values")) return false;
  } else if (cur_.kind == TokenKind::word || cur_.kind == TokenKind::no_name) {
    if (!ref(type.ref, "a type")) return false;
    const auto kind = type.ref.module.empty() ? builtin_kind(type.ref.name) : std::nullopt;
    type.kind = kind.value_or(TypeKind::ref);
    if (kind) type.ref = {};
    if (at('<') && !type_arguments(type, depth)) return false;
  } else {
    return wrong("a type", at(':')   ? "; it follows its name without `:`, as in `born Time`"
                           : at(')') ? "; nothing is `Unit`"
                                     : "");
  }
  type.optional = accept('?');
  return true;
}

bool Parser::type_arguments(Type& type, int depth) {
  if (type.kind != TypeKind::ref) return wrong("no type parameters after a type of the language");
  advance();
  do {
    if (!this->type(type.arguments.emplace_back(), depth + 1)) return false;
  } while (accept(','));
  return expect('>', "or `,` after a type parameter");
}

bool Parser::value(Value& value) {
  if (cur_.kind == TokenKind::string) {
    value = cur_.text;
    advance();
    return true;
  }
  if (cur_.kind != TokenKind::number) return wrong("a string or a number");
  std::int64_t whole = 0;
  double number = 0;
  if (cur_.text.find_first_not_of("-0123456789") == std::string::npos) {
    if (!read_number(cur_.text, whole)) return wrong("an integer of at most 64 bits");
    value = whole;
  } else if (read_number(cur_.text, number) && std::isfinite(number)) {
    value = number;
  } else {
    return wrong("a number");
  }
  advance();
  return true;
}

bool Parser::integer(std::int64_t& number, std::string_view what) {
  if (cur_.kind != TokenKind::number || !read_number(cur_.text, number)) return wrong(what);
  advance();
  return true;
}

bool Parser::ref(Ref& ref, std::string_view what) {
  if (!ident(ref.name, ref.spot, what)) return false;
  if (!accept('.')) return true;
  ref.module = std::move(ref.name);
  Spot ignored;
  return ident(ref.name, ignored, "a name after `" + ref.module + ".`");
}

bool Parser::refs(std::vector<Ref>& refs, std::string_view what) {
  do {
    if (!ref(refs.emplace_back(), what)) return false;
  } while (accept(','));
  return true;
}

}  // namespace millrace::schema
