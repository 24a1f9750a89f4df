// Visits every reference of a module, in types and in metadata. Works on const and mutable modules.
// Private to this library.
#pragma once

#include <type_traits>
#include <variant>
#include <vector>

#include "schema/model.hpp"

namespace millrace::schema {

// What a reference in metadata must lead to.
enum class Wanted { type, verb, database, secret, config, topic };

// Calls `visit(ref, wanted)` for each reference in one piece of metadata.
template <class Value, class Visitor>
void walk_metadata_refs(Value& value, Visitor&& visit) {
  const auto each = [&visit](auto& refs, Wanted wanted) {
    for (auto& ref : refs) visit(ref, wanted);
  };
  std::visit(
      [&](auto& kind) {
        using Kind = std::remove_cvref_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, Calls>) each(kind.verbs, Wanted::verb);
        if constexpr (std::is_same_v<Kind, UsesDatabases>) each(kind.databases, Wanted::database);
        if constexpr (std::is_same_v<Kind, UsesSecrets>) each(kind.secrets, Wanted::secret);
        if constexpr (std::is_same_v<Kind, UsesConfigs>) each(kind.configs, Wanted::config);
        if constexpr (std::is_same_v<Kind, Publish>) each(kind.topics, Wanted::topic);
        if constexpr (std::is_same_v<Kind, Subscribe>) visit(kind.topic, Wanted::topic);
        if constexpr (std::is_same_v<Kind, Retry>) {
          if (kind.catch_verb) visit(*kind.catch_verb, Wanted::verb);
        }
      },
      value);
}

// Calls `visit(type)` for each type that a declaration names itself, not for those nested inside.
template <class Decl, class Visitor>
void walk_types(Decl& decl, Visitor&& visit) {
  if constexpr (requires { decl.fields; }) {
    for (auto& field : decl.fields) visit(field.type);
  } else if constexpr (requires { decl.variants; }) {
    if (decl.type) visit(*decl.type);
    for (auto& variant : decl.variants) {
      if (auto* type = std::get_if<Type>(&variant.value)) visit(*type);
    }
  } else if constexpr (requires { decl.event; }) {
    visit(decl.event);
  } else if constexpr (requires { decl.request; }) {
    visit(decl.request);
    visit(decl.response);
  } else if constexpr (requires { decl.type; }) {
    visit(decl.type);
  }
}

// Calls `visit(metadata)` for each piece of metadata of a declaration and of its fields.
template <class Decl, class Visitor>
void walk_metadata(Decl& decl, Visitor&& visit) {
  if constexpr (requires { decl.metadata; }) {
    for (auto& entry : decl.metadata) visit(entry);
  }
  if constexpr (requires { decl.fields; }) {
    for (auto& field : decl.fields) {
      for (auto& entry : field.metadata) visit(entry);
    }
  }
}

// Calls `visit(type)` for each reference to a declaration or type parameter inside a type.
template <class TypeT, class Visitor>
void walk_type_refs(TypeT& type, Visitor&& visit) {
  if (type.kind == TypeKind::ref) visit(type);
  for (auto& argument : type.arguments) walk_type_refs(argument, visit);
}

}  // namespace millrace::schema
