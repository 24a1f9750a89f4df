// What a schema is, as plain values: modules and their eight kinds of declarations. The parser
// makes them (schema/text.hpp), the codec stores and sends them (schema/codec.hpp), every service
// reads them. Equality takes comments in and leaves places out (schema/place.hpp says why).
// Values, free of threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/metadata.hpp"
#include "schema/place.hpp"
#include "schema/type.hpp"
#include "statekit/types.hpp"

namespace millrace::schema {

enum class Visibility : std::uint8_t {
  internal,        // this module only
  exported,        // `export`: every module of the realm
  exported_realm,  // `export realm`: modules of other realms too
};

struct Config {
  std::string name;
  Type type;
  Comments comments;
  Spot spot;  // of the name, here and in all that follow
  bool operator==(const Config&) const = default;
};

struct Secret {
  std::string name;
  Type type;
  Comments comments;
  Spot spot;
  bool operator==(const Secret&) const = default;
};

struct Database {
  std::string engine;  // "postgres" or "mysql"
  std::string name;
  std::vector<Metadata> metadata;
  Comments comments;
  Spot spot;
  bool operator==(const Database&) const = default;
};

struct Topic {
  Visibility visibility = Visibility::internal;
  std::string name;
  Type event;
  std::vector<Metadata> metadata;
  Comments comments;
  Spot spot;
  bool operator==(const Topic&) const = default;
};

struct TypeAlias {
  Visibility visibility = Visibility::internal;
  std::string name;
  Type type;
  std::vector<Metadata> metadata;
  Comments comments;
  Spot spot;
  bool operator==(const TypeAlias&) const = default;
};

struct EnumVariant {
  std::string name;
  std::variant<Value, Type> value;
  Comments comments;
  Spot spot;
  bool operator==(const EnumVariant&) const = default;
};

struct Enum {
  Visibility visibility = Visibility::internal;
  std::string name;
  std::optional<Type> type;  // set: variants are values of it; not set: variants are types
  std::vector<EnumVariant> variants;
  Comments comments;
  Spot spot;
  bool operator==(const Enum&) const = default;
};

struct Field {
  std::string name;
  Type type;
  std::vector<Metadata> metadata;
  Comments comments;
  Spot spot;
  bool operator==(const Field&) const = default;
};

// The field's name in JSON: its alias where it has one.
std::string_view json_name(const Field& field);

struct TypeParameter {
  std::string name;
  Spot spot;
  bool operator==(const TypeParameter&) const = default;
};

struct Data {
  Visibility visibility = Visibility::internal;
  std::string name;
  std::vector<TypeParameter> parameters;
  std::vector<Metadata> metadata;
  std::vector<Field> fields;
  Comments comments;
  Spot spot;
  bool operator==(const Data&) const = default;
};

struct Verb {
  Visibility visibility = Visibility::internal;
  std::string name;
  Type request;
  Type response;
  std::vector<Metadata> metadata;
  Comments comments;
  Spot spot;
  bool operator==(const Verb&) const = default;
};

// The file that a module was read from. Like Spot, never part of its identity.
struct SourceFile {
  std::string name;
  friend bool operator==(const SourceFile&, const SourceFile&) { return true; }
};

struct Module {
  std::string name;
  std::string realm;      // empty: not in a realm block
  bool external = false;  // whether that realm is
  bool builtin = false;
  std::vector<Metadata> metadata;
  std::vector<Config> configs;
  std::vector<Secret> secrets;
  std::vector<Database> databases;
  std::vector<Topic> topics;
  std::vector<TypeAlias> type_aliases;
  std::vector<Enum> enums;
  std::vector<Data> datas;
  std::vector<Verb> verbs;
  Comments comments;
  Spot spot;
  SourceFile file;
  bool operator==(const Module&) const = default;
};

struct Realm {
  std::string name;
  bool external = false;
  Comments comments;
  Spot spot;
  SourceFile file = {};  // of the first block of that name
  bool operator==(const Realm&) const = default;
};

// What a file holds, or a whole cluster's modules. The builtin module is never in it: it is always
// there (schema/builtin.hpp).
struct Schema {
  std::vector<Realm> realms;  // the realm blocks, in order; Module::realm names one of them
  std::vector<Module> modules;
  std::vector<std::string> closing_comments;  // after the last module
  bool operator==(const Schema&) const = default;
};

// A declaration of any kind; monostate: none of that name.
using DeclPtr = std::variant<std::monostate, const Config*, const Secret*, const Database*,
                             const Topic*, const TypeAlias*, const Enum*, const Data*, const Verb*>;

// Calls `visit` with each declaration of a module, in canonical order.
template <class ModuleT, class Visitor>
void for_each_decl(ModuleT& module, Visitor&& visit) {
  for (auto& decl : module.configs) visit(decl);
  for (auto& decl : module.secrets) visit(decl);
  for (auto& decl : module.databases) visit(decl);
  for (auto& decl : module.topics) visit(decl);
  for (auto& decl : module.type_aliases) visit(decl);
  for (auto& decl : module.enums) visit(decl);
  for (auto& decl : module.datas) visit(decl);
  for (auto& decl : module.verbs) visit(decl);
}

// Questions, each a linear search, null when there is none (schema/index.hpp is for many of them).
const Module* find_module(const Schema& schema, std::string_view name);
const Config* find_config(const Module& module, std::string_view name);
const Secret* find_secret(const Module& module, std::string_view name);
const Database* find_database(const Module& module, std::string_view name);
const Topic* find_topic(const Module& module, std::string_view name);
const TypeAlias* find_type_alias(const Module& module, std::string_view name);
const Enum* find_enum(const Module& module, std::string_view name);
const Data* find_data(const Module& module, std::string_view name);
const Verb* find_verb(const Module& module, std::string_view name);

// A verb that HTTP requests reach. The pointers live as long as the schema does.
struct IngressVerb {
  const Module* module = nullptr;
  const Verb* verb = nullptr;
  const Ingress* ingress = nullptr;
};
std::vector<IngressVerb> ingress_verbs(const Module& module);
std::vector<IngressVerb> ingress_verbs(const Schema& schema);

// The modules that this one refers to, sorted, without itself and builtin. REQUIRES: resolved.
std::vector<std::string> imports(const Module& module);

// "config", "verb", ...: the word that declares it.
std::string_view keyword_of(const DeclPtr& decl);

// SHA-256 over the module's realm and canonical text without comments, its declarations ordered by
// name. So places, comments, layout and the order of declarations change nothing; the order of
// fields and variants does, since it shows in JSON. REQUIRES: resolved.
statekit::Digest module_digest(const Module& module);

}  // namespace millrace::schema
