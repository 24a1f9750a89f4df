#include "schema/index.hpp"

#include <utility>

#include "schema/builtin.hpp"
#include "schema/limits.hpp"

namespace millrace::schema {

Index::Index(const Schema& schema) {
  add(builtin_module());
  modules_.reserve(schema.modules.size() + 1);
  for (const Module& module : schema.modules) add(module);
}

Index::Index(const std::vector<const Module*>& modules) {
  add(builtin_module());
  modules_.reserve(modules.size() + 1);
  for (const Module* module : modules) add(*module);
}

void Index::add(const Module& module) {
  const auto [at, fresh] = modules_.try_emplace(module.name);
  if (!fresh) return;
  Entry& entry = at->second;
  entry.module = &module;
  for_each_decl(module, [&entry](const auto& decl) { entry.decls.try_emplace(decl.name, &decl); });
  for (const Secret& secret : module.secrets) entry.secrets.try_emplace(secret.name, &secret);
}

const Module* Index::module(std::string_view name) const {
  const auto found = modules_.find(name);
  return found == modules_.end() ? nullptr : found->second.module;
}

DeclPtr Index::find(const Ref& ref) const {
  const auto entry = modules_.find(ref.module);
  if (entry == modules_.end()) return {};
  const auto found = entry->second.decls.find(ref.name);
  return found == entry->second.decls.end() ? DeclPtr() : found->second;
}

const Secret* Index::secret(const Ref& ref) const {
  const auto entry = modules_.find(ref.module);
  if (entry == modules_.end()) return nullptr;
  const auto found = entry->second.secrets.find(ref.name);
  return found == entry->second.secrets.end() ? nullptr : found->second;
}

Type without_aliases(const Index& index, Type type) {
  for (int steps = 0; type.kind == TypeKind::ref; ++steps) {
    const TypeAlias* alias = index.type_alias(type.ref);
    if (alias == nullptr) return type;
    if (steps == nesting_max) return type_of(TypeKind::any);
    const bool optional = type.optional;
    type = alias->type;
    type.optional = type.optional || optional;
  }
  return type;
}

Type instantiate(const Type& type, const Data& generic, const std::vector<Type>& arguments) {
  if (type.kind == TypeKind::ref && type.ref.module.empty()) {
    for (std::size_t i = 0; i < generic.parameters.size() && i < arguments.size(); ++i) {
      if (generic.parameters[i].name != type.ref.name) continue;
      Type given = arguments[i];
      given.optional = given.optional || type.optional;
      return given;
    }
  }
  Type out = type;
  for (Type& argument : out.arguments) argument = instantiate(argument, generic, arguments);
  return out;
}

std::optional<HttpTypes> http_types(const Verb& verb) {
  const auto is = [](const Type& type, const char* name, std::size_t arguments) {
    return type.kind == TypeKind::ref && !type.optional && type.ref.module == builtin_name &&
           type.ref.name == name && type.arguments.size() == arguments;
  };
  if (!is(verb.request, "HttpRequest", 3) || !is(verb.response, "HttpResponse", 2)) return {};
  const std::vector<Type>& request = verb.request.arguments;
  return HttpTypes{request[0], request[1], request[2], verb.response.arguments[0],
                   verb.response.arguments[1]};
}

}  // namespace millrace::schema
