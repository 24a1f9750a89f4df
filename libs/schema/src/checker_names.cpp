// invalid-name, reserved-name and the duplicate rules, but for duplicate-metadata.

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "checker.hpp"
#include "schema/builtin.hpp"
#include "schema/text.hpp"

namespace millrace::schema {

namespace {

using Seen = std::unordered_map<std::string_view, Spot>;  // with the place of the first

// ", first in line 7"; nothing for what was never written in a file.
std::string first_at(const Spot& spot) {
  return spot.line == 0 ? std::string("; rename one")
                        : ", first in line " + std::to_string(spot.line) + "; rename one";
}

void check_ident(const CheckRun& run, const Module& module, const Spot& spot,
                 std::string_view name) {
  if (is_ident(name)) return;
  run.report.add(module, spot, "invalid-name", no_name_text(name));
}

void check_module_name(const CheckRun& run, const Module& module) {
  check_ident(run, module, module.spot, module.name);
  if (module.name != builtin_name && !module.builtin) return;
  const bool ours = print_without_comments(module) == print_without_comments(builtin_module());
  if (!ours) {
    run.report.add(module, module.spot, "reserved-name",
                   "the module `builtin` is always there as it is; give yours another name");
  }
}

template <class Decl>
void check_decl_name(const CheckRun& run, const Module& module, const Decl& decl) {
  check_ident(run, module, decl.spot, decl.name);
  if (!is_reserved_name(decl.name)) return;
  run.report.add(module, decl.spot, "reserved-name",
                 in_ticks(decl.name) + " is a type of the language; give it another name");
}

// A config and a secret may share a name.
class DeclNames {
 public:
  DeclNames(const CheckRun& run, const Module& module) : run_(run), module_(module) {}

  void operator()(const Config& decl) { add(decl, configs_, {&others_}); }
  void operator()(const Secret& decl) { add(decl, secrets_, {&others_}); }
  template <class Decl>
  void operator()(const Decl& decl) {
    add(decl, others_, {&configs_, &secrets_});
  }

 private:
  template <class Decl>
  void add(const Decl& decl, Seen& own, std::initializer_list<const Seen*> foreign) {
    check_decl_name(run_, module_, decl);
    const auto [known, fresh] = own.try_emplace(decl.name, decl.spot);
    const Spot* first = fresh ? nullptr : &known->second;
    for (const Seen* seen : foreign) {
      const auto found = seen->find(decl.name);
      if (found != seen->end() && first == nullptr) first = &found->second;
    }
    if (first == nullptr) return;
    run_.report.add(module_, decl.spot, "duplicate-decl",
                    "module " + module_.name + " declares " + in_ticks(decl.name) + " twice" +
                        first_at(*first));
  }

  const CheckRun& run_;
  const Module& module_;
  Seen configs_, secrets_, others_;
};

void check_fields(const CheckRun& run, const Module& module, const Data& data) {
  Seen names;
  for (const TypeParameter& parameter : data.parameters) {
    check_ident(run, module, parameter.spot, parameter.name);
    if (is_reserved_name(parameter.name)) {
      run.report.add(module, parameter.spot, "reserved-name",
                     in_ticks(parameter.name) + " is a type of the language");
    }
    if (!names.try_emplace(parameter.name, parameter.spot).second) {
      run.report.add(module, parameter.spot, "type-params",
                     "the type parameter " + in_ticks(parameter.name) + " stands twice");
    }
  }
  names.clear();
  std::unordered_map<std::string_view, const Field*> json;
  for (const Field& field : data.fields) {
    check_ident(run, module, field.spot, field.name);
    if (const auto [known, first] = names.try_emplace(field.name, field.spot); !first) {
      run.report.add(module, field.spot, "duplicate-field",
                     "data " + data.name + " has the field " + in_ticks(field.name) + " twice" +
                         first_at(known->second));
      continue;
    }
    const auto [other, fresh] = json.try_emplace(json_name(field), &field);
    if (fresh) continue;
    run.report.add(module, field.spot, "duplicate-alias",
                   "the fields " + in_ticks(other->second->name) + " and " + in_ticks(field.name) +
                       " are both " + in_ticks(json_name(field)) +
                       " in JSON; give one another `+alias json`");
  }
}

void check_variants(const CheckRun& run, const Module& module, const Enum& decl) {
  Seen names;
  for (const EnumVariant& variant : decl.variants) {
    check_ident(run, module, variant.spot, variant.name);
    const auto [known, fresh] = names.try_emplace(variant.name, variant.spot);
    if (fresh) continue;
    run.report.add(module, variant.spot, "duplicate-variant",
                   "enum " + decl.name + " has the variant " + in_ticks(variant.name) + " twice" +
                       first_at(known->second));
  }
}

}  // namespace

void check_names(const CheckRun& run, const Module& module) {
  check_module_name(run, module);
  DeclNames names(run, module);
  for_each_decl(module, [&names](const auto& decl) { names(decl); });
  for (const Data& data : module.datas) check_fields(run, module, data);
  for (const Enum& decl : module.enums) check_variants(run, module, decl);
}

void check_duplicate_modules(const CheckRun& run) {
  std::unordered_map<std::string_view, const Module*> seen;
  for (const Module* module : run.all) {
    const auto [first, fresh] = seen.try_emplace(module->name, module);
    if (fresh) continue;
    const Module& other = *first->second;
    const bool same_place = other.file.name == module->file.name &&
                            other.spot.line == module->spot.line &&
                            other.spot.column == module->spot.column && other.spot.line != 0;
    if (same_place) {
      run.report.add(*module, module->spot, "duplicate-module",
                     "the file " + module->file.name + " was given twice; give it once");
      continue;
    }
    run.report.add(*module, module->spot, "duplicate-module",
                   "the module " + in_ticks(module->name) + " is already declared at " +
                       other.file.name + ":" + std::to_string(other.spot.line) + "; rename one");
  }
}

// Blocks of one file, and of files that are read together, the parser compares; here it is modules
// that come at different times. Those that stay as they were are right.
void check_realms(const CheckRun& run, const ModuleList& changed) {
  const std::unordered_set<const Module*> late(changed.begin(), changed.end());
  std::map<std::pair<std::string_view, bool>, const Module*> known;
  for (const Module* module : run.all) {
    if (!late.contains(module)) known.try_emplace({module->realm, module->external}, module);
  }
  for (const Module* module : changed) {
    const auto other = known.find({module->realm, !module->external});
    if (!module->realm.empty() && other != known.end()) {
      run.report.add(*module, module->spot, "duplicate-realm",
                     "the realm " + in_ticks(module->realm) + " is " +
                         (module->external ? "not external" : "external") + " for the module " +
                         in_ticks(other->second->name) + "; make both the same, or rename one");
    }
    known.try_emplace({module->realm, module->external}, module);
  }
}

}  // namespace millrace::schema
