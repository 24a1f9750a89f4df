#include "schema/model.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace millrace::schema {

namespace {

template <class Decl>
const Decl* find_named(const std::vector<Decl>& decls, std::string_view name) {
  const auto found = std::find_if(decls.begin(), decls.end(),
                                  [name](const Decl& decl) { return decl.name == name; });
  return found == decls.end() ? nullptr : &*found;
}

}  // namespace

std::string_view json_name(const Field& field) {
  const Alias* alias = find<Alias>(field.metadata);
  return alias == nullptr ? std::string_view(field.name) : std::string_view(alias->name);
}

const Module* find_module(const Schema& schema, std::string_view name) {
  return find_named(schema.modules, name);
}
const Config* find_config(const Module& module, std::string_view name) {
  return find_named(module.configs, name);
}
const Secret* find_secret(const Module& module, std::string_view name) {
  return find_named(module.secrets, name);
}
const Database* find_database(const Module& module, std::string_view name) {
  return find_named(module.databases, name);
}
const Topic* find_topic(const Module& module, std::string_view name) {
  return find_named(module.topics, name);
}
const TypeAlias* find_type_alias(const Module& module, std::string_view name) {
  return find_named(module.type_aliases, name);
}
const Enum* find_enum(const Module& module, std::string_view name) {
  return find_named(module.enums, name);
}
const Data* find_data(const Module& module, std::string_view name) {
  return find_named(module.datas, name);
}
const Verb* find_verb(const Module& module, std::string_view name) {
  return find_named(module.verbs, name);
}

std::vector<IngressVerb> ingress_verbs(const Module& module) {
  std::vector<IngressVerb> found;
  for (const Verb& verb : module.verbs) {
    if (const Ingress* ingress = find<Ingress>(verb.metadata)) {
      found.push_back({&module, &verb, ingress});
    }
  }
  return found;
}

std::vector<IngressVerb> ingress_verbs(const Schema& schema) {
  std::vector<IngressVerb> found;
  for (const Module& module : schema.modules) {
    const std::vector<IngressVerb> more = ingress_verbs(module);
    found.insert(found.end(), more.begin(), more.end());
  }
  return found;
}

std::string_view keyword_of(const DeclPtr& decl) {
  static constexpr std::array<std::string_view, std::variant_size_v<DeclPtr>> words = {
      "nothing", "config", "secret", "database", "topic", "typealias", "enum", "data", "verb"};
  return words.at(decl.index());
}

}  // namespace millrace::schema
