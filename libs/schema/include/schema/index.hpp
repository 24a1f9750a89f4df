// Index: many questions about one schema, each answered in constant time; `builtin` is included.
// Made by the checker, by JSON shapes and by whoever asks more than once. It holds pointers into
// the schema. REQUIRES: the schema outlives it, unchanged. Immutable, so any thread may ask.
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/model.hpp"

namespace millrace::schema {

class Index {
 public:
  explicit Index(const Schema& schema);
  explicit Index(const std::vector<const Module*>& modules);

  // Null or monostate: there is none. Where a name was declared twice, the first counts.
  const Module* module(std::string_view name) const;
  DeclPtr find(const Ref& ref) const;  // a config before a secret of the same name
  const Config* config(const Ref& ref) const { return get<Config>(ref); }
  const Secret* secret(const Ref& ref) const;
  const Database* database(const Ref& ref) const { return get<Database>(ref); }
  const Topic* topic(const Ref& ref) const { return get<Topic>(ref); }
  const TypeAlias* type_alias(const Ref& ref) const { return get<TypeAlias>(ref); }
  const Enum* enumeration(const Ref& ref) const { return get<Enum>(ref); }
  const Data* data(const Ref& ref) const { return get<Data>(ref); }
  const Verb* verb(const Ref& ref) const { return get<Verb>(ref); }

 private:
  struct Entry {
    const Module* module = nullptr;
    std::unordered_map<std::string_view, DeclPtr> decls;
    std::unordered_map<std::string_view, const Secret*> secrets;
  };

  void add(const Module& module);
  template <class Decl>
  const Decl* get(const Ref& ref) const {
    const DeclPtr found = find(ref);
    const Decl* const* decl = std::get_if<const Decl*>(&found);
    return decl == nullptr ? nullptr : *decl;
  }

  std::unordered_map<std::string_view, Entry> modules_;
};

// The type behind type aliases; optional when any of them is. A circle of aliases ends at `any`.
Type without_aliases(const Index& index, Type type);

// A type as it stands inside a generic data, with the type arguments of one use put in. Parameters
// that have no argument stay.
Type instantiate(const Type& type, const Data& generic, const std::vector<Type>& arguments);

// What an ingress verb speaks, taken out of builtin.HttpRequest and builtin.HttpResponse.
struct HttpTypes {
  Type body, path, query;  // of the request
  Type answer, error;      // of the response
};
// None: the verb's request or response is not of these types.
std::optional<HttpTypes> http_types(const Verb& verb);

}  // namespace millrace::schema
