// The document around the operations: paths that are told apart by their shape, tags, components.
#include <algorithm>
#include <map>
#include <tuple>

#include "openapi_operation.hpp"
#include "schema/json_schema.hpp"
#include "schema/route.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::fail;
using statekit::Result;

namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

struct Path {
  std::string text;
  std::vector<std::string> names;
  Json item = Json::object();
};

std::vector<std::string> names_of(const RoutePattern& pattern) {
  std::vector<std::string> names;
  for (const RouteSegment& segment : pattern.segments) {
    if (segment.parameter) names.push_back(segment.text);
  }
  return names;
}

// "/orders/{}" for all that OpenAPI takes for the same path, whatever the parameters are called.
std::string shape_of(const RoutePattern& pattern) {
  std::string text;
  for (const RouteSegment& segment : pattern.segments) {
    text += "/" + (segment.parameter ? std::string("{}") : segment.text);
  }
  return text.empty() ? "/" : text;
}

Result<std::vector<IngressVerb>> chosen(const Schema& schema, const std::optional<Ref>& verb) {
  std::vector<IngressVerb> routes = ingress_verbs(schema);
  if (verb) {
    if (Index(schema).verb(*verb) == nullptr) {
      return fail(Code::not_found, "there is no verb " + to_string(*verb));
    }
    std::erase_if(routes, [&](const IngressVerb& route) {
      return route.module->name != verb->module || route.verb->name != verb->name;
    });
    if (routes.empty()) {
      return fail(Code::not_found,
                  "no route leads to " + to_string(*verb) + ": it has no +ingress");
    }
  }
  std::stable_sort(routes.begin(), routes.end(), [](const IngressVerb& a, const IngressVerb& b) {
    return std::tie(a.module->name, a.verb->name) < std::tie(b.module->name, b.verb->name);
  });
  return routes;
}

Result<Json> paths_of(TypeSchemas& types, const Index& index,
                      const std::vector<IngressVerb>& routes) {
  std::map<std::string, Path> paths;
  for (const IngressVerb& route : routes) {
    const auto pattern = parse_route(route.ingress->method, route.ingress->path);
    if (!pattern) return fail(pattern.error());
    const std::vector<std::string> own_names = names_of(*pattern);
    Path& path = paths[shape_of(*pattern)];
    if (path.text.empty()) {
      path.text = route.ingress->path;
      path.names = own_names;
    }
    if (!http_types(*route.verb)) {
      return fail(Code::invalid_argument,
                  route.module->name + "." + route.verb->name + " does not speak HTTP");
    }
    path.item.set(lower(route.ingress->method),
                  operation_of(types, index, route, own_names, path.names));
  }
  Json out = Json::object();
  for (auto& [shape, path] : paths) out.set(path.text, std::move(path.item));
  return out;
}

std::vector<const Module*> modules_of(const std::vector<IngressVerb>& routes) {
  std::vector<const Module*> modules;
  for (const IngressVerb& route : routes) {
    if (modules.empty() || modules.back() != route.module) modules.push_back(route.module);
  }
  return modules;
}

// The version is a digest: it changes with the modules and with nothing else.
Json info_of(const std::vector<const Module*>& modules) {
  static constexpr std::size_t digits = 12;
  std::string title;
  std::string digests;
  for (const Module* module : modules) {
    title += (title.empty() ? "" : ", ") + module->name;
    digests += statekit::hex(module_digest(*module));
  }
  Json out = Json::object();
  out.set("title", title.empty() ? "no routes" : title);
  return std::move(out.set("version", statekit::hex(statekit::sha256(digests)).substr(0, digits)));
}

Json tags_of(const std::vector<const Module*>& modules) {
  Json tags = Json::array();
  for (const Module* module : modules) {
    Json tag = std::move(Json::object().set("name", module->name));
    const std::string about = description_of(module->comments);
    tag.set("description", about.empty() ? "Module " + module->name + "." : about);
    tags.add(std::move(tag));
  }
  return tags;
}

}  // namespace

Result<std::string> openapi(const Schema& schema, const std::optional<Ref>& verb) {
  const auto routes = chosen(schema, verb);
  if (!routes) return fail(routes.error());
  const Index index(schema);
  TypeSchemas types(index, "#/components/schemas/");
  auto paths = paths_of(types, index, *routes);
  if (!paths) return fail(std::move(paths).error());
  auto definitions = types.definitions();
  if (!definitions) return fail(std::move(definitions).error());
  const std::vector<const Module*> modules = modules_of(*routes);
  Json components = Json::object();
  // No type is called so: theirs have a dot.
  components.set("schemas", std::move(definitions->set("Problem", problem_schema())));
  components.set("parameters", platform_parameters()).set("headers", platform_headers());
  Json out = Json::object();
  out.set("openapi", "3.1.0").set("info", info_of(modules));
  out.set(
      "servers",
      std::move(Json::array().add(std::move(Json::object().set("url", "http://127.0.0.1:8891")))));
  out.set("security", Json::array()).set("tags", tags_of(modules));
  out.set("paths", *std::move(paths)).set("components", std::move(components));
  return out.print();
}

}  // namespace millrace::schema
