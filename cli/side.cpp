#include "cli/side.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "schema/check.hpp"
#include "schema/text.hpp"

namespace millrace::cli {

namespace {

// What stays of the base, with the realms that are still in use.
schema::Schema rest_of(const schema::Schema& base, const std::set<std::string>& replaced) {
  schema::Schema rest;
  std::set<std::string> realms;
  for (const schema::Module& module : base.modules) {
    if (replaced.contains(module.name)) continue;
    realms.insert(module.realm);
    rest.modules.push_back(module);
  }
  for (const schema::Realm& realm : base.realms) {
    if (!realms.contains(realm.name)) continue;
    rest.realms.push_back(realm);
  }
  return rest;
}

// A circle and two routes for one request are told at one of the modules that take part.
bool concerns(const schema::Diagnostic& fault, const std::set<std::string>& files) {
  return files.contains(fault.place.file) || fault.rule == "import-cycle" ||
         fault.rule == "ingress-overlap";
}

}  // namespace

Side placed_on(const schema::Schema& base, const schema::Schema& given) {
  std::set<std::string> names;
  std::set<std::string> files;
  for (const schema::Module& module : given.modules) {
    names.insert(module.name);
    files.insert(module.file.name);
  }
  Side side{rest_of(base, names), {}};
  side.faults = schema::merge(side.schema, given);
  for (schema::Diagnostic& fault : schema::check_changed(side.schema, names)) {
    if (concerns(fault, files)) side.faults.push_back(std::move(fault));
  }
  schema::sort_diagnostics(side.faults);
  return side;
}

}  // namespace millrace::cli
