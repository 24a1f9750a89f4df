// Enums of values and of types, old and new: what a writer may send must be known to the reader.
#include <algorithm>

#include "compat_parts.hpp"

namespace millrace::schema {

namespace {

const EnumVariant* find_variant(const Enum& decl, const std::string& name) {
  const auto found = std::find_if(decl.variants.begin(), decl.variants.end(),
                                  [&](const EnumVariant& variant) { return variant.name == name; });
  return found == decl.variants.end() ? nullptr : &*found;
}

std::string text_of(const EnumVariant* variant) {
  if (variant == nullptr) return "";
  if (const Value* value = std::get_if<Value>(&variant->value)) return to_string(*value);
  return to_string(std::get<Type>(variant->value));
}

bool has_value(const Enum& decl, const EnumVariant& wanted) {
  return std::any_of(decl.variants.begin(), decl.variants.end(), [&](const EnumVariant& variant) {
    return text_of(&variant) == text_of(&wanted);
  });
}

// Where a variant that one of the two has and the other has not is told.
Spotted spot_of(const std::string& place, const Enum& before, const Enum& after,
                const std::string& name) {
  const EnumVariant* old = find_variant(before, name);
  const EnumVariant* now = find_variant(after, name);
  ChangeKind kind = ChangeKind::variant_changed;
  if (old == nullptr) kind = ChangeKind::variant_added;
  if (now == nullptr) kind = ChangeKind::variant_removed;
  return {kind, place, text_of(old), text_of(now)};
}

}  // namespace

void Walk::values(const Enum& before, const Enum& after, const Pair& pair) {
  const bool request = side_ == Side::request;
  const Enum& writer = request ? before : after;
  const Enum& reader = request ? after : before;
  const Index& from = request ? compared_.before_index : compared_.after_index;
  const Index& to = request ? compared_.after_index : compared_.before_index;
  const Spotted base{ChangeKind::type_changed, to_string(pair.before.ref), to_string(*before.type),
                     to_string(*after.type)};
  const Spotted& at = pair.same ? base : pair.at;
  if (*before.type != *after.type) seen(at);
  const Type was = without_aliases(from, *writer.type);
  const Type is = without_aliases(to, *reader.type);
  if (!scalars_fit(was, from, is, to)) return mismatch(at, pair.before, pair.after);
  for (const EnumVariant& variant : writer.variants) {
    if (!has_value(reader, variant)) unknown(before, after, variant, pair);
  }
}

void Walk::variants(const Enum& before, const Enum& after, const Pair& pair) {
  for (const EnumVariant& variant : (side_ == Side::request ? before : after).variants) {
    const EnumVariant* old = find_variant(before, variant.name);
    const EnumVariant* now = find_variant(after, variant.name);
    if (old == nullptr || now == nullptr) {
      unknown(before, after, variant, pair);
      continue;
    }
    const Type* was = std::get_if<Type>(&old->value);
    const Type* is = std::get_if<Type>(&now->value);
    if (was == nullptr || is == nullptr) continue;
    const Spotted inside = spot_of(pair.inside(variant.name), before, after, variant.name);
    const Spotted& at = pair.same ? inside : pair.at;
    left_out(*was, *is, at);
    step(*was, *is, at, pair.depth + 1);
  }
}

// What the writer may send and the reader does not know.
void Walk::unknown(const Enum& before, const Enum& after, const EnumVariant& variant,
                   const Pair& pair) {
  const Spotted inside = spot_of(pair.inside(variant.name), before, after, variant.name);
  const Spotted& at = pair.same ? inside : pair.at;
  if (side_ == Side::request)
    breaks(at, "removed-variant", "callers may send `" + variant.name + "`, which is refused now");
  else
    breaks(at, "new-variant", "callers do not know `" + variant.name + "` and would get it");
}

// A variant that only one of them has, where that breaks nothing.
void Walk::note_variants(const Enum& before, const Enum& after, const Pair& pair) {
  if (!pair.same) return;
  const auto note = [&](const Enum& decl, const Enum& other) {
    for (const EnumVariant& variant : decl.variants) {
      if (find_variant(other, variant.name) == nullptr)
        seen(spot_of(pair.inside(variant.name), before, after, variant.name));
    }
  };
  note(before, after);
  note(after, before);
}

void Walk::enums(const Enum& before, const Enum& after, const Pair& pair) {
  note_variants(before, after, pair);
  if (before.type && after.type) return values(before, after, pair);
  if (!before.type && !after.type) return variants(before, after, pair);
  const Spotted base{ChangeKind::type_changed, to_string(pair.before.ref),
                     before.type ? to_string(*before.type) : "types",
                     after.type ? to_string(*after.type) : "types"};
  mismatch(pair.same ? base : pair.at, pair.before, pair.after);
}

}  // namespace millrace::schema
