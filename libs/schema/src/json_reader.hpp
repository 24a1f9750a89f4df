// Reads JSON (RFC 8259, strictly) into a flat tree that keeps what a checker needs and a usual DOM
// loses: the digits of numbers, the order of keys, and each key that was there twice. Private to
// this library.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "schema/json.hpp"

namespace millrace::schema {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

struct JsonNode {
  static constexpr std::uint32_t none = 0xffffffff;
  JsonKind kind = JsonKind::null;
  bool repeated = false;       // its key was there before, in the same object
  std::string_view key;        // of a member of an object, escapes undone
  std::string_view text;       // a string without its escapes; a number, true and false as written
  std::string_view raw;        // the whole value as written
  std::uint32_t first = none;  // child
  std::uint32_t next = none;   // sibling
};

// The tree points into the text that was read: keep both together.
class JsonTree {
 public:
  const JsonNode& root() const { return nodes_.front(); }
  const JsonNode& at(std::uint32_t index) const { return nodes_[index]; }

 private:
  friend class JsonReader;
  std::vector<JsonNode> nodes_;
  std::deque<std::string> unescaped_;
};

// False: the text is no JSON; the fault says why and where. Keys that repeat are marked, not
// refused here.
bool read_json(std::string_view text, JsonTree& tree, JsonFault& fault);

// Appends "/key" to a JSON Pointer, with its escapes.
void append_pointer(std::string& pointer, std::string_view key);

}  // namespace millrace::schema
