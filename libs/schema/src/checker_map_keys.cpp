// map-key, through generics: what is given for a parameter that ends up as a key must be one.

#include <string>
#include <unordered_map>
#include <utility>

#include "checker.hpp"
#include "walk.hpp"

namespace millrace::schema {

namespace {

using Parameter = std::pair<const Data*, std::size_t>;

// Which type parameters become keys of a map: by themselves, or given on to one that does.
class KeyParameters {
 public:
  explicit KeyParameters(const CheckRun& run) : run_(run) {
    for (const Module* module : run.all) {
      for (const Data& data : module->datas) {
        if (data.parameters.empty()) continue;
        keys_.try_emplace(&data, data.parameters.size(), false);
        for (const Field& field : data.fields) look(data, field.type);
      }
    }
    while (!todo_.empty()) {
      const Parameter at = todo_.back();
      todo_.pop_back();
      const auto givers = givers_.find(at.first);
      if (givers == givers_.end()) continue;
      for (const auto& [taken, giver] : givers->second) {
        if (taken == at.second) mark(giver);
      }
    }
  }

  bool is_key(const Data& data, std::size_t parameter) const {
    const auto found = keys_.find(&data);
    return found != keys_.end() && parameter < found->second.size() && found->second[parameter];
  }

 private:
  void mark(const Parameter& parameter) {
    std::vector<bool>& keys = keys_.at(parameter.first);
    if (keys[parameter.second]) return;
    keys[parameter.second] = true;
    todo_.push_back(parameter);
  }

  void look(const Data& data, const Type& type) {
    if (type.kind == TypeKind::map) {
      each_parameter(data, type.arguments[0], [&](std::size_t i) { mark({&data, i}); });
    }
    const Data* target = type.kind == TypeKind::ref ? run_.index.data(type.ref) : nullptr;
    for (std::size_t i = 0; i < type.arguments.size(); ++i) {
      look(data, type.arguments[i]);
      if (target == nullptr) continue;
      each_parameter(data, type.arguments[i], [&](std::size_t own) {
        givers_[target].push_back({i, {&data, own}});
      });
    }
  }

  template <class Visit>
  static void each_parameter(const Data& data, const Type& type, Visit&& visit) {
    if (type.kind != TypeKind::ref || !type.ref.module.empty()) return;
    for (std::size_t i = 0; i < data.parameters.size(); ++i) {
      if (data.parameters[i].name == type.ref.name) return visit(i);
    }
  }

  const CheckRun& run_;
  std::unordered_map<const Data*, std::vector<bool>> keys_;
  // Of each data: which of its parameters is given by a parameter of another.
  std::unordered_map<const Data*, std::vector<std::pair<std::size_t, Parameter>>> givers_;
  std::vector<Parameter> todo_;
};

class MapKeys {
 public:
  MapKeys(const CheckRun& run, const KeyParameters& parameters, const Module& module)
      : run_(run), parameters_(parameters), module_(module) {}

  void check(const Type& type) {
    if (type.kind == TypeKind::map) check_key(type.arguments[0]);
    const Data* data = type.kind == TypeKind::ref ? run_.index.data(type.ref) : nullptr;
    for (std::size_t i = 0; i < type.arguments.size(); ++i) {
      if (data != nullptr && parameters_.is_key(*data, i)) check_key(type.arguments[i]);
      check(type.arguments[i]);
    }
  }

 private:
  bool is_key(const Type& type) const {
    const Type plain = without_aliases(run_.index, type);
    if (plain.optional) return false;
    if (plain.kind == TypeKind::string || plain.kind == TypeKind::integer) return true;
    if (plain.kind != TypeKind::ref) return false;
    if (plain.ref.module.empty()) return true;  // a type parameter: judged where it is given
    const DeclPtr found = run_.index.find(plain.ref);
    if (std::holds_alternative<std::monostate>(found)) return true;  // unknown-ref says so
    const Enum* const* decl = std::get_if<const Enum*>(&found);
    if (decl == nullptr || !(*decl)->type) return false;
    const TypeKind kind = without_aliases(run_.index, *(*decl)->type).kind;
    return kind == TypeKind::string || kind == TypeKind::integer;
  }

  void check_key(const Type& type) {
    if (is_key(type)) return;
    run_.report.add(module_, type.spot, "map-key",
                    "the keys of a map are String, Int or an enum of them, not " + to_string(type) +
                        "; make it a list of pairs, or take another key");
  }

  const CheckRun& run_;
  const KeyParameters& parameters_;
  const Module& module_;
};

}  // namespace

void check_map_keys(const CheckRun& run, const ModuleList& modules) {
  const KeyParameters parameters(run);
  for (const Module* module : modules) {
    MapKeys keys(run, parameters, *module);
    for_each_decl(*module, [&keys](const auto& decl) {
      walk_types(decl, [&keys](const Type& type) { keys.check(type); });
    });
  }
}

}  // namespace millrace::schema
