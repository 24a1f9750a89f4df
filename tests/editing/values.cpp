// Random values of each type of a schema and damaged ones, with what the JSON check says of them,
// one JSON object a line, for the test that holds `schema jsonschema` against it:
//   values ROUNDS FILE...
// A value is `strict` where the check accepts it and has nothing to coerce: what it writes is the
// same value, but for what was left out.
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "schema/check.hpp"
#include "schema/index.hpp"
#include "schema/json.hpp"

using namespace millrace::schema;
using Tree = nlohmann::ordered_json;

namespace {

std::mt19937 dice(7);

std::size_t below(std::size_t limit) { return dice() % limit; }

Tree any_of(std::initializer_list<Tree> values) { return *(values.begin() + below(values.size())); }

class Values {
 public:
  explicit Values(const Index& index) : index_(index) {}

  Tree of(const Type& type, int depth = 0) const {
    const Type plain = without_aliases(index_, type);
    if (plain.optional && (depth > 4 || below(3) == 0)) return nullptr;
    switch (plain.kind) {
      case TypeKind::integer:
        return any_of({0, -7, 42, std::int64_t{9007199254740991}, std::int64_t{-1} << 62});
      case TypeKind::floating: return any_of({0, 1.5, -2e300, 7});
      case TypeKind::string: return any_of({"", "x", "5", "true", "\xc3\xa4\n"});
      case TypeKind::bytes: return any_of({"", "TWE=", "TQ==", "TWFu"});
      case TypeKind::boolean: return below(2) == 0;
      case TypeKind::time:
        return any_of({"2024-02-29T12:00:00Z", "1999-12-31T23:59:59.123456789+05:30"});
      case TypeKind::any: return any_of({nullptr, 1, "x", Tree::array({1, nullptr})});
      case TypeKind::unit: return Tree::object();
      case TypeKind::array: return array(plain, depth);
      case TypeKind::map: return map(plain, depth);
      case TypeKind::ref: break;
    }
    return named(plain, depth);
  }

 private:
  Tree array(const Type& type, int depth) const {
    Tree out = Tree::array();
    if (depth > 4) return out;
    for (std::size_t i = below(3); i > 0; --i) out.push_back(of(type.arguments[0], depth + 1));
    return out;
  }

  Tree map(const Type& type, int depth) const {
    Tree out = Tree::object();
    if (depth > 4) return out;
    for (std::size_t i = below(3); i > 0; --i) {
      const Tree key = of(type.arguments[0], depth + 1);
      out[key.is_string() ? key.get<std::string>() : key.dump()] = of(type.arguments[1], depth + 1);
    }
    return out;
  }

  Tree named(const Type& type, int depth) const {
    Tree out = Tree::object();
    if (const Data* data = index_.data(type.ref)) {
      for (const Field& field : data->fields) {
        Tree value = of(instantiate(field.type, *data, type.arguments), depth + 1);
        if (value.is_null() && below(2) == 0) continue;  // left out, or null
        out[std::string(json_name(field))] = std::move(value);
      }
      return out;
    }
    const Enum& decl = *index_.enumeration(type.ref);
    const EnumVariant& variant = decl.variants[below(decl.variants.size())];
    if (const auto* value = std::get_if<Value>(&variant.value)) {
      return std::visit([](const auto& plain) { return Tree(plain); }, *value);
    }
    return {{"name", variant.name}, {"value", of(std::get<Type>(variant.value), depth + 1)}};
  }

  const Index& index_;
};

void nodes_of(Tree& tree, std::vector<Tree*>& nodes) {
  nodes.push_back(&tree);
  for (Tree& child : tree) {
    if (tree.is_structured()) nodes_of(child, nodes);
  }
}

Tree palette() {
  return any_of({nullptr,
                 true,
                 "true",
                 0,
                 1,
                 2.0,
                 1.5,
                 0.5,
                 "0.5",
                 "5",
                 "",
                 "x",
                 "EUR",
                 "Circle",
                 Tree::array(),
                 Tree::array({1}),
                 Tree::object(),
                 {{"unknown_", 1}},
                 {{"name", "Nothing"}},
                 {{"name", "Circle"}},
                 {{"keep", 1}},
                 "TWE=",
                 "TWF=",
                 "TQ=",
                 "2024-02-30T00:00:00Z",
                 "2024-02-29 12:00:00Z",
                 "2024-02-29T12:00:00",
                 "2024-02-29T12:00:00Z",
                 std::uint64_t{10000000000000000000U},
                 -1});
}

// One fault, or a change that is none.
Tree damaged(Tree value) {
  std::vector<Tree*> nodes;
  nodes_of(value, nodes);
  Tree& node = *nodes[below(nodes.size())];
  if (!node.is_object() || node.empty() || below(3) == 0) {
    node = palette();
    return value;
  }
  auto member = node.begin();
  std::advance(member, static_cast<std::ptrdiff_t>(below(node.size())));
  const std::string key = member.key();
  switch (below(3)) {
    case 0: node.erase(key); break;
    case 1: node["unknown_"] = palette(); break;
    default: {
      // A field by another name, a key of a map of another kind.
      Tree moved = *member;
      if (moved.is_null()) break;
      node.erase(key);
      node[any_of({"label", "list", "name", "01", "-0", "EUR", "-1", "12", "x", "value"})
               .get<std::string>()] = std::move(moved);
    }
  }
  return value;
}

// Names of fields that have an alias: what comes under them is coerced, other names are dropped.
std::set<std::string> aliased;

bool same(const Tree& given, const Tree& canonical) {
  if (given.is_number() && canonical.is_number()) {
    if (given.is_number_float() || canonical.is_number_float()) {
      return given.get<double>() == canonical.get<double>();
    }
    return given == canonical;
  }
  if (given.is_object() && canonical.is_object()) {
    for (const auto& [key, value] : given.items()) {
      const bool kept = canonical.contains(key);
      if (kept ? !same(value, canonical[key]) : !value.is_null() && aliased.count(key) > 0) {
        return false;
      }
    }
    return true;
  }
  if (!given.is_array() || !canonical.is_array()) return given == canonical;
  return std::equal(given.begin(), given.end(), canonical.begin(), canonical.end(), same);
}

void print_case(const std::string& name, const Shape& shape, const Tree& value, bool sound) {
  const std::string text = value.dump();
  const JsonResult canonical = shape.canonicalize(text, {.with_aliases = true});
  const bool strict = canonical.has_value() && same(value, Tree::parse(*canonical));
  std::cout << Tree({{"type", name},
                     {"value", text},
                     {"sound", sound},
                     {"accepted", canonical.has_value()},
                     {"strict", strict}})
                   .dump()
            << '\n';
}

void print_type(const Index& index, const Ref& ref, int rounds) {
  const Type type = ref_to(ref.module, ref.name);
  const auto shape = Shape::compile(index, type);
  const Values values(index);
  for (int round = 0; round < rounds; ++round) {
    const Tree value = values.of(type);
    print_case(to_string(ref), *shape, value, true);
    for (int i = 0; i < 4; ++i) print_case(to_string(ref), *shape, damaged(value), false);
  }
}

}  // namespace

int main(int count, char** words) {
  std::vector<SourceText> sources;
  for (int i = 2; i < count; ++i) {
    std::ifstream file(words[i]);
    std::ostringstream text;
    text << file.rdbuf();
    sources.push_back({words[i], text.str()});
  }
  const CheckedSchema checked = parse_and_check(sources);
  const Index index(checked.schema);
  for (const Module& module : checked.schema.modules) {
    for (const Data& data : module.datas) {
      for (const Field& field : data.fields) {
        if (json_name(field) != field.name) aliased.insert(field.name);
      }
    }
  }
  for (const Module& module : checked.schema.modules) {
    for (const auto& decl : module.type_aliases) {
      print_type(index, {module.name, decl.name, {}}, std::stoi(words[1]));
    }
    for (const auto& decl : module.enums) {
      print_type(index, {module.name, decl.name, {}}, std::stoi(words[1]));
    }
    for (const auto& decl : module.datas) {
      if (!decl.parameters.empty()) continue;
      print_type(index, {module.name, decl.name, {}}, std::stoi(words[1]));
    }
  }
  return 0;
}
