#include "schema/type.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "quote.hpp"
#include "reserved_names.hpp"

namespace millrace::schema {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_arguments(std::string& text, const std::vector<Type>& arguments);

void append(std::string& text, const Type& type) {
  switch (type.kind) {
    case TypeKind::integer: text += "Int"; break;
    case TypeKind::floating: text += "Float"; break;
    case TypeKind::string: text += "String"; break;
    case TypeKind::bytes: text += "Bytes"; break;
    case TypeKind::boolean: text += "Bool"; break;
    case TypeKind::time: text += "Time"; break;
    case TypeKind::any: text += "Any"; break;
    case TypeKind::unit: text += "Unit"; break;
    case TypeKind::array:
      text += '[';
      append(text, type.arguments.at(0));
      text += ']';
      break;
    case TypeKind::map:
      text += '{';
      append(text, type.arguments.at(0));
      text += ": ";
      append(text, type.arguments.at(1));
      text += '}';
      break;
    case TypeKind::ref:
      text += to_string(type.ref);
      append_arguments(text, type.arguments);
      break;
  }
  if (type.optional) text += '?';
}

void append_arguments(std::string& text, const std::vector<Type>& arguments) {
  if (arguments.empty()) return;
  text += '<';
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) text += ", ";
    append(text, arguments[i]);
  }
  text += '>';
}

// Shortest text that reads back as the same number, and as a floating point one.
std::string number_text(double number) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  std::string text(buffer.data(), end);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace

std::string quoted(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\\u00";
          out += digits[static_cast<unsigned char>(c) >> 4];
          out += digits[static_cast<unsigned char>(c) & 0xf];
        } else {
          out += c;
        }
    }
  }
  return out += '"';
}

std::string no_name_text(std::string_view name) {
  return "`" + std::string(name) +
         "` is no name: letters from a to z and A to Z, digits and underscores, no digit first";
}

std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

std::string to_string(const Ref& ref) {
  return ref.module.empty() ? ref.name : ref.module + "." + ref.name;
}

std::optional<Ref> parse_ref(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view module = text.substr(0, dot);
  const std::string_view name = text.substr(dot + 1);
  if (!is_ident(module) || !is_ident(name)) return std::nullopt;
  return Ref{std::string(module), std::string(name), {}};
}

std::string to_string(const Type& type) {
  std::string text;
  append(text, type);
  return text;
}

Type type_of(TypeKind kind) {
  Type type;
  type.kind = kind;
  return type;
}

Type array_of(Type element) {
  Type type = type_of(TypeKind::array);
  type.arguments.push_back(std::move(element));
  return type;
}

Type map_of(Type key, Type value) {
  Type type = type_of(TypeKind::map);
  type.arguments.push_back(std::move(key));
  type.arguments.push_back(std::move(value));
  return type;
}

Type ref_to(std::string module, std::string name, std::vector<Type> arguments) {
  Type type = type_of(TypeKind::ref);
  type.ref = Ref{std::move(module), std::move(name), {}};
  type.arguments = std::move(arguments);
  return type;
}

Type optional_of(Type type) {
  type.optional = true;
  return type;
}

std::string to_string(const Value& value) {
  struct Visitor {
    std::string operator()(const std::string& text) const { return quoted(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return number_text(number); }
  };
  return std::visit(Visitor{}, value);
}

bool is_ident(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_reserved_name(std::string_view name) {
  return std::find(reserved_names.begin(), reserved_names.end(), name) != reserved_names.end();
}

}  // namespace millrace::schema
