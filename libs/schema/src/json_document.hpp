// A JSON document under construction: members keep the order in which they were added. For what we
// emit (JSON Schema, OpenAPI), never for what we read. Private to this library; pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::schema {

class Json {
 public:
  static Json object();
  static Json array();
  static Json text(std::string_view value);
  static Json texts(const std::vector<std::string>& values);
  static Json number(std::int64_t value);
  static Json number(double value);  // REQUIRES: finite
  static Json boolean(bool value);

  // REQUIRES: an object. Gives the object back.
  Json& set(std::string_view key, Json value);
  Json& set(std::string_view key, std::string_view value) { return set(key, text(value)); }
  Json& set(std::string_view key, const char* value) { return set(key, text(value)); }
  // The same at the front, for what a reader wants to see first.
  Json& set_first(std::string_view key, Json value);
  // REQUIRES: an array.
  Json& add(Json value);

  bool empty() const { return members_.empty(); }
  bool has(std::string_view key) const;
  Json* find(std::string_view key);  // null: there is none

  // With two-space indents and a line end.
  std::string print() const;

 private:
  enum class Kind : std::uint8_t { scalar, array, object };
  void print(std::string& out, std::size_t indent) const;

  Kind kind_ = Kind::scalar;
  std::string scalar_;  // as JSON
  std::vector<std::pair<std::string, Json>> members_;
};

}  // namespace millrace::schema
