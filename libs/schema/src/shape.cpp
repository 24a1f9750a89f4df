#include "shape.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>

#include "schema/limits.hpp"

namespace millrace::schema {

using statekit::Code;
using statekit::Error;
using statekit::fail;
using statekit::Result;

namespace {

int depth_of(const Type& type) {
  int deepest = 0;
  for (const Type& argument : type.arguments) deepest = std::max(deepest, depth_of(argument));
  return deepest + 1;
}

class Compiler {
 public:
  explicit Compiler(const Index& index) : index_(index) {}

  Result<std::shared_ptr<const Shape::Plan>> run(const Type& type) {
    plan_.root = edge(type);
    while (!todo_.empty() && !error_) {
      auto [node, next] = std::move(todo_.back());
      todo_.pop_back();
      fill(node, next);
    }
    if (error_) return fail(*std::move(error_));
    return std::make_shared<const Shape::Plan>(std::move(plan_));
  }

 private:
  void refuse(std::string message) {
    if (!error_) error_ = Error{Code::invalid_argument, std::move(message), {}};
  }

  ShapeEdge edge(const Type& type) {
    Type plain = without_aliases(index_, type);
    const bool optional = plain.optional;
    plain.optional = false;
    if (depth_of(plain) > nesting_max) {
      refuse("a type nested deeper than " + std::to_string(nesting_max) + " levels");
      return {};
    }
    std::string name = to_string(plain);
    if (name.size() > type_text_max) {
      refuse("a type whose text is longer than " + std::to_string(type_text_max) + " letters");
      return {};
    }
    const auto [known, fresh] =
        known_.try_emplace(name, static_cast<std::uint32_t>(plan_.nodes.size()));
    if (!fresh) return {known->second, optional};
    if (plan_.nodes.size() == type_instances_max) {
      refuse("a type made of more than " + std::to_string(type_instances_max) + " types");
      return {};
    }
    plan_.nodes.emplace_back().name = std::move(name);
    todo_.emplace_back(known->second, std::move(plain));
    return {known->second, optional};
  }

  void fill(std::uint32_t at, const Type& type) {
    switch (type.kind) {
      case TypeKind::integer: plan_.nodes[at].kind = ShapeKind::integer; break;
      case TypeKind::floating: plan_.nodes[at].kind = ShapeKind::floating; break;
      case TypeKind::string: plan_.nodes[at].kind = ShapeKind::string; break;
      case TypeKind::bytes: plan_.nodes[at].kind = ShapeKind::bytes; break;
      case TypeKind::boolean: plan_.nodes[at].kind = ShapeKind::boolean; break;
      case TypeKind::time: plan_.nodes[at].kind = ShapeKind::time; break;
      case TypeKind::any: plan_.nodes[at].kind = ShapeKind::any; break;
      case TypeKind::unit: plan_.nodes[at].kind = ShapeKind::unit; break;
      case TypeKind::array: {
        const ShapeEdge element = edge(type.arguments.at(0));
        plan_.nodes[at].kind = ShapeKind::array;
        plan_.nodes[at].element = element;
        break;
      }
      case TypeKind::map: {
        const ShapeEdge key = edge(type.arguments.at(0));
        const ShapeEdge element = edge(type.arguments.at(1));
        plan_.nodes[at].kind = ShapeKind::map;
        plan_.nodes[at].key = key;
        plan_.nodes[at].element = element;
        break;
      }
      case TypeKind::ref: fill_ref(at, type); break;
    }
  }

  void fill_ref(std::uint32_t at, const Type& type) {
    if (const Data* data = index_.data(type.ref)) {
      if (data->parameters.size() != type.arguments.size()) {
        refuse(to_string(type) + " has the wrong number of type parameters");
      } else {
        fill_data(at, *data, type.arguments);
      }
    } else if (const Enum* decl = index_.enumeration(type.ref)) {
      fill_enum(at, *decl);
    } else {
      refuse("there is no type " + to_string(type));
    }
  }

  void fill_data(std::uint32_t at, const Data& data, const std::vector<Type>& arguments) {
    std::vector<ShapeField> fields;
    for (const Field& field : data.fields) {
      fields.push_back({field.name, std::string(json_name(field)),
                        edge(instantiate(field.type, data, arguments))});
    }
    ShapeNode& node = plan_.nodes[at];
    node.kind = ShapeKind::data;
    const Encoding* encoding = find<Encoding>(data.metadata);
    node.lenient = encoding != nullptr && encoding->lenient;
    node.fields = std::move(fields);
    // Where an alias is the name of another field, it is the alias that counts.
    std::unordered_map<std::string, std::uint32_t> keys;
    for (std::uint32_t i = 0; i < node.fields.size(); ++i) keys.try_emplace(node.fields[i].json, i);
    for (std::uint32_t i = 0; i < node.fields.size(); ++i) keys.try_emplace(node.fields[i].name, i);
    node.keys.assign(keys.begin(), keys.end());
    std::sort(node.keys.begin(), node.keys.end());
  }

  void fill_enum(std::uint32_t at, const Enum& decl) {
    if (decl.type) {
      const ShapeEdge base = edge(*decl.type);
      ShapeNode& node = plan_.nodes[at];
      node.kind = ShapeKind::values;
      node.element = base;
      for (const EnumVariant& variant : decl.variants) {
        if (const Value* value = std::get_if<Value>(&variant.value)) node.values.push_back(*value);
      }
      return;
    }
    std::vector<ShapeField> variants;
    for (const EnumVariant& variant : decl.variants) {
      const Type* type = std::get_if<Type>(&variant.value);
      if (type != nullptr) variants.push_back({variant.name, variant.name, edge(*type)});
    }
    plan_.nodes[at].kind = ShapeKind::types;
    plan_.nodes[at].fields = std::move(variants);
  }

  const Index& index_;
  Shape::Plan plan_;
  std::unordered_map<std::string, std::uint32_t> known_;
  std::vector<std::pair<std::uint32_t, Type>> todo_;
  std::optional<Error> error_;
};

JsonResult absent(const Shape::Plan& plan, const JsonOptions& options) {
  const ShapeNode& node = plan.nodes[plan.root.node];
  const char* missing = plan.root.optional ? "null" : default_of(node);
  if (missing != nullptr) return std::string(missing);
  return tl::unexpected(std::vector<JsonFault>{
      {options.pointer_prefix, "missing", "there is no value; wanted " + node.name}});
}

}  // namespace

const char* default_of(const ShapeNode& node) {
  switch (node.kind) {
    case ShapeKind::any: return "null";
    case ShapeKind::array: return "[]";
    case ShapeKind::map:
    case ShapeKind::unit: return "{}";
    case ShapeKind::bytes: return "\"\"";
    default: return nullptr;
  }
}

Result<Shape> Shape::compile(const Index& index, const Type& type) {
  auto plan = Compiler(index).run(type);
  if (!plan) return fail(std::move(plan).error());
  return Shape(*std::move(plan));
}

JsonResult Shape::canonicalize(std::string_view json, const JsonOptions& options) const {
  if (json.empty()) return absent(*plan_, options);
  return canonical_json(*plan_, json, options);
}

JsonResult canonicalize(const Schema& schema, const Type& type, std::string_view json,
                        const JsonOptions& options) {
  const auto shape = Shape::compile(Index(schema), type);
  if (shape) return shape->canonicalize(json, options);
  return tl::unexpected(
      std::vector<JsonFault>{{options.pointer_prefix, "wrong-type", shape.error().message}});
}

}  // namespace millrace::schema
