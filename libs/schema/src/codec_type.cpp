#include <utility>

#include "codec_parts.hpp"
#include "schema/limits.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;

v2alpha1::Ref to_proto(const Ref& ref) {
  v2alpha1::Ref message;
  message.set_module(ref.module);
  message.set_name(ref.name);
  put_spot(message, ref.spot);
  return message;
}

Ref from_proto(const v2alpha1::Ref& message) {
  return {message.module(), message.name(), spot_from(message)};
}

namespace {

// TypeKind counts from 0 in the order of the messages' numbers from 1.
v2alpha1::TypeKind kind_to_proto(TypeKind kind) {
  return static_cast<v2alpha1::TypeKind>(static_cast<int>(kind) + 1);
}

int arguments_wanted(TypeKind kind) {
  switch (kind) {
    case TypeKind::array: return 1;
    case TypeKind::map: return 2;
    case TypeKind::ref: return -1;
    default: return 0;
  }
}

void put_type(v2alpha1::Type& message, const Type& type) {
  message.set_kind(kind_to_proto(type.kind));
  message.set_optional(type.optional);
  if (type.kind == TypeKind::ref) *message.mutable_ref() = to_proto(type.ref);
  for (const Type& argument : type.arguments) put_type(*message.add_arguments(), argument);
  put_spot(message, type.spot);
}

Result<Type> type_from(const v2alpha1::Type& message, int depth) {
  if (depth > nesting_max) {
    return fail(Code::invalid_argument,
                "a type nested deeper than " + std::to_string(nesting_max) + " levels");
  }
  if (message.kind() < v2alpha1::TYPE_KIND_INT || message.kind() > v2alpha1::TYPE_KIND_REF) {
    return fail(Code::invalid_argument, "a type of a kind that this version lacks");
  }
  Type type = type_of(static_cast<TypeKind>(message.kind() - 1));
  type.optional = message.optional();
  type.ref = from_proto(message.ref());
  type.spot = spot_from(message);
  const int wanted = arguments_wanted(type.kind);
  if (wanted >= 0 && message.arguments_size() != wanted) {
    return fail(Code::invalid_argument, "a type with the wrong number of arguments");
  }
  for (const v2alpha1::Type& argument : message.arguments()) {
    Result<Type> inner = type_from(argument, depth + 1);
    if (!inner) return inner;
    type.arguments.push_back(*std::move(inner));
  }
  return type;
}

}  // namespace

v2alpha1::Type to_proto(const Type& type) {
  v2alpha1::Type message;
  put_type(message, type);
  return message;
}

Result<Type> from_proto(const v2alpha1::Type& message) { return type_from(message, 1); }

v2alpha1::Diagnostic to_proto(const Diagnostic& diagnostic) {
  v2alpha1::Diagnostic message;
  message.set_file(diagnostic.place.file);
  message.set_line(diagnostic.place.line);
  message.set_column(diagnostic.place.column);
  message.set_rule(diagnostic.rule);
  message.set_message(diagnostic.message);
  return message;
}

Diagnostic from_proto(const v2alpha1::Diagnostic& message) {
  return {{message.file(), message.line(), message.column()}, message.rule(), message.message()};
}

}  // namespace millrace::schema
