// JSON text by the piece: strings, members, faults.
#include "json_text.hpp"

#include "schema/json.hpp"

namespace millrace::schema {

void append_quoted(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && c != '"' && c != '\\') {
      out += c;
      continue;
    }
    out += '\\';
    switch (c) {
      case '"': out += '"'; break;
      case '\\': out += '\\'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      case '\b': out += 'b'; break;
      case '\f': out += 'f'; break;
      default:
        out += "u00";
        out += digits[octet >> 4];
        out += digits[octet & 0xf];
    }
  }
  out += '"';
}

std::string_view kind_name(JsonKind kind) {
  switch (kind) {
    case JsonKind::null: return "null";
    case JsonKind::boolean: return "boolean";
    case JsonKind::number: return "number";
    case JsonKind::string: return "string";
    case JsonKind::array: return "array";
    case JsonKind::object: break;
  }
  return "object";
}

std::string json_string(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

std::optional<std::string> from_json_string(std::string_view json) {
  JsonTree tree;
  JsonFault fault;
  if (!read_json(json, tree, fault) || tree.root().kind != JsonKind::string) return std::nullopt;
  return std::string(tree.root().text);
}

std::string to_string(const JsonFault& fault) {
  return (fault.pointer.empty() ? "/" : fault.pointer) + ": " + fault.message;
}

statekit::Result<std::vector<JsonMember>, std::vector<JsonFault>> json_members(
    std::string_view json) {
  JsonTree tree;
  JsonFault fault;
  if (!read_json(json, tree, fault)) return tl::unexpected(std::vector<JsonFault>{fault});
  const JsonNode& root = tree.root();
  if (root.kind != JsonKind::object) {
    return tl::unexpected(std::vector<JsonFault>{
        {"", "wrong-type", "wanted an object, got " + std::string(kind_name(root.kind))}});
  }
  std::vector<JsonMember> members;
  std::vector<JsonFault> faults;
  for (std::uint32_t i = root.first; i != JsonNode::none; i = tree.at(i).next) {
    const JsonNode& child = tree.at(i);
    members.push_back({std::string(child.key), child.raw});
    if (!child.repeated) continue;
    JsonFault& twice =
        faults.emplace_back(JsonFault{"", "duplicate-key", "the key is there twice"});
    append_pointer(twice.pointer, child.key);
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  return members;
}

}  // namespace millrace::schema
