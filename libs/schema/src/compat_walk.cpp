// Follows the types of one use through both schemas at once. Who writes is the caller with the old
// type (request) or the module with the new one (response); what is written must fit the reader.
#include <algorithm>
#include <utility>

#include "compat_parts.hpp"
#include "metadata_text.hpp"
#include "schema/limits.hpp"

namespace millrace::schema {

namespace {

bool same_name(const Type& a, const Type& b) {
  return a.kind == TypeKind::ref && b.kind == TypeKind::ref && a.ref == b.ref;
}

std::string keyword(const Index& index, const Ref& ref) {
  return std::string(keyword_of(index.find(ref)));
}

Type required(Type type) {
  type.optional = false;
  return type;
}

bool is_scalar(TypeKind kind) { return kind < TypeKind::any; }

template <class Kind>
std::string metadata_text(const std::vector<Metadata>& metadata) {
  const Kind* found = find<Kind>(metadata);
  return found == nullptr ? "" : text_of(Metadata{*found, {}, {}});
}

bool is_lenient(const std::vector<Metadata>& metadata) {
  const Encoding* encoding = find<Encoding>(metadata);
  return encoding != nullptr && encoding->lenient;
}

}  // namespace

void Walk::seen(const Spotted& at) { changes_.effect(at, {use_, side_, "", ""}); }

void Walk::breaks(const Spotted& at, std::string rule, std::string why) {
  changes_.effect(at, {use_, side_, std::move(rule), std::move(why)});
}

void Walk::mismatch(const Spotted& at, const Type& before, const Type& after) {
  if (side_ == Side::request)
    breaks(at, "narrower-type",
           "callers send " + to_string(before) + ", which " + to_string(after) + " does not take");
  else
    breaks(at, "wider-type",
           "callers expect " + to_string(before) + " and would get " + to_string(after));
}

void Walk::step(const Type& before, const Type& after, const Spotted& at, int depth) {
  std::string text = to_string(before);
  if (depth > nesting_max || text.size() > type_text_max || done_.size() > type_instances_max)
    return;  // no JSON value goes there: the same limits hold for values
  const bool same = before == after;
  if (same && !affected_.contains(before)) return;
  text += "|" + to_string(after) + "|" + at.place;
  if (!done_.insert(std::move(text)).second) return;
  if (!same && at.before != at.after) seen(at);
  behind(before, after, at, depth);
}

// Looks behind aliases. What an alias of the same name does is told at the alias.
void Walk::behind(const Type& before, const Type& after, const Spotted& at, int depth) {
  if (same_name(before, after)) {
    const TypeAlias* old = compared_.before_index.type_alias(before.ref);
    const TypeAlias* now = compared_.after_index.type_alias(after.ref);
    if (old != nullptr && now != nullptr) {
      optionality(before, after, at);
      return step(old->type, now->type,
                  {ChangeKind::type_changed, to_string(before.ref), to_string(old->type),
                   to_string(now->type)},
                  depth + 1);
    }
    const std::string was = keyword(compared_.before_index, before.ref);
    const std::string is = keyword(compared_.after_index, after.ref);
    if (was != is) {
      const Spotted decl{ChangeKind::kind_changed, to_string(before.ref), was, is};
      seen(decl);
      return kinds(before, after, decl, depth);
    }
  }
  const Type old = without_aliases(compared_.before_index, before);
  const Type now = without_aliases(compared_.after_index, after);
  optionality(old, now, at);
  kinds(required(old), required(now), at, depth);
}

void Walk::optionality(const Type& before, const Type& after, const Spotted& at) {
  if (before.optional == after.optional) return;
  const auto takes_nothing = [](const Type& type) {
    return type.kind == TypeKind::any || type.kind == TypeKind::unit;
  };
  if (side_ == Side::request && before.optional && !takes_nothing(after))
    breaks(at, "narrower-type", "callers may leave it out, and it is required now");
  if (side_ == Side::response && after.optional)
    breaks(at, "now-optional", "callers expect it always, and it may be absent now");
}

bool Walk::scalars_fit(const Type& writer, const Index& from, const Type& reader,
                       const Index& to) const {
  if (reader.kind == TypeKind::any) return true;
  if (const Enum* values = from.enumeration(writer.ref);
      writer.kind == TypeKind::ref && values != nullptr && values->type)
    return scalars_fit(required(without_aliases(from, *values->type)), from, reader, to);
  if (face_ == Face::texts && reader.kind == TypeKind::string) return is_scalar(writer.kind);
  if (face_ == Face::texts && reader.kind == TypeKind::unit) return true;
  if (writer.kind == reader.kind) return writer.kind != TypeKind::ref;
  if (reader.kind == TypeKind::floating) return writer.kind == TypeKind::integer;
  if (reader.kind == TypeKind::string)
    return writer.kind == TypeKind::time || writer.kind == TypeKind::bytes;
  if (const Data* data = from.data(writer.ref); reader.kind == TypeKind::unit && data != nullptr)
    return writer.kind == TypeKind::ref && data->fields.empty();
  if (writer.kind != TypeKind::unit || reader.kind != TypeKind::ref) return false;
  const Data* data = to.data(reader.ref);
  if (data == nullptr || (side_ == Side::request && face_ != Face::texts)) return false;
  return std::all_of(data->fields.begin(), data->fields.end(), [&](const Field& field) {
    return may_be_left_out(instantiate(field.type, *data, reader.arguments), to);
  });
}

void Walk::kinds(const Type& before, const Type& after, const Spotted& at, int depth) {
  const Index& old_index = compared_.before_index;
  const Index& new_index = compared_.after_index;
  if (before.kind == TypeKind::array && after.kind == TypeKind::array)
    return step(before.arguments.at(0), after.arguments.at(0), at, depth + 1);
  if (before.kind == TypeKind::map && after.kind == TypeKind::map) {
    const Type key =
        without_aliases(side_ == Side::request ? new_index : old_index,
                        side_ == Side::request ? after.arguments.at(0) : before.arguments.at(0));
    if (key.kind != TypeKind::string)  // which takes the keys of every kind
      step(before.arguments.at(0), after.arguments.at(0), at, depth + 1);
    return step(before.arguments.at(1), after.arguments.at(1), at, depth + 1);
  }
  if (before.kind == TypeKind::ref && after.kind == TypeKind::ref) {
    const Pair pair{before, after, at, depth, before.ref == after.ref};
    const Data* old_data = old_index.data(before.ref);
    const Data* new_data = new_index.data(after.ref);
    if (old_data != nullptr && new_data != nullptr) return data(*old_data, *new_data, pair);
    const Enum* old_enum = old_index.enumeration(before.ref);
    const Enum* new_enum = new_index.enumeration(after.ref);
    if (old_enum != nullptr && new_enum != nullptr) return enums(*old_enum, *new_enum, pair);
    if (pair.same && old_data == new_data && old_enum == new_enum) return;  // known to neither
  }
  const bool request = side_ == Side::request;
  const Type& writer = request ? before : after;
  const Type& reader = request ? after : before;
  if (face_ == Face::texts && reader.kind == TypeKind::array && writer.kind != TypeKind::array)
    return step(before, after.arguments.at(0), at, depth + 1);
  if (!scalars_fit(writer, request ? old_index : new_index, reader,
                   request ? new_index : old_index))
    mismatch(at, before, after);
}

bool Walk::may_be_left_out(const Type& type, const Index& index) const {
  const Type plain = without_aliases(index, type);
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

// The field of the new data that what is written under a field of the old one is read as, or that
// is read by those who knew the old one.
const Field* Walk::partner(const Field& field, const Data& after) const {
  const auto find = [&](auto&& is) -> const Field* {
    const auto found = std::find_if(after.fields.begin(), after.fields.end(), is);
    return found == after.fields.end() ? nullptr : &*found;
  };
  if (face_ == Face::modules) return find([&](const Field& f) { return f.name == field.name; });
  const std::string_view name = json_name(field);
  if (const Field* by_alias = find([&](const Field& f) { return json_name(f) == name; }))
    return by_alias;
  if (side_ == Side::response) return nullptr;
  return find([&](const Field& f) { return f.name == name; });
}

void Walk::field_pair(const Field& before, const Field& after, const Pair& pair) {
  const Index& old_index = compared_.before_index;
  const Index& new_index = compared_.after_index;
  const Type old =
      instantiate(before.type, *old_index.data(pair.before.ref), pair.before.arguments);
  const Type now = instantiate(after.type, *new_index.data(pair.after.ref), pair.after.arguments);
  Spotted at = pair.at;
  // What only differs by what was put in for a type parameter is told where that was written.
  if (pair.same && (before.type != after.type || old == now)) {
    at = {ChangeKind::type_changed, pair.inside(before.name), to_string(before.type),
          to_string(after.type)};
    if (before.name != after.name) {
      at.kind = ChangeKind::field_removed;
      at.after.clear();
    }
  }
  left_out(old, now, at);
  step(old, now, at, pair.depth + 1);
}

// Lists, maps and the like may be left out though they are not optional.
void Walk::left_out(const Type& before, const Type& after, const Spotted& at) {
  if (side_ != Side::request || without_aliases(compared_.before_index, before).optional) return;
  if (may_be_left_out(before, compared_.before_index) &&
      !may_be_left_out(after, compared_.after_index))
    breaks(at, "narrower-type", "callers may leave it out, and it is required now");
}

void Walk::field_gone(const Field& field, const Data& reader, const Pair& pair) {
  Spotted at = pair.at;
  std::string rule = "removed-field";
  const auto same_field = [&](const Field& f) { return f.name == field.name; };
  const auto still = std::find_if(reader.fields.begin(), reader.fields.end(), same_field);
  if (pair.same && still == reader.fields.end()) {
    at = {ChangeKind::field_removed, pair.inside(field.name), to_string(field.type), ""};
  } else if (pair.same) {
    at = {ChangeKind::alias_changed, pair.inside(field.name), metadata_text<Alias>(field.metadata),
          metadata_text<Alias>(still->metadata)};
    rule = "renamed-json";
  }
  const std::string name(face_ == Face::modules ? field.name : json_name(field));
  if (side_ == Side::response)
    return breaks(at, rule, "callers read `" + name + "`, which is no longer there");
  const bool lenient = lenient_ || is_lenient(reader.metadata);
  if (!lenient) return breaks(at, rule, "callers may send `" + name + "`, which is refused now");
  // What was sent is dropped; the value that it had must not be missed under its new name.
  seen(at);
}

void Walk::field_new(const Field& field, const Pair& pair) {
  Spotted at = pair.at;
  const Data* old = compared_.before_index.data(pair.before.ref);
  const auto same_field = [&](const Field& f) { return f.name == field.name; };
  const auto was = std::find_if(old->fields.begin(), old->fields.end(), same_field);
  if (pair.same && was == old->fields.end())
    at = {ChangeKind::field_added, pair.inside(field.name), "", to_string(field.type)};
  else if (pair.same)
    at = {ChangeKind::alias_changed, pair.inside(field.name), metadata_text<Alias>(was->metadata),
          metadata_text<Alias>(field.metadata)};
  const Data* now = compared_.after_index.data(pair.after.ref);
  const Type type = instantiate(field.type, *now, pair.after.arguments);
  if (side_ == Side::response || may_be_left_out(type, compared_.after_index)) return seen(at);
  const std::string name(face_ == Face::modules ? field.name : json_name(field));
  breaks(at, "new-required-field", "callers do not send `" + name + "`, which is required now");
}

void Walk::data(const Data& before, const Data& after, const Pair& pair) {
  std::unordered_set<const Field*> matched;
  for (const Field& field : before.fields) {
    const Field* other = partner(field, after);
    if (other == nullptr) {
      field_gone(field, after, pair);
      continue;
    }
    matched.insert(other);
    field_pair(field, *other, pair);
  }
  for (const Field& field : after.fields) {
    if (!matched.contains(&field)) field_new(field, pair);
  }
  const std::string was = metadata_text<Encoding>(before.metadata);
  const std::string is = metadata_text<Encoding>(after.metadata);
  if (was == is) return;
  const Spotted at =
      pair.same ? Spotted{ChangeKind::encoding_changed, to_string(pair.before.ref), was, is}
                : pair.at;
  const bool stricter = is_lenient(before.metadata) && !is_lenient(after.metadata) && !lenient_;
  if (side_ == Side::request && stricter)
    return breaks(at, "stricter-encoding", "unknown fields that callers may send are refused now");
  seen(at);
}

}  // namespace millrace::schema
