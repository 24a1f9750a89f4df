// Walks a value along a shape and writes it in canonical form, or says what does not fit.

#include <algorithm>
#include <charconv>
#include <set>

#include "json_reader.hpp"
#include "json_scalar.hpp"
#include "json_text.hpp"
#include "schema/limits.hpp"
#include "schema/suggest.hpp"
#include "shape.hpp"
#include "utf8.hpp"

namespace millrace::schema {

namespace {

class Canonical {
 public:
  Canonical(const Shape::Plan& plan, const JsonTree& tree, const JsonOptions& options)
      : plan_(plan), tree_(tree), options_(options) {}

  JsonResult run() {
    edge(plan_.root, tree_.root());
    if (faults_.empty()) return std::move(out_);
    return tl::unexpected(std::move(faults_));
  }

 private:
  struct Step {
    std::string_view key;
    std::size_t index = 0;
    bool is_key = false;
  };

  // Names the place while it lives.
  class At {
   public:
    At(Canonical& owner, Step step) : owner_(owner) { owner_.path_.push_back(step); }
    ~At() { owner_.path_.pop_back(); }
    At(const At&) = delete;
    At& operator=(const At&) = delete;

   private:
    Canonical& owner_;
  };

  void fault(std::string_view rule, std::string message) {
    if (faults_.size() == json_faults_max) return;
    std::string pointer = options_.pointer_prefix;
    for (const Step& step : path_) {
      append_pointer(pointer, step.is_key ? std::string(step.key) : std::to_string(step.index));
    }
    faults_.push_back({std::move(pointer), std::string(rule), std::move(message)});
  }

  // `string "x"`, or only `string` where the value must not be shown.
  std::string shown(const JsonNode& value) const {
    static constexpr std::size_t shown_max = 60;
    std::string text(kind_name(value.kind));
    const bool plain = value.kind == JsonKind::null || value.kind == JsonKind::array ||
                       value.kind == JsonKind::object;
    if (plain || options_.hide_values) return text;
    std::string raw(value.raw.substr(0, shown_max));
    while (invalid_utf8_at(raw) != std::string::npos) raw.pop_back();
    text += " " + raw;
    return raw.size() < value.raw.size() ? text + "..." : text;
  }

  void mismatch(const ShapeNode& node, const JsonNode& value) {
    fault("wrong-type", "wanted " + node.name + ", got " + shown(value));
  }

  void edge(const ShapeEdge& use, const JsonNode& value) {
    if (use.optional && value.kind == JsonKind::null) {
      out_ += "null";
      return;
    }
    this->value(plan_.nodes[use.node], value);
  }

  void value(const ShapeNode& node, const JsonNode& value) {
    switch (node.kind) {
      case ShapeKind::integer: integer(node, value); break;
      case ShapeKind::floating: floating(node, value); break;
      case ShapeKind::string:
      case ShapeKind::bytes:
      case ShapeKind::time: text(node, value); break;
      case ShapeKind::boolean: boolean(node, value); break;
      case ShapeKind::any: any(value); break;
      case ShapeKind::unit: unit(node, value); break;
      case ShapeKind::array: array(node, value); break;
      case ShapeKind::map: map(node, value); break;
      case ShapeKind::data: data(node, value); break;
      case ShapeKind::values: one_of_values(node, value); break;
      case ShapeKind::types: one_of_types(node, value); break;
    }
  }

  static bool is_numeric(const JsonNode& value) {
    return value.kind == JsonKind::number ||
           (value.kind == JsonKind::string && is_json_number(value.text));
  }

  void integer(const ShapeNode& node, const JsonNode& value) {
    std::int64_t number = 0;
    if (!is_numeric(value)) return mismatch(node, value);
    switch (whole_number(value.text, number)) {
      case WholeFault::none: out_ += std::to_string(number); break;
      case WholeFault::fraction: mismatch(node, value); break;
      case WholeFault::range:
        fault("out-of-range", shown(value) + " does not fit in 64 bits");
        break;
    }
  }

  void floating(const ShapeNode& node, const JsonNode& value) {
    if (!is_numeric(value)) return mismatch(node, value);
    const auto number = floating_number(value.text);
    if (number) {
      out_ += floating_text(*number);
    } else {
      fault("out-of-range", shown(value) + " is past the largest Float");
    }
  }

  void text(const ShapeNode& node, const JsonNode& value) {
    if (value.kind != JsonKind::string) return mismatch(node, value);
    if (node.kind == ShapeKind::time) {
      const auto time = time_text(value.text);
      if (time) return append_quoted(out_, *time);
      return fault("time", "wanted a time such as 2024-02-29T12:00:00Z, got " + shown(value));
    }
    if (node.kind == ShapeKind::bytes && !is_base64(value.text)) {
      return fault("base64", "wanted Bytes in base64, padded, got " + shown(value));
    }
    append_quoted(out_, value.text);
  }

  void boolean(const ShapeNode& node, const JsonNode& value) {
    const bool fits =
        value.kind == JsonKind::boolean ||
        (value.kind == JsonKind::string && (value.text == "true" || value.text == "false"));
    if (!fits) return mismatch(node, value);
    out_ += value.text;
  }

  void unit(const ShapeNode& node, const JsonNode& value) {
    if (value.kind != JsonKind::null && value.kind != JsonKind::object) {
      return mismatch(node, value);
    }
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const At at(*this, {tree_.at(i).key, 0, true});
      if (!options_.lenient) fault("unknown-field", "Unit has no fields");
    }
    out_ += "{}";
  }

  void any(const JsonNode& value) {
    switch (value.kind) {
      case JsonKind::null: out_ += "null"; break;
      case JsonKind::boolean: out_ += value.text; break;
      case JsonKind::string: append_quoted(out_, value.text); break;
      case JsonKind::number:
        if (!floating_number(value.text)) {
          fault("out-of-range", shown(value) + " is past the largest number");
        }
        out_ += value.text;
        break;
      case JsonKind::array:
      case JsonKind::object: any_container(value); break;
    }
  }

  void any_container(const JsonNode& value) {
    const bool object = value.kind == JsonKind::object;
    out_ += object ? '{' : '[';
    std::size_t count = 0;
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const JsonNode& child = tree_.at(i);
      const At at(*this, {child.key, count, object});
      if (child.repeated) repeated();
      if (count++ > 0) out_ += ',';
      if (object) {
        append_quoted(out_, child.key);
        out_ += ':';
      }
      any(child);
    }
    out_ += object ? '}' : ']';
  }

  void repeated() { fault("duplicate-key", "the key is there twice"); }

  void array(const ShapeNode& node, const JsonNode& value) {
    if (value.kind != JsonKind::array) return mismatch(node, value);
    out_ += '[';
    std::size_t count = 0;
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const At at(*this, {{}, count, false});
      if (count++ > 0) out_ += ',';
      edge(node.element, tree_.at(i));
    }
    out_ += ']';
  }

  void map(const ShapeNode& node, const JsonNode& value) {
    if (value.kind != JsonKind::object) return mismatch(node, value);
    out_ += '{';
    bool first = true;
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const JsonNode& child = tree_.at(i);
      const At at(*this, {child.key, 0, true});
      if (child.repeated) repeated();
      if (!key_fits(plan_.nodes[node.key.node], child.key)) {
        fault("map-key", "the key is no " + plan_.nodes[node.key.node].name);
      }
      if (!first) out_ += ',';
      first = false;
      append_quoted(out_, child.key);
      out_ += ':';
      edge(node.element, child);
    }
    out_ += '}';
  }

  // An Int as a key has one text only, so that no two keys are the same number.
  bool key_fits(const ShapeNode& node, std::string_view key) const {
    if (node.kind == ShapeKind::string) return true;
    if (node.kind == ShapeKind::values) {
      const ShapeKind base = plan_.nodes[node.element.node].kind;
      return std::any_of(node.values.begin(), node.values.end(), [&](const Value& value) {
        if (base == ShapeKind::string) return value == Value(std::string(key));
        return to_string(value) == key;
      });
    }
    std::int64_t number = 0;
    const auto read = std::from_chars(key.data(), key.data() + key.size(), number);
    return read.ec == std::errc() && std::to_string(number) == key;
  }

  const std::uint32_t* find_field(const ShapeNode& node, std::string_view key) const {
    const auto found = std::lower_bound(
        node.keys.begin(), node.keys.end(), key,
        [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
    return found != node.keys.end() && found->first == key ? &found->second : nullptr;
  }

  void data(const ShapeNode& node, const JsonNode& value) {
    if (value.kind != JsonKind::object) return mismatch(node, value);
    std::vector<const JsonNode*> given(node.fields.size());
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const JsonNode& child = tree_.at(i);
      const std::uint32_t* field = find_field(node, child.key);
      const At at(*this, {child.key, 0, true});
      if (field == nullptr) {
        if (child.repeated) repeated();
        if (!node.lenient && !options_.lenient) unknown_field(node, child.key);
      } else if (child.repeated || given[*field] != nullptr) {
        repeated();
      } else {
        given[*field] = &child;
      }
    }
    out_ += '{';
    bool first = true;
    for (std::size_t i = 0; i < node.fields.size(); ++i) {
      this->field(node.fields[i], given[i], first);
    }
    out_ += '}';
  }

  // Comparing names costs time, and who sends this may mean harm.
  void unknown_field(const ShapeNode& node, std::string_view key) {
    static constexpr int suggestions_max = 20;
    static constexpr std::size_t suggestions_from_max = 200;
    std::vector<std::string_view> names;
    if (node.fields.size() <= suggestions_from_max && ++suggestions_ <= suggestions_max) {
      for (const ShapeField& field : node.fields) names.push_back(field.json);
    }
    fault("unknown-field", node.name + " has no field of this name" + did_you_mean(key, names));
  }

  void field(const ShapeField& field, const JsonNode* given, bool& first) {
    const ShapeNode& node = plan_.nodes[field.type.node];
    if (field.type.optional && (given == nullptr || given->kind == JsonKind::null)) return;
    const char* missing = given == nullptr ? default_of(node) : nullptr;
    const At at(*this, {given == nullptr ? std::string_view(field.json) : given->key, 0, true});
    if (given == nullptr && missing == nullptr) {
      return fault("missing", "the field is missing; wanted " + node.name);
    }
    if (!first) out_ += ',';
    first = false;
    append_quoted(out_, options_.with_aliases ? field.json : field.name);
    out_ += ':';
    if (given == nullptr) {
      out_ += missing;
    } else {
      edge(field.type, *given);
    }
  }

  void one_of_values(const ShapeNode& node, const JsonNode& value) {
    const std::size_t before = out_.size();
    const std::size_t faults = faults_.size();
    edge(node.element, value);
    if (faults_.size() != faults) return;
    const std::string_view written = std::string_view(out_).substr(before);
    for (const Value& known : node.values) {
      if (json_of(known, plan_.nodes[node.element.node].kind) == written) return;
    }
    std::string all;
    for (const Value& known : node.values) all += (all.empty() ? "" : ", ") + to_string(known);
    fault("enum-value", "wanted one of " + all + " (" + node.name + "), got " + shown(value));
  }

  static std::string json_of(const Value& value, ShapeKind base) {
    if (const std::string* text = std::get_if<std::string>(&value)) {
      std::string out;
      append_quoted(out, *text);
      return out;
    }
    if (base == ShapeKind::integer) return to_string(value);
    const std::int64_t* whole = std::get_if<std::int64_t>(&value);
    return floating_text(whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value));
  }

  void one_of_types(const ShapeNode& node, const JsonNode& value) {
    const JsonNode* name = nullptr;
    const JsonNode* content = nullptr;
    if (value.kind != JsonKind::object) return mismatch(node, value);
    for (std::uint32_t i = value.first; i != JsonNode::none; i = tree_.at(i).next) {
      const JsonNode& child = tree_.at(i);
      const At at(*this, {child.key, 0, true});
      if (child.repeated) {
        repeated();
      } else if (child.key == "name") {
        name = &child;
      } else if (child.key == "value") {
        content = &child;
      } else if (!options_.lenient) {
        fault("unknown-field", node.name + " is an object of `name` and `value` only");
      }
    }
    if (const ShapeField* variant = find_variant(node, name)) {
      out_ += "{\"name\":";
      append_quoted(out_, variant->name);
      out_ += ",\"value\":";
      variant_value(*variant, content);
      out_ += '}';
    }
  }

  const ShapeField* find_variant(const ShapeNode& node, const JsonNode* name) {
    const At at(*this, {"name", 0, true});
    if (name == nullptr) {
      fault("missing", "the name of the variant of " + node.name + " is missing");
      return nullptr;
    }
    std::string all;
    for (const ShapeField& variant : node.fields) {
      if (name->kind == JsonKind::string && name->text == variant.name) return &variant;
      all += (all.empty() ? "" : ", ") + variant.name;
    }
    fault("enum-value", "wanted one of " + all + " (" + node.name + "), got " + shown(*name));
    return nullptr;
  }

  void variant_value(const ShapeField& variant, const JsonNode* content) {
    const At at(*this, {"value", 0, true});
    const ShapeNode& node = plan_.nodes[variant.type.node];
    if (content != nullptr) return edge(variant.type, *content);
    const char* missing = variant.type.optional ? "null" : default_of(node);
    if (missing == nullptr) return fault("missing", "the value is missing; wanted " + node.name);
    out_ += missing;
  }

  const Shape::Plan& plan_;
  const JsonTree& tree_;
  const JsonOptions& options_;
  std::vector<Step> path_;
  std::vector<JsonFault> faults_;
  int suggestions_ = 0;
  std::string out_;
};

}  // namespace

JsonResult canonical_json(const Shape::Plan& plan, std::string_view json,
                          const JsonOptions& options) {
  JsonTree tree;
  JsonFault fault{options.pointer_prefix, {}, {}};
  if (!read_json(json, tree, fault)) {
    return tl::unexpected(std::vector<JsonFault>{std::move(fault)});
  }
  return Canonical(plan, tree, options).run();
}

}  // namespace millrace::schema
