#include "type_schemas.hpp"

#include <limits>

#include "schema/limits.hpp"

namespace millrace::schema {

namespace {

// RFC 3339 as json_scalar.cpp reads it, and base64 whose spare bits are zero. A validator that
// takes `format` and `contentEncoding` as mere notes still refuses what we refuse.
constexpr const char* time_pattern =
    "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:"
    "([0-5][0-9]|60)(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$";
constexpr const char* bytes_pattern =
    "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?$";
constexpr const char* int_key_pattern = "^(0|-?[1-9][0-9]{0,18})$";

Json typed(const char* type) { return std::move(Json::object().set("type", type)); }

Json integer() {
  return std::move(typed("integer")
                       .set("format", "int64")
                       .set("minimum", Json::number(std::numeric_limits<std::int64_t>::min()))
                       .set("maximum", Json::number(std::numeric_limits<std::int64_t>::max())));
}

Json or_null(Json schema) {
  return std::move(Json::object().set(
      "anyOf", std::move(Json::array().add(std::move(schema)).add(typed("null")))));
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out += (out.empty() ? "" : "\n") + line;
  return out;
}

std::string value_text(const Value& value) {
  if (const std::string* text = std::get_if<std::string>(&value)) return *text;
  return to_string(value);
}

}  // namespace

std::string definition_name(const Type& type) {
  const std::string optional = type.optional ? "optional-" : "";
  Type plain = type;
  plain.optional = false;
  switch (plain.kind) {
    case TypeKind::array: return optional + "list-" + definition_name(plain.arguments.at(0));
    case TypeKind::map:
      return optional + "map-" + definition_name(plain.arguments.at(0)) + "-" +
             definition_name(plain.arguments.at(1));
    case TypeKind::ref: break;
    default: return optional + to_string(plain);
  }
  // Every generic takes a fixed number of arguments, so that this reads in one way only.
  std::string name = optional + to_string(plain.ref);
  for (const Type& argument : plain.arguments) name += "-" + definition_name(argument);
  return name;
}

std::string description_of(const Comments& comments) {
  std::string text = joined(comments.before);
  if (comments.after.empty()) return text;
  return text.empty() ? comments.after : text + "\n" + comments.after;
}

void describe(Json& schema, const Comments& comments) {
  const std::string text = description_of(comments);
  if (!text.empty()) schema.set_first("description", Json::text(text));
}

bool TypeSchemas::may_be_absent(const Type& type) const {
  const Type plain = without_aliases(index_, type);
  if (plain.optional) return true;
  switch (plain.kind) {
    case TypeKind::any:
    case TypeKind::array:
    case TypeKind::map:
    case TypeKind::bytes:
    case TypeKind::unit: return true;
    default: return false;
  }
}

Json TypeSchemas::schema_of(const Type& type, bool lenient) {
  Type once = type;
  once.optional = false;
  Json schema = plain(once, lenient);
  if (!type.optional || type.kind == TypeKind::any) return schema;
  return or_null(std::move(schema));
}

Json TypeSchemas::plain(const Type& type, bool lenient) {
  switch (type.kind) {
    case TypeKind::integer: return integer();
    case TypeKind::floating: return typed("number");
    case TypeKind::string: return typed("string");
    case TypeKind::bytes:
      return std::move(
          typed("string").set("contentEncoding", "base64").set("pattern", bytes_pattern));
    case TypeKind::boolean: return typed("boolean");
    case TypeKind::time:
      return std::move(typed("string").set("format", "date-time").set("pattern", time_pattern));
    case TypeKind::any: return Json::object();
    case TypeKind::unit: {
      Json unit = typed("object");
      if (!lenient) unit.set("additionalProperties", Json::boolean(false));
      return unit;
    }
    case TypeKind::array:
      return std::move(typed("array").set("items", schema_of(type.arguments.at(0), lenient)));
    case TypeKind::map: return map(type, lenient);
    case TypeKind::ref: break;
  }
  return reference(type, lenient);
}

Json TypeSchemas::map(const Type& type, bool lenient) {
  Json out = typed("object");
  Json names = key_names(type.arguments.at(0));
  if (!names.empty()) out.set("propertyNames", std::move(names));
  return std::move(out.set("additionalProperties", schema_of(type.arguments.at(1), lenient)));
}

Json TypeSchemas::key_names(const Type& key) {
  const Type plain = without_aliases(index_, key);
  if (plain.kind == TypeKind::integer) {
    return std::move(Json::object().set("pattern", int_key_pattern));
  }
  const Enum* decl = plain.kind == TypeKind::ref ? index_.enumeration(plain.ref) : nullptr;
  if (decl == nullptr) return Json::object();
  Json all = Json::array();
  for (const EnumVariant& variant : decl->variants) {
    if (const Value* value = std::get_if<Value>(&variant.value)) {
      all.add(Json::text(value_text(*value)));
    }
  }
  return std::move(Json::object().set("enum", std::move(all)));
}

Json TypeSchemas::reference(const Type& type, bool lenient) {
  const Enum* of_values = index_.enumeration(type.ref);
  if (of_values != nullptr && of_values->type)
    lenient = false;  // there is nothing to be lenient in
  const std::string name = definition_name(type) + (lenient ? "-lenient" : "");
  if (name.size() > type_text_max) {
    refused_ = "a type whose text is longer than " + std::to_string(type_text_max) + " letters";
  } else if (definitions_.size() == type_instances_max) {
    refused_ = "more than " + std::to_string(type_instances_max) + " types";
  } else if (definitions_.try_emplace(name, Json::object()).second) {
    todo_.push_back({name, type, lenient});
  }
  return std::move(Json::object().set("$ref", prefix_ + name));
}

statekit::Result<Json> TypeSchemas::definitions() {
  while (!todo_.empty() && !refused_) {
    const Pending next = std::move(todo_.back());
    todo_.pop_back();
    Json schema = define(next);
    definitions_[next.name] = std::move(schema);
  }
  if (refused_) return statekit::fail(statekit::Code::invalid_argument, *refused_);
  Json all = Json::object();
  for (const auto& [name, schema] : definitions_) all.set(name, schema);
  return all;
}

Json TypeSchemas::define(const Pending& pending) {
  const Ref& ref = pending.type.ref;
  if (const TypeAlias* alias = index_.type_alias(ref)) {
    Json out = schema_of(alias->type, pending.lenient);
    describe(out, alias->comments);
    return out;
  }
  if (const Data* decl = index_.data(ref)) return data(*decl, pending.type, pending.lenient);
  if (const Enum* decl = index_.enumeration(ref)) {
    return decl->type ? values(*decl) : variants(*decl, pending.lenient);
  }
  refused_ = "there is no type " + to_string(pending.type);
  return Json::object();
}

Json TypeSchemas::data(const Data& decl, const Type& type, bool lenient) {
  const Encoding* encoding = find<Encoding>(decl.metadata);
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const Field& field : decl.fields) {
    const Type filled = instantiate(field.type, decl, type.arguments);
    Json schema = schema_of(filled, lenient);
    describe(schema, field.comments);
    properties.set(json_name(field), std::move(schema));
    if (!may_be_absent(filled)) required.emplace_back(json_name(field));
  }
  Json out = typed("object");
  describe(out, decl.comments);
  out.set("properties", std::move(properties));
  if (!required.empty()) out.set("required", Json::texts(required));
  if (!lenient && (encoding == nullptr || !encoding->lenient)) {
    out.set("additionalProperties", Json::boolean(false));
  }
  return out;
}

Json TypeSchemas::values(const Enum& decl) {
  Json out = schema_of(*decl.type);
  const bool floating = without_aliases(index_, *decl.type).kind == TypeKind::floating;
  Json all = Json::array();
  std::string text = description_of(decl.comments);
  for (const EnumVariant& variant : decl.variants) {
    const Value* value = std::get_if<Value>(&variant.value);
    if (value == nullptr) continue;
    if (const auto* word = std::get_if<std::string>(value)) all.add(Json::text(*word));
    if (const auto* real = std::get_if<double>(value)) all.add(Json::number(*real));
    if (const auto* whole = std::get_if<std::int64_t>(value)) {
      all.add(floating ? Json::number(static_cast<double>(*whole)) : Json::number(*whole));
    }
    const std::string about = description_of(variant.comments);
    text += (text.empty() ? "" : "\n") + std::string("- `") + value_text(*value) +
            "`: " + variant.name + (about.empty() ? "" : ". " + about);
  }
  out.set("enum", std::move(all));
  return std::move(out.set_first("description", Json::text(text)));
}

Json TypeSchemas::variants(const Enum& decl, bool lenient) {
  Json all = Json::array();
  for (const EnumVariant& each : decl.variants) {
    if (const Type* type = std::get_if<Type>(&each.value)) all.add(variant(each, *type, lenient));
  }
  Json out = Json::object();
  describe(out, decl.comments);
  return std::move(out.set("oneOf", std::move(all)));
}

Json TypeSchemas::variant(const EnumVariant& variant, const Type& type, bool lenient) {
  Json properties = Json::object();
  properties.set("name", std::move(typed("string").set("const", variant.name)));
  properties.set("value", schema_of(type, lenient));
  std::vector<std::string> required = {"name"};
  if (!may_be_absent(type)) required.emplace_back("value");
  Json out = typed("object");
  describe(out, variant.comments);
  out.set("title", variant.name).set("properties", std::move(properties));
  out.set("required", Json::texts(required));
  if (!lenient) out.set("additionalProperties", Json::boolean(false));
  return out;
}

}  // namespace millrace::schema
