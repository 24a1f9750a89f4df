#include "schema/resolve.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_set>

#include "schema/builtin.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

using Names = std::unordered_set<std::string>;

Names names_of(const Module& module) {
  Names names;
  for_each_decl(module, [&names](const auto& decl) { names.insert(decl.name); });
  return names;
}

// The builtin module is resolved while it is built, so its names are written out here.
const Names& builtin_names() {
  static const Names names = {"Ref",   "HttpRequest",  "HttpResponse",
                              "Empty", "CatchRequest", "FailedEvent"};
  return names;
}

class Resolver {
 public:
  explicit Resolver(Module& module) : module_(module), names_(names_of(module)) {}

  void run() {
    for_each_decl(module_, [this](auto& decl) { resolve_decl(decl); });
    for (Metadata& entry : module_.metadata) resolve_metadata(entry);
  }

 private:
  template <class Decl>
  void resolve_decl(Decl& decl) {
    parameters_ = nullptr;
    if constexpr (std::is_same_v<Decl, Data>) parameters_ = &decl.parameters;
    walk_types(decl, [this](Type& type) {
      walk_type_refs(type, [this](Type& found) { qualify(found.ref); });
    });
    parameters_ = nullptr;
    walk_metadata(decl, [this](Metadata& entry) { resolve_metadata(entry); });
  }

  void resolve_metadata(Metadata& entry) {
    walk_metadata_refs(entry.value, [this](Ref& ref, Wanted) { qualify(ref); });
  }

  void qualify(Ref& ref) const {
    if (!ref.module.empty() || is_parameter(ref.name)) return;
    if (names_.count(ref.name) > 0) {
      ref.module = module_.name;
    } else if (builtin_names().count(ref.name) > 0) {
      ref.module = builtin_name;
    }
  }

  bool is_parameter(const std::string& name) const {
    return parameters_ != nullptr &&
           std::any_of(parameters_->begin(), parameters_->end(),
                       [&](const TypeParameter& parameter) { return parameter.name == name; });
  }

  Module& module_;
  Names names_;
  const std::vector<TypeParameter>* parameters_ = nullptr;
};

}  // namespace

void resolve(Module& module) { Resolver(module).run(); }

void resolve(Schema& schema) {
  for (Module& module : schema.modules) resolve(module);
}

std::vector<std::string> imports(const Module& module) {
  std::set<std::string> found;
  const auto add = [&](const Ref& ref) {
    if (!ref.module.empty() && ref.module != module.name && ref.module != builtin_name) {
      found.insert(ref.module);
    }
  };
  for_each_decl(module, [&](const auto& decl) {
    walk_types(decl, [&](const Type& type) {
      walk_type_refs(type, [&](const Type& inner) { add(inner.ref); });
    });
    walk_metadata(decl, [&](const Metadata& entry) {
      walk_metadata_refs(entry.value, [&](const Ref& ref, Wanted) { add(ref); });
    });
  });
  return {found.begin(), found.end()};
}

}  // namespace millrace::schema
