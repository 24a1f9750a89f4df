#include "services/ingress/types.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <utility>

namespace millrace::ingress {
namespace {

using schema::Shape;
using schema::Type;
using schema::TypeKind;
using statekit::Code;
using statekit::fail;
using statekit::Result;

BodyKind kind_of(const schema::Index& index, const Type& type) {
  switch (schema::without_aliases(index, type).kind) {
    case TypeKind::unit: return BodyKind::none;
    case TypeKind::string: return BodyKind::text;
    case TypeKind::bytes: return BodyKind::bytes;
    case TypeKind::any: return BodyKind::any;
    default: return BodyKind::json;
  }
}

// The module and all that its types can lead to.
std::vector<Deployed> closure(const IngressState& state, std::string_view side,
                              std::string_view module) {
  std::map<std::string, Deployed> found;
  std::vector<std::string> open{std::string(module)};
  while (!open.empty()) {
    const std::string name = std::move(open.back());
    open.pop_back();
    const Deployed* deployed = state.module(side, name);
    if (deployed == nullptr || !found.emplace(name, *deployed).second) continue;
    for (std::string& import : schema::imports(*deployed->schema))
      open.push_back(std::move(import));
  }
  std::vector<Deployed> out;
  for (auto& [name, deployed] : found) out.push_back(std::move(deployed));
  return out;
}

bool holds(const VerbTypes& types, const IngressState& state, std::string_view side) {
  return std::all_of(types.modules.begin(), types.modules.end(), [&](const Deployed& each) {
    const Deployed* now = state.module(side, each.schema->name);
    return now != nullptr && now->key == each.key;
  });
}

const schema::Module* find(const std::vector<Deployed>& modules, std::string_view name) {
  for (const Deployed& each : modules) {
    if (each.schema->name == name) return each.schema.get();
  }
  return nullptr;
}

Result<std::shared_ptr<const VerbTypes>> compile(const std::vector<Deployed>& modules,
                                                 const schema::Verb& verb) {
  std::vector<const schema::Module*> pointers;
  for (const Deployed& each : modules) pointers.push_back(each.schema.get());
  const schema::Index index(pointers);
  const auto http = schema::http_types(verb);
  if (!http) {
    return fail(Code::failed_precondition,
                "the verb does not take builtin.HttpRequest and return builtin.HttpResponse");
  }
  auto path = Shape::compile(index, http->path);
  if (!path) return fail(within("the path's type", path.error()));
  auto query = Shape::compile(index, http->query);
  if (!query) return fail(within("the query's type", query.error()));
  auto body = Shape::compile(index, http->body);
  if (!body) return fail(within("the body's type", body.error()));
  auto response = Shape::compile(index, verb.response);
  if (!response) return fail(within("the response's type", response.error()));
  const auto* encoding = schema::find<schema::Encoding>(verb.metadata);
  return std::make_shared<const VerbTypes>(
      VerbTypes{.modules = modules,
                .path = *std::move(path),
                .query = *std::move(query),
                .body = *std::move(body),
                .response = *std::move(response),
                .body_kind = kind_of(index, http->body),
                .body_optional = schema::without_aliases(index, http->body).optional,
                .answer_kind = kind_of(index, http->answer),
                .error_kind = kind_of(index, http->error),
                .lenient = encoding != nullptr && encoding->lenient});
}

}  // namespace

Result<std::shared_ptr<const VerbTypes>> compile_types(const IngressState& state,
                                                       std::string_view side,
                                                       std::string_view module,
                                                       std::string_view verb) {
  const std::vector<Deployed> modules = closure(state, side, module);
  const schema::Module* own = find(modules, module);
  const schema::Verb* found = own == nullptr ? nullptr : schema::find_verb(*own, verb);
  const std::string name = std::string(module) + "." + std::string(verb);
  if (found == nullptr) return fail(Code::not_found, "no verb " + name);
  auto types = compile(modules, *found);
  if (!types) return fail(within(name, types.error()));
  return types;
}

Result<std::shared_ptr<const VerbTypes>> TypeCache::get(const IngressState& state,
                                                        std::string_view side,
                                                        const Target& target) {
  std::string key(side);
  key.append("\n").append(target.module).append(".").append(target.verb);
  std::shared_ptr<const VerbTypes> old;
  {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      if (found->second.schema_revision == state.schema_revision()) return found->second.types;
      old = found->second.types;
    }
  }
  if (old == nullptr || !holds(*old, state, side)) {
    auto types = compile_types(state, side, target.module, target.verb);
    if (!types) return types;
    old = *std::move(types);
  }
  const std::unique_lock lock(mutex_);
  if (entries_.size() >= entries_max_) entries_.clear();
  entries_[key] = {state.schema_revision(), old};
  return old;
}

}  // namespace millrace::ingress
