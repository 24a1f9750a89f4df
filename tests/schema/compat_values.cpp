#include "compat_values.hpp"

#include <algorithm>

namespace millrace::schema {

namespace {

using Json = nlohmann::json;

constexpr int depth_max = 7;

std::string name_of(const Field& field, Names names) {
  return names == Names::fields ? field.name : std::string(json_name(field));
}

bool lenient(const Data& data) {
  const Encoding* encoding = find<Encoding>(data.metadata);
  return encoding != nullptr && encoding->lenient;
}

Json json_of(const Value& value) {
  return std::visit([](const auto& known) { return Json(known); }, value);
}

// What the written values look like; a base64 text is made so that no other text is one.
bool is_time(const Json& value) {
  return value.is_string() && value.get<std::string>().starts_with("2024-");
}
bool is_bytes(const Json& value) { return value.is_string() && value == "AAEC"; }

}  // namespace

Json Values::scalar(TypeKind kind) {
  switch (kind) {
    case TypeKind::integer: return Json(static_cast<int>(random_() % 100) + 10);
    case TypeKind::floating: return chance(30) ? Json(4.0) : Json(1.5);
    case TypeKind::string: return Json(chance(50) ? "some text" : "x");
    case TypeKind::bytes: return Json("AAEC");
    case TypeKind::boolean: return Json(chance(50));
    case TypeKind::time: return Json("2024-02-29T12:00:00Z");
    case TypeKind::unit: return Json::object();
    default: break;
  }
  switch (random_() % 5) {
    case 0: return Json(nullptr);
    case 1: return Json(7.25);
    case 2: return Json("any text");
    case 3: return Json::array({true, 1});
    default: return Json{{"zz", 1}};
  }
}

Json Values::variant(const Enum& decl, bool answer, int depth) {
  const EnumVariant& chosen = decl.variants[random_() % decl.variants.size()];
  if (const Value* value = std::get_if<Value>(&chosen.value)) return json_of(*value);
  return {{"name", chosen.name}, {"value", of(std::get<Type>(chosen.value), answer, depth + 1)}};
}

Json Values::data(const Data& data, const Type& type, bool answer, int depth) {
  Json out = Json::object();
  for (const Field& field : data.fields) {
    const Type given = without_aliases(index_, instantiate(field.type, data, type.arguments));
    const bool skipped = depth >= depth_max ? given.optional : chance(25);
    if (given.optional && skipped) continue;
    const bool free = given.kind == TypeKind::array || given.kind == TypeKind::map ||
                      given.kind == TypeKind::bytes || given.kind == TypeKind::any;
    if (!answer && free && chance(20)) continue;
    Type wanted = given;
    if (answer) wanted.optional = false;
    out[name_of(field, names_)] = of(wanted, answer, depth + 1);
  }
  if (!answer && lenient(data) && chance(30)) out["further"] = 1;
  return out;
}

Json Values::of(const Type& written, bool answer, int depth) {
  const Type type = without_aliases(index_, written);
  if (type.optional && (depth > depth_max || chance(25))) return Json(nullptr);
  if (type.kind == TypeKind::array || type.kind == TypeKind::map) {
    const bool map = type.kind == TypeKind::map;
    Json out = map ? Json::object() : Json::array();
    for (int i = depth > depth_max ? 0 : static_cast<int>(random_() % 3); i > 0; --i) {
      Json element = of(type.arguments.back(), answer, depth + 1);
      if (!map) {
        out.push_back(std::move(element));
        continue;
      }
      const Json key = of(type.arguments.front(), answer, depth + 1);
      out[key.is_string() ? key.get<std::string>() : key.dump()] = std::move(element);
    }
    return out;
  }
  if (type.kind != TypeKind::ref) return scalar(type.kind);
  if (const Enum* decl = index_.enumeration(type.ref)) return variant(*decl, answer, depth);
  return data(*index_.data(type.ref), type, answer, depth);
}

namespace {

bool reads_map(const Index& index, const Type& type, const Json& value, Names names) {
  if (!value.is_object()) return false;
  const Type key_type = without_aliases(index, type.arguments[0]);
  for (const auto& [key, element] : value.items()) {
    const bool text = reads(index, key_type, Json(key), names);
    const Json number = Json::parse(key, nullptr, false);
    if (!text && (number.is_discarded() || !reads(index, key_type, number, names))) return false;
    if (!reads(index, type.arguments[1], element, names)) return false;
  }
  return true;
}

bool reads_data(const Index& index, const Type& type, const Json& value, Names names) {
  const Data& data = *index.data(type.ref);
  if (!value.is_object()) return false;
  for (const Field& field : data.fields) {
    const Type wanted = without_aliases(index, instantiate(field.type, data, type.arguments));
    const auto found = value.find(name_of(field, names));
    if (found == value.end()) {
      if (!wanted.optional) return false;
    } else if (!reads(index, wanted, *found, names)) {
      return false;
    }
  }
  return true;
}

bool reads_enum(const Index& index, const Enum& decl, const Json& value, Names names) {
  for (const EnumVariant& variant : decl.variants) {
    if (const Value* known = std::get_if<Value>(&variant.value)) {
      if (json_of(*known) == value) return true;
    } else if (value.is_object() && value.value("name", "") == variant.name &&
               value.contains("value")) {
      return reads(index, std::get<Type>(variant.value), value["value"], names);
    }
  }
  return false;
}

}  // namespace

bool reads(const Index& index, const Type& written, const Json& value, Names names) {
  const Type type = without_aliases(index, written);
  if (type.optional && value.is_null()) return true;
  switch (type.kind) {
    case TypeKind::integer: return value.is_number_integer();
    case TypeKind::floating: return value.is_number();
    case TypeKind::string: return value.is_string();
    case TypeKind::bytes: return is_bytes(value);
    case TypeKind::boolean: return value.is_boolean();
    case TypeKind::time: return is_time(value);
    case TypeKind::any: return true;
    case TypeKind::unit: return value.is_object() && value.empty();
    case TypeKind::array:
      return value.is_array() && std::all_of(value.begin(), value.end(), [&](const Json& element) {
               return reads(index, type.arguments[0], element, names);
             });
    case TypeKind::map: return reads_map(index, type, value, names);
    case TypeKind::ref: break;
  }
  if (const Enum* decl = index.enumeration(type.ref)) return reads_enum(index, *decl, value, names);
  return reads_data(index, type, value, names);
}

}  // namespace millrace::schema
