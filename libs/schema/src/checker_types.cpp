// enum-value.

#include <set>
#include <string>

#include "checker.hpp"

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
  // 1 and 1.0 are one Float.
  const std::int64_t* whole = std::get_if<std::int64_t>(value);
  const Value same =
      kind == TypeKind::floating && whole != nullptr ? Value(static_cast<double>(*whole)) : *value;
  if (!fits(kind, *value)) {
    run.report.add(module, variant.spot, "enum-value",
                   "the value " + to_string(*value) + " is no " + to_string(*decl.type));
  } else if (!seen.insert(to_string(same)).second) {
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

}  // namespace

void check_types(const CheckRun& run, const Module& module) {
  for (const Enum& decl : module.enums) check_enum(run, module, decl);
}

}  // namespace millrace::schema
