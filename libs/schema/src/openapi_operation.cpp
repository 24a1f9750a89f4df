#include "openapi_operation.hpp"

namespace millrace::schema {

namespace {

constexpr const char* json_type = "application/json";
constexpr const char* text_type = "text/plain";
constexpr const char* octets_type = "application/octet-stream";
constexpr const char* problem_type = "application/problem+json";

Json ref_to_component(const char* path) {
  return std::move(Json::object().set("$ref", std::string("#/components/") + path));
}

Json typed(const char* type) { return std::move(Json::object().set("type", type)); }

Json media(Json schema) { return std::move(Json::object().set("schema", std::move(schema))); }

// How a body of that type stands in an HTTP message: docs/ingress.md has the same table.
Json content_of(TypeSchemas& types, const Index& index, const Type& type, bool lenient) {
  Type plain = without_aliases(index, type);
  Json content = Json::object();
  switch (plain.kind) {
    case TypeKind::unit: break;
    case TypeKind::string: content.set(text_type, media(typed("string"))); break;
    case TypeKind::bytes: content.set(octets_type, Json::object()); break;
    case TypeKind::any:
      content.set(json_type, media(Json::object()));
      content.set(text_type, media(typed("string")));
      break;
    default: {
      // An optional body is an absent one, or `null`.
      content.set(json_type, media(types.schema_of(type, lenient)));
    }
  }
  return content;
}

Json parameter(std::string_view name, const char* where, bool required, Json schema) {
  Json out = Json::object();
  out.set("name", name).set("in", where).set("required", Json::boolean(required));
  return std::move(out.set("schema", std::move(schema)));
}

// What is said above a field stands at its parameter.
Json field_parameter(TypeSchemas& types, const Field& field, const Type& type,
                     std::string_view name, const char* where, bool required) {
  Type once = type;
  once.optional = false;  // absent, never null
  Json out = parameter(name, where, required, types.schema_of(once));
  describe(out, field.comments);
  return out;
}

struct Fields {
  const Data* data = nullptr;  // null: the type is no data
  Type plain;
};

Fields fields_of(const Index& index, const Type& type) {
  Type plain = without_aliases(index, type);
  const Data* data = plain.kind == TypeKind::ref ? index.data(plain.ref) : nullptr;
  return {data, std::move(plain)};
}

Json path_parameter(TypeSchemas& types, const Fields& path, const std::string& own_name,
                    const std::string& name) {
  if (path.data != nullptr) {
    for (const Field& field : path.data->fields) {
      if (field.name != own_name && json_name(field) != own_name) continue;
      const Type type = instantiate(field.type, *path.data, path.plain.arguments);
      return field_parameter(types, field, type, name, "path", true);
    }
  }
  if (path.plain.kind == TypeKind::map) {
    return parameter(name, "path", true, types.schema_of(path.plain.arguments.at(1)));
  }
  if (path.plain.kind == TypeKind::unit) return parameter(name, "path", true, typed("string"));
  Type once = path.plain;
  once.optional = false;
  return parameter(name, "path", true, types.schema_of(once));
}

void add_query(Json& parameters, TypeSchemas& types, const Fields& query, bool lenient) {
  if (query.plain.kind == TypeKind::map) {
    // Any name: an object that is exploded into name=value pairs.
    Json out = parameter("query", "query", false, types.schema_of(query.plain, lenient));
    parameters.add(std::move(out.set("style", "form").set("explode", Json::boolean(true))));
  }
  if (query.data == nullptr) return;
  for (const Field& field : query.data->fields) {
    const Type type = instantiate(field.type, *query.data, query.plain.arguments);
    const bool required = !query.plain.optional && !types.may_be_absent(type);
    parameters.add(field_parameter(types, field, type, json_name(field), "query", required));
  }
}

Json request_body(TypeSchemas& types, const Index& index, const Type& type, bool lenient) {
  Json content = content_of(types, index, type, lenient);
  if (content.empty()) return Json::object();
  // An empty text is a String and empty octets are Bytes; the rest has to be there.
  const bool required =
      !types.may_be_absent(type) && without_aliases(index, type).kind != TypeKind::string;
  return std::move(
      Json::object().set("required", Json::boolean(required)).set("content", std::move(content)));
}

Json response(const char* description, Json content) {
  Json out = Json::object();
  out.set("description", description);
  out.set("headers", std::move(Json::object().set("millrace-request-id",
                                                  ref_to_component("headers/RequestId"))));
  if (!content.empty()) out.set("content", std::move(content));
  return out;
}

Json responses(TypeSchemas& types, const Index& index, const HttpTypes& http) {
  Json answer = content_of(types, index, http.answer, false);
  Json error = content_of(types, index, http.error, false);
  error.set(problem_type, media(ref_to_component("schemas/Problem")));
  Json out = Json::object();
  out.set("2XX", response("The verb's answer.", std::move(answer)));
  return std::move(out.set(
      "default",
      response("The verb's own error, or what kept the request from it.", std::move(error))));
}

}  // namespace

Json operation_of(TypeSchemas& types, const Index& index, const IngressVerb& route,
                  const std::vector<std::string>& own_names,
                  const std::vector<std::string>& path_names) {
  const HttpTypes http = *http_types(*route.verb);
  const Encoding* encoding = find<Encoding>(route.verb->metadata);
  const bool lenient = encoding != nullptr && encoding->lenient;
  Json out = Json::object();
  out.set("operationId", route.module->name + "." + route.verb->name);
  out.set("tags", Json::texts({route.module->name}));
  const std::string about = description_of(route.verb->comments);
  out.set("summary", about.empty() ? route.verb->name : about.substr(0, about.find('\n')));
  if (!about.empty()) out.set("description", about);
  Json parameters = Json::array();
  const Fields path = fields_of(index, http.path);
  for (std::size_t i = 0; i < own_names.size(); ++i) {
    parameters.add(path_parameter(types, path, own_names[i], path_names[i]));
  }
  add_query(parameters, types, fields_of(index, http.query), lenient);
  parameters.add(ref_to_component("parameters/RequestId"));
  parameters.add(ref_to_component("parameters/MinRevision"));
  out.set("parameters", std::move(parameters));
  Json body = request_body(types, index, http.body, lenient);
  if (!body.empty()) out.set("requestBody", std::move(body));
  return std::move(out.set("responses", responses(types, index, http)));
}

Json platform_parameters() {
  const auto header = [](const char* name, const char* about, const char* pattern) {
    Json out = parameter(name, "header", false, std::move(typed("string").set("pattern", pattern)));
    return std::move(out.set_first("description", Json::text(about)));
  };
  Json out = Json::object();
  out.set("MinRevision",
          header("millrace-min-revision",
                 "INCARNATION:REVISION, as a write answers it: the request is served by a state at "
                 "or past it.",
                 "^[^:]+:[0-9]+$"));
  return std::move(out.set(
      "RequestId", header("millrace-request-id", "Names the request in calls, logs and timeline.",
                          "^[A-Za-z0-9._:~/+=-]{1,128}$")));
}

Json platform_headers() {
  Json id = Json::object();
  id.set("description", "The request's own id, or the one that it was given.");
  id.set("schema", typed("string"));
  return std::move(Json::object().set("RequestId", std::move(id)));
}

Json problem_schema() {
  Json fault_members = Json::object();
  fault_members.set("pointer", std::move(typed("string").set("description", "JSON Pointer.")));
  fault_members.set("rule", typed("string")).set("message", typed("string"));
  Json fault = typed("object");
  fault.set("properties", std::move(fault_members));
  fault.set("required", Json::texts({"pointer", "rule", "message"}));
  Json members = Json::object();
  members.set("title", typed("string")).set("status", typed("integer"));
  members.set("detail", typed("string")).set("reason", typed("string"));
  members.set("requestId", typed("string"));
  members.set("errors", std::move(typed("array").set("items", std::move(fault))));
  Json out = typed("object");
  out.set_first("description", Json::text("RFC 9457: why there is no answer of the verb's."));
  out.set("properties", std::move(members));
  return std::move(out.set("required", Json::texts({"title", "status", "detail"})));
}

}  // namespace millrace::schema
