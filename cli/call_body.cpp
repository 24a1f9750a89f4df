#include "cli/call_body.hpp"

#include <vector>

#include "schema/json.hpp"
#include "settings/nearest.hpp"

namespace millrace::cli {

using statekit::Code;
using statekit::Result;

namespace {

// The verb, or which ones there are.
Result<const schema::Verb*> find_verb(const schema::Schema& schema, const schema::Ref& ref) {
  std::vector<std::string> names;
  const schema::Module* module = schema::find_module(schema, ref.module);
  if (module == nullptr) {
    for (const schema::Module& each : schema.modules) names.push_back(each.name);
    return statekit::fail(Code::not_found, "no module " + ref.module + " is deployed" +
                                               settings::did_you_mean(ref.module, names));
  }
  const schema::Verb* verb = schema::find_verb(*module, ref.name);
  if (verb != nullptr) return verb;
  std::string list;
  for (const schema::Verb& each : module->verbs) {
    names.push_back(each.name);
    list += (list.empty() ? "" : ", ") + each.name;
  }
  const std::string has = list.empty() ? "; it has none" : "; it has " + list;
  return statekit::fail(Code::not_found, "module " + ref.module + " has no verb " + ref.name + has +
                                             settings::did_you_mean(ref.name, names));
}

}  // namespace

Result<std::string> canonical_body(const schema::Schema& schema, const schema::Ref& ref,
                                   const std::string& json) {
  const auto verb = find_verb(schema, ref);
  if (!verb) return statekit::fail(verb.error());
  const auto* encoding = schema::find<schema::Encoding>((*verb)->metadata);
  schema::JsonOptions options;
  options.lenient = encoding != nullptr && encoding->lenient;
  const auto canonical = schema::canonicalize(schema, (*verb)->request, json, options);
  if (canonical) return *canonical;
  std::vector<std::string> faults;
  for (const schema::JsonFault& fault : canonical.error()) faults.push_back(to_string(fault));
  return statekit::fail(Code::invalid_argument,
                        "the body does not fit " + to_string((*verb)->request), std::move(faults));
}

}  // namespace millrace::cli
