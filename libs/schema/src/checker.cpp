#include "checker.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "schema/builtin.hpp"
#include "schema/check.hpp"
#include "schema/resolve.hpp"
#include "schema/text.hpp"

namespace millrace::schema {

std::string in_ticks(std::string_view text) { return "`" + std::string(text) + "`"; }

Visibility visibility_of(const DeclPtr& decl) {
  return std::visit(
      [](const auto& found) {
        if constexpr (requires { found->visibility; }) {
          return found->visibility;
        } else {
          return Visibility::internal;
        }
      },
      decl);
}

bool visible_from(const Module& from, const Module& owner, Visibility visibility) {
  if (owner.name == from.name || owner.name == builtin_name) return true;
  if (owner.realm == from.realm) return visibility != Visibility::internal;
  return visibility == Visibility::exported_realm;
}

bool is_scalar(const Index& index, const Type& type) {
  const Type plain = without_aliases(index, type);
  switch (plain.kind) {
    case TypeKind::integer:
    case TypeKind::floating:
    case TypeKind::string:
    case TypeKind::bytes:
    case TypeKind::boolean:
    case TypeKind::time: return true;
    case TypeKind::ref: {
      const Enum* decl = index.enumeration(plain.ref);
      return decl != nullptr && decl->type.has_value();
    }
    case TypeKind::any:
    case TypeKind::unit:
    case TypeKind::array:
    case TypeKind::map: break;
  }
  return false;
}

bool is_unit(const Index& index, const Type& type) {
  return without_aliases(index, type).kind == TypeKind::unit;
}

namespace {

// Aliases of aliases may stand for types without end: what needs more steps counts as different.
bool same_within(const Index& index, const Type& a, const Type& b, int& steps) {
  if (a == b) return true;
  if (--steps < 0) return false;
  const Type left = without_aliases(index, a);
  const Type right = without_aliases(index, b);
  return left.kind == right.kind && left.optional == right.optional && left.ref == right.ref &&
         std::equal(left.arguments.begin(), left.arguments.end(), right.arguments.begin(),
                    right.arguments.end(),
                    [&](const Type& x, const Type& y) { return same_within(index, x, y, steps); });
}

}  // namespace

bool same_type(const Index& index, const Type& a, const Type& b) {
  int steps = 1'000;
  return same_within(index, a, b, steps);
}

std::vector<Field> fields_of(const Index& index, const Type& type) {
  const Type plain = without_aliases(index, type);
  const Data* data = plain.kind == TypeKind::ref ? index.data(plain.ref) : nullptr;
  if (data == nullptr || data->parameters.size() != plain.arguments.size()) return {};
  std::vector<Field> fields = data->fields;
  for (Field& field : fields) field.type = instantiate(field.type, *data, plain.arguments);
  return fields;
}

namespace {

void check_module(const CheckRun& run, const Module& module) {
  check_grammar(run, module);
  check_names(run, module);
  check_references(run, module);
  check_types(run, module);
  check_metadata(run, module);
  check_ingress(run, module);
  check_events(run, module);
}

ModuleList list_of(const Schema& schema) {
  ModuleList modules;
  modules.reserve(schema.modules.size());
  for (const Module& module : schema.modules) modules.push_back(&module);
  return modules;
}

std::vector<Diagnostic> check_list(const ModuleList& all, const ModuleList& modules) {
  const Index index(all);
  Report report;
  const CheckRun run{all, index, report};
  for (const Module* module : modules) check_module(run, *module);
  check_duplicate_modules(run);
  check_realms(run, modules);
  check_map_keys(run, modules);
  check_recursion(run, modules, check_growth(run, modules));
  check_import_cycles(run, modules);
  check_ingress_overlap(run, modules);
  return report.take();
}

void append(std::vector<Diagnostic>& to, std::vector<Diagnostic> more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

// What holds of a schema of which parts could not be read: nothing here follows from what is not
// there.
std::vector<Diagnostic> check_what_was_read(const Schema& schema) {
  const ModuleList all = list_of(schema);
  const Index index(all);
  Report report;
  const CheckRun run{all, index, report};
  for (const Module* module : all) {
    check_names(run, *module);
    check_metadata(run, *module);
  }
  check_duplicate_modules(run);
  return report.take();
}

}  // namespace

std::vector<Diagnostic> check(const Schema& schema) {
  const ModuleList all = list_of(schema);
  return check_list(all, all);
}

std::vector<Diagnostic> check_changed(const Schema& schema, const std::set<std::string>& changed) {
  return check_changed(list_of(schema), changed);
}

std::vector<Diagnostic> check_changed(const std::vector<const Module*>& all,
                                      const std::set<std::string>& changed) {
  std::map<std::string, std::vector<const Module*>> importers;
  for (const Module* module : all) {
    for (const std::string& name : imports(*module)) importers[name].push_back(module);
  }
  std::set<std::string> affected = changed;
  std::vector<std::string> todo(changed.begin(), changed.end());
  while (!todo.empty()) {
    const std::string name = std::move(todo.back());
    todo.pop_back();
    for (const Module* importer : importers[name]) {
      if (affected.insert(importer->name).second) todo.push_back(importer->name);
    }
  }
  ModuleList modules;
  for (const Module* module : all) {
    if (affected.count(module->name) > 0) modules.push_back(module);
  }
  return check_list(all, modules);
}

CheckedSchema parse_and_check(const std::vector<SourceText>& sources) {
  CheckedSchema out;
  for (const SourceText& source : sources) {
    ParseResult parsed = parse(source.text, source.file);
    append(out.diagnostics, merge(out.schema, std::move(parsed.schema)));
    append(out.diagnostics, std::move(parsed.diagnostics));
  }
  resolve(out.schema);
  append(out.diagnostics,
         out.diagnostics.empty() ? check(out.schema) : check_what_was_read(out.schema));
  sort_diagnostics(out.diagnostics);
  out.warnings = warnings(out.schema);
  return out;
}

}  // namespace millrace::schema
