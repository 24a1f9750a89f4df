// enum-value and map-key.

#include <algorithm>
#include <set>
#include <string>

#include "checker.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

bool fits(TypeKind kind, const Value& value) {
  if (kind == TypeKind::string) return std::holds_alternative<std::string>(value);
  if (kind == TypeKind::integer) return std::holds_alternative<std::int64_t>(value);
  return !std::holds_alternative<std::string>(value);
}

void check_value(const CheckRun& run, const Module& module, const Enum& decl, TypeKind kind,
                 const EnumVariant& variant, std::set<std::string>& seen) {
  const Value* value = std::get_if<Value>(&variant.value);
  if (value == nullptr) {
    run.report.add(module, variant.spot, "enum-value",
                   "the variant " + in_ticks(variant.name) + " of enum " + decl.name +
                       " needs a value: `" + variant.name + " = ...`");
    return;
  }
  if (!fits(kind, *value)) {
    run.report.add(module, variant.spot, "enum-value",
                   "the value " + to_string(*value) + " is no " + to_string(*decl.type));
  } else if (!seen.insert(to_string(*value)).second) {
    run.report.add(module, variant.spot, "enum-value",
                   "enum " + decl.name + " has the value " + to_string(*value) + " twice");
  }
}

void check_enum(const CheckRun& run, const Module& module, const Enum& decl) {
  if (decl.variants.empty()) {
    run.report.add(module, decl.spot, "enum-value", "enum " + decl.name + " has no variants");
  }
  if (!decl.type) {
    for (const EnumVariant& variant : decl.variants) {
      if (!std::holds_alternative<Value>(variant.value)) continue;
      run.report.add(module, variant.spot, "enum-value",
                     "the variant " + in_ticks(variant.name) + " has a value, but enum " +
                         decl.name + " no type: write `enum " + decl.name + ": String` or `: Int`");
    }
    return;
  }
  const Type plain = without_aliases(run.index, *decl.type);
  const bool valued = plain.kind == TypeKind::string || plain.kind == TypeKind::integer ||
                      plain.kind == TypeKind::floating;
  if (!valued || plain.optional) {
    run.report.add(module, decl.type->spot, "enum-value",
                   "the values of an enum are String, Int or Float, not " + to_string(*decl.type));
    return;
  }
  std::set<std::string> seen;
  for (const EnumVariant& variant : decl.variants) {
    check_value(run, module, decl, plain.kind, variant, seen);
  }
}

class MapKeys {
 public:
  MapKeys(const CheckRun& run, const Module& module) : run_(run), module_(module) {}

  void check(const Type& type) {
    if (type.kind == TypeKind::map) check_key(type.arguments[0]);
    if (type.kind == TypeKind::ref) check_generic(type);
    for (const Type& argument : type.arguments) check(argument);
  }

 private:
  bool is_key(const Type& type) const {
    const Type plain = without_aliases(run_.index, type);
    if (plain.optional) return false;
    if (plain.kind == TypeKind::string || plain.kind == TypeKind::integer) return true;
    if (plain.kind != TypeKind::ref) return false;
    if (plain.ref.module.empty()) return true;  // a type parameter: judged where it is given
    const DeclPtr found = run_.index.find(plain.ref);
    if (std::holds_alternative<std::monostate>(found)) return true;  // unknown-ref says so
    const Enum* const* decl = std::get_if<const Enum*>(&found);
    if (decl == nullptr || !(*decl)->type) return false;
    const TypeKind kind = without_aliases(run_.index, *(*decl)->type).kind;
    return kind == TypeKind::string || kind == TypeKind::integer;
  }

  void check_key(const Type& type) {
    if (is_key(type)) return;
    run_.report.add(module_, type.spot, "map-key",
                    "the keys of a map are String, Int or an enum of them, not " + to_string(type));
  }

  // A type given for a parameter that is used as a key.
  void check_generic(const Type& type) {
    const Data* data = run_.index.data(type.ref);
    if (data == nullptr || data->parameters.size() != type.arguments.size()) return;
    for (std::size_t i = 0; i < data->parameters.size(); ++i) {
      const std::string& name = data->parameters[i].name;
      const bool key = std::any_of(data->fields.begin(), data->fields.end(),
                                   [&](const Field& field) { return as_key(field.type, name); });
      if (key) check_key(type.arguments[i]);
    }
  }

  static bool as_key(const Type& type, const std::string& parameter) {
    if (type.kind == TypeKind::map && type.arguments[0].ref.module.empty() &&
        type.arguments[0].ref.name == parameter) {
      return true;
    }
    return std::any_of(type.arguments.begin(), type.arguments.end(),
                       [&](const Type& argument) { return as_key(argument, parameter); });
  }

  const CheckRun& run_;
  const Module& module_;
};

}  // namespace

void check_types(const CheckRun& run, const Module& module) {
  for (const Enum& decl : module.enums) check_enum(run, module, decl);
  MapKeys keys(run, module);
  for_each_decl(module, [&keys](const auto& decl) {
    walk_types(decl, [&keys](const Type& type) { keys.check(type); });
  });
}

}  // namespace millrace::schema
