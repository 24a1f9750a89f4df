// unknown-ref, wrong-kind, not-exported, hidden-type and type-params.

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "checker.hpp"
#include "reserved_names.hpp"
#include "schema/builtin.hpp"
#include "schema/suggest.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

// Comparing names costs time: beyond these there are no suggestions.
constexpr std::size_t suggestions_from_max = 2'000;
constexpr int suggestions_max = 100;

std::string_view word_of(Wanted wanted) {
  switch (wanted) {
    case Wanted::type: return "a type (data, enum or typealias)";
    case Wanted::verb: return "a verb";
    case Wanted::database: return "a database";
    case Wanted::secret: return "a secret";
    case Wanted::config: return "a config";
    case Wanted::topic: break;
  }
  return "a topic";
}

bool is_wanted(const DeclPtr& decl, Wanted wanted) {
  switch (wanted) {
    case Wanted::type:
      return std::holds_alternative<const Data*>(decl) ||
             std::holds_alternative<const Enum*>(decl) ||
             std::holds_alternative<const TypeAlias*>(decl);
    case Wanted::verb: return std::holds_alternative<const Verb*>(decl);
    case Wanted::database: return std::holds_alternative<const Database*>(decl);
    case Wanted::secret: return std::holds_alternative<const Secret*>(decl);
    case Wanted::config: return std::holds_alternative<const Config*>(decl);
    case Wanted::topic: break;
  }
  return std::holds_alternative<const Topic*>(decl);
}

class References {
 public:
  References(const CheckRun& run, const Module& module) : run_(run), module_(module) {}

  void check() {
    for_each_decl(module_, [this](const auto& decl) { check_decl(decl); });
    for (const Metadata& entry : module_.metadata) check_metadata(entry);
  }

 private:
  template <class Decl>
  void check_decl(const Decl& decl) {
    parameters_ = nullptr;
    if constexpr (std::is_same_v<Decl, Data>) parameters_ = &decl.parameters;
    Visibility shown = Visibility::internal;
    if constexpr (requires { decl.visibility; }) shown = decl.visibility;
    walk_types(decl, [&](const Type& type) {
      walk_type_refs(type, [&](const Type& found) { check_type_ref(found, decl.name, shown); });
    });
    walk_metadata(decl, [this](const Metadata& entry) { check_metadata(entry); });
  }

  void check_metadata(const Metadata& entry) {
    walk_metadata_refs(entry.value, [this](const Ref& ref, Wanted wanted) {
      if (wanted == Wanted::secret) {
        const DeclPtr secret = found_secret(ref);
        check_target(ref, secret, wanted);
      } else {
        check_target(ref, run_.index.find(ref), wanted);
      }
    });
  }

  // A config of the same name must not hide the secret.
  DeclPtr found_secret(const Ref& ref) const {
    const Secret* secret = run_.index.secret(ref);
    return secret == nullptr ? run_.index.find(ref) : DeclPtr(secret);
  }

  void check_type_ref(const Type& type, const std::string& owner, Visibility shown) {
    if (type.ref.module.empty() && is_parameter(type.ref.name)) {
      if (!type.arguments.empty()) {
        add(type.ref, "type-params",
            "the type parameter " + in_ticks(type.ref.name) + " takes no parameters itself");
      }
      return;
    }
    const DeclPtr decl = run_.index.find(type.ref);
    if (!check_target(type.ref, decl, Wanted::type)) return;
    check_arguments(type, decl);
    const bool builtin = type.ref.module == builtin_name;
    if (!builtin && visibility_of(decl) < shown) {
      add(type.ref, "hidden-type",
          in_ticks(owner) + " is exported further than " + in_ticks(to_string(type.ref)) +
              ", which it shows; export that too");
    }
  }

  void check_arguments(const Type& type, const DeclPtr& decl) {
    const Data* const* data = std::get_if<const Data*>(&decl);
    const std::size_t wanted = data == nullptr ? 0 : (*data)->parameters.size();
    if (type.arguments.size() == wanted) return;
    add(type.ref, "type-params",
        in_ticks(to_string(type.ref)) + " takes " + std::to_string(wanted) +
            " type parameters, got " + std::to_string(type.arguments.size()));
  }

  // Whether the reference leads to what it should.
  bool check_target(const Ref& ref, const DeclPtr& decl, Wanted wanted) {
    if (std::holds_alternative<std::monostate>(decl)) {
      add(ref, "unknown-ref", unknown(ref, wanted));
      return false;
    }
    if (!is_wanted(decl, wanted)) {
      add(ref, "wrong-kind",
          in_ticks(to_string(ref)) + " is a " + std::string(keyword_of(decl)) + "; wanted " +
              std::string(word_of(wanted)));
      return false;
    }
    const Module* owner = run_.index.module(ref.module);
    if (!visible_from(module_, *owner, visibility_of(decl))) {
      if (wanted != Wanted::type && wanted != Wanted::verb && wanted != Wanted::topic) {
        add(ref, "not-exported",
            in_ticks(to_string(ref)) + " belongs to module " + owner->name + " alone: a " +
                std::string(keyword_of(decl)) +
                " cannot be exported; declare one here, or call a verb there");
        return false;
      }
      const bool realms = owner->realm != module_.realm;
      add(ref, "not-exported",
          in_ticks(to_string(ref)) + " is not exported to " +
              (realms ? "other realms; declare it with `export realm`"
                      : "other modules; declare it with `export`"));
      return false;
    }
    return true;
  }

  std::string unknown(const Ref& ref, Wanted wanted) {
    const std::string& home = ref.module.empty() ? module_.name : ref.module;
    const Module* module = run_.index.module(home);
    if (module == nullptr) {
      return "there is no module " + in_ticks(home) + suggestion(home, [&](Names& names) {
               for (const Module* other : run_.all) {
                 if (!full(names)) names.push_back(other->name);
               }
             });
    }
    if (const Module* other = declared_elsewhere(ref, wanted)) {
      return "module " + home + " declares no " + in_ticks(ref.name) + "; did you mean `" +
             other->name + "." + ref.name + "`?";
    }
    std::string hint = suggestion(ref.name, [&](Names& names) {
      for_each_decl(*module, [&](const auto& decl) {
        if (!full(names) && is_wanted(DeclPtr(&decl), wanted)) names.push_back(decl.name);
      });
      if (!ref.module.empty() || wanted != Wanted::type) return;
      for (const Data& data : builtin_module().datas) names.push_back(data.name);
      names.insert(names.end(), reserved_names.begin(), reserved_names.end());
      if (parameters_ == nullptr) return;
      for (const TypeParameter& parameter : *parameters_) names.push_back(parameter.name);
    });
    if (hint.empty() && wanted == Wanted::type && ref.module.empty())
      hint = type_called_here(ref.name);
    return "module " + home + " declares no " + in_ticks(ref.name) + hint;
  }

  // Another module that shows this one a declaration of that very name.
  const Module* declared_elsewhere(const Ref& ref, Wanted wanted) {
    if (!ref.module.empty() || ++suggestions_ > suggestions_max) return nullptr;
    for (const Module* other : run_.all) {
      const DeclPtr decl = run_.index.find({other->name, ref.name, {}});
      if (is_wanted(decl, wanted) && visible_from(module_, *other, visibility_of(decl))) {
        return other;
      }
    }
    return nullptr;
  }

  using Names = std::vector<std::string_view>;
  static bool full(const Names& names) { return names.size() >= suggestions_from_max; }

  template <class Collect>
  std::string suggestion(std::string_view name, Collect&& collect) {
    if (++suggestions_ > suggestions_max) return {};
    Names names;
    collect(names);
    return did_you_mean(name, names);
  }

  bool is_parameter(const std::string& name) const {
    return parameters_ != nullptr &&
           std::any_of(parameters_->begin(), parameters_->end(),
                       [&](const TypeParameter& parameter) { return parameter.name == name; });
  }

  void add(const Ref& ref, std::string_view rule, std::string message) {
    run_.report.add(module_, ref.spot, rule, std::move(message));
  }

  const CheckRun& run_;
  const Module& module_;
  const std::vector<TypeParameter>* parameters_ = nullptr;
  int suggestions_ = 0;
};

}  // namespace

void check_references(const CheckRun& run, const Module& module) {
  References(run, module).check();
}

}  // namespace millrace::schema
