// Parameters of a path or query as JSON: each is a string, and coerced like any other value.

#include <unordered_map>

#include "json_reader.hpp"
#include "shape.hpp"
#include "utf8.hpp"

namespace millrace::schema {

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The node that a parameter of that name has, or null.
const ShapeNode* node_of(const Shape::Plan& plan, const std::string& name) {
  const ShapeNode& root = plan.nodes[plan.root.node];
  if (root.kind == ShapeKind::map) return &plan.nodes[root.element.node];
  for (const auto& [key, field] : root.keys) {
    if (key == name) return &plan.nodes[root.fields[field].type.node];
  }
  return nullptr;
}

// The values of each name, in the order in which the names first came.
std::vector<std::pair<std::string, std::vector<std::string>>> grouped(
    const Parameters& parameters) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  std::unordered_map<std::string, std::size_t> known;
  for (const auto& [name, value] : parameters) {
    const auto [at, fresh] = known.try_emplace(name, groups.size());
    if (fresh) groups.push_back({name, {}});
    groups[at->second].second.push_back(value);
  }
  return groups;
}

std::string as_object(const Shape::Plan& plan, const Parameters& parameters,
                      std::vector<JsonFault>& faults, const std::string& prefix) {
  std::string json = "{";
  for (const auto& [name, values] : grouped(parameters)) {
    const ShapeNode* node = node_of(plan, name);
    const bool list = node != nullptr && node->kind == ShapeKind::array;
    if (values.size() > 1 && !list) {
      JsonFault& fault = faults.emplace_back(
          JsonFault{prefix, "duplicate-key", "given " + std::to_string(values.size()) + " times"});
      append_pointer(fault.pointer, name);
    }
    std::string text;
    for (const std::string& value : values) {
      text += (text.empty() ? "" : ",") + json_string(value);
      if (!list) break;
    }
    json +=
        (json.size() == 1 ? "" : ",") + json_string(name) + ":" + (list ? "[" + text + "]" : text);
  }
  return json + "}";
}

}  // namespace

JsonResult Shape::from_parameters(const Parameters& parameters, const JsonOptions& options) const {
  const ShapeNode& root = plan_->nodes[plan_->root.node];
  std::vector<JsonFault> faults;
  for (const auto& [name, value] : parameters) {
    if (invalid_utf8_at(name) == std::string::npos && invalid_utf8_at(value) == std::string::npos) {
      continue;
    }
    faults.push_back({options.pointer_prefix, "utf8", "a parameter that is not valid UTF-8"});
  }
  if (!faults.empty()) return tl::unexpected(std::move(faults));
  if (root.kind == ShapeKind::unit) return std::string("{}");
  if (root.kind != ShapeKind::data && root.kind != ShapeKind::map) {
    if (parameters.empty()) return canonicalize("", options);
    return canonicalize(json_string(parameters.front().second), options);
  }
  JsonResult result =
      canonicalize(as_object(*plan_, parameters, faults, options.pointer_prefix), options);
  if (faults.empty()) return result;
  if (!result) faults.insert(faults.end(), result.error().begin(), result.error().end());
  return tl::unexpected(std::move(faults));
}

}  // namespace millrace::schema
