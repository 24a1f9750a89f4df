// Types as JSON Schema: each data, enum and alias that is reached becomes a definition, generic
// ones once for each use. Shared by jsonschema and openapi; private to this library. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json_document.hpp"
#include "schema/index.hpp"
#include "statekit/result.hpp"

namespace millrace::schema {

class TypeSchemas {
 public:
  // `prefix`: of every reference, "#/$defs/".
  TypeSchemas(const Index& index, std::string prefix) : index_(index), prefix_(std::move(prefix)) {}

  // The schema of one use of a type. `lenient`: unknown fields pass everywhere inside.
  Json schema_of(const Type& type, bool lenient = false);

  // All that was reached so far, by name; fails where that was too much.
  statekit::Result<Json> definitions();

  // Whether a value of that type may be left out of a data.
  bool may_be_absent(const Type& type) const;

 private:
  struct Pending {
    std::string name;
    Type type;
    bool lenient = false;
  };

  Json plain(const Type& type, bool lenient);
  Json reference(const Type& type, bool lenient);
  Json map(const Type& type, bool lenient);
  Json key_names(const Type& key);
  Json define(const Pending& pending);
  Json data(const Data& decl, const Type& type, bool lenient);
  Json values(const Enum& decl);
  Json variants(const Enum& decl, bool lenient);
  Json variant(const EnumVariant& variant, const Type& type, bool lenient);

  const Index& index_;
  std::string prefix_;
  std::map<std::string, Json> definitions_;
  std::vector<Pending> todo_;
  std::optional<std::string> refused_;
};

// The name of a type's definition: letters, digits, `_`, `.` and `-` only, one for each type.
std::string definition_name(const Type& type);

// The comments as a description, if there are any.
std::string description_of(const Comments& comments);
void describe(Json& schema, const Comments& comments);

}  // namespace millrace::schema
