#include "schema/json_schema.hpp"

#include "type_schemas.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

constexpr const char* dialect = "https://json-schema.org/draft/2020-12/schema";

void reach_types(TypeSchemas& types, const Module& module) {
  for (const TypeAlias& decl : module.type_aliases) types.schema_of(ref_to(module.name, decl.name));
  for (const Enum& decl : module.enums) types.schema_of(ref_to(module.name, decl.name));
  for (const Data& decl : module.datas) {
    if (decl.parameters.empty()) types.schema_of(ref_to(module.name, decl.name));
  }
  for (const Config& decl : module.configs) types.schema_of(decl.type);
  for (const Secret& decl : module.secrets) types.schema_of(decl.type);
  for (const Topic& decl : module.topics) types.schema_of(decl.event);
  for (const Verb& decl : module.verbs) {
    types.schema_of(decl.request);
    types.schema_of(decl.response);
  }
}

Result<std::string> every_type(const Schema& schema) {
  const Index index(schema);
  TypeSchemas types(index, "#/$defs/");
  for (const Module& module : schema.modules) reach_types(types, module);
  auto definitions = types.definitions();
  if (!definitions) return fail(std::move(definitions).error());
  return Json::object().set("$schema", dialect).set("$defs", *std::move(definitions)).print();
}

Json named(Json schema, const char* title) {
  return std::move(schema.set_first("title", Json::text(title)));
}

}  // namespace

Result<std::string> json_schema(const Schema& schema, const std::optional<Ref>& verb) {
  if (!verb) return every_type(schema);
  const Index index(schema);
  const Verb* decl = index.verb(*verb);
  if (decl == nullptr) return fail(Code::not_found, "there is no verb " + to_string(*verb));
  const Encoding* encoding = find<Encoding>(decl->metadata);
  const bool lenient = encoding != nullptr && encoding->lenient;
  TypeSchemas types(index, "#/$defs/");
  Json request = named(types.schema_of(decl->request, lenient), "request");
  Json response = named(types.schema_of(decl->response), "response");
  auto definitions = types.definitions();
  if (!definitions) return fail(std::move(definitions).error());
  // No type is called so: theirs have a dot or a capital.
  definitions->set("request", std::move(request)).set("response", std::move(response));
  Json out = Json::object();
  out.set("$schema", dialect).set("title", to_string(*verb));
  const std::string about = description_of(decl->comments);
  if (!about.empty()) out.set("description", about);
  return out.set("$ref", "#/$defs/request").set("$defs", *std::move(definitions)).print();
}

}  // namespace millrace::schema
