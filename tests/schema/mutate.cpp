// Random small systems and random edits of them, for the property tests of compatibility.
#include "compat_values.hpp"

namespace millrace::schema {

namespace {

class Maker {
 public:
  explicit Maker(std::mt19937_64& random) : random_(random) {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool chance(int in) { return below(in) == 0; }

  // `from`: data of a higher number only, so that nothing must contain itself.
  Type type(int from, int depth = 0) {
    Type out = plain(from, depth);
    out.optional = chance(4);
    return out;
  }
  Type plain(int from, int depth) {
    switch (below(depth > 1 ? 9 : 15)) {
      case 7: return ref_to("m", "E");
      case 8: return ref_to("m", "N");
      case 9: return array_of(type(from, depth + 1));
      case 10: return map_of(type_of(TypeKind::string), type(from, depth + 1));
      case 11:
        return map_of(chance(2) ? type_of(TypeKind::integer) : ref_to("m", "E"),
                      type(from, depth + 1));
      case 12: return ref_to("m", "G", {type(from, depth + 1)});
      case 13: return ref_to("m", from < 3 ? "S" : "E");
      case 14:
        return from < 3 ? ref_to("m", "D" + std::to_string(from + 1 + below(3 - from)))
                        : ref_to("m", "N");
      default: return type_of(static_cast<TypeKind>(below(7)));
    }
  }
  Field field(int number, int from) {
    Field out;
    out.name = "f" + std::to_string(number);
    out.type = type(from);
    if (chance(4)) out.metadata.push_back({Alias{"j" + std::to_string(number)}, {}, {}});
    return out;
  }

  Schema schema() {
    Module module;
    module.name = "m";
    for (int i = 0; i < 4; ++i) {
      Data data;
      data.name = "D" + std::to_string(i);
      for (int f = 1 + below(3); f > 0; --f) data.fields.push_back(field(f, i));
      if (chance(5)) data.metadata.push_back({Encoding{true}, {}, {}});
      module.datas.push_back(std::move(data));
    }
    // All of it can be reached.
    module.datas[0].fields.push_back({"d", ref_to("m", "D1"), {}, {}, {}});
    module.datas[1].fields.push_back({"s", ref_to("m", "S"), {}, {}, {}});
    module.datas[1].fields.push_back({"l", ref_to("m", "L"), {}, {}, {}});
    Data generic;
    generic.name = "G";
    generic.parameters = {{"T", {}}};
    generic.fields = {{"v", ref_to("", "T"), {}, {}, {}},
                      {"w", array_of(ref_to("", "T")), {}, {}, {}}};
    module.datas.push_back(std::move(generic));
    module.datas[1].fields.push_back(
        {"g", ref_to("m", "G", {type_of(TypeKind::integer)}), {}, {}, {}});
    module.type_aliases.push_back({Visibility::exported, "L", type(3), {}, {}, {}});
    enums(module);
    for (Data& data : module.datas) data.visibility = Visibility::exported;
    verbs(module);
    return {{}, {std::move(module)}, {}};
  }

  static void enums(Module& module) {
    Enum texts{Visibility::exported, "E", type_of(TypeKind::string), {}, {}, {}};
    texts.variants = {{"A", Value("a"), {}, {}}, {"B", Value("b"), {}, {}}};
    Enum numbers{Visibility::exported, "N", type_of(TypeKind::integer), {}, {}, {}};
    numbers.variants = {{"One", Value(std::int64_t{1}), {}, {}},
                        {"Two", Value(std::int64_t{2}), {}, {}}};
    Enum types{Visibility::exported, "S", {}, {}, {}, {}};
    types.variants = {{"X", type_of(TypeKind::integer), {}, {}}, {"Y", ref_to("m", "D3"), {}, {}}};
    module.enums = {std::move(texts), std::move(numbers), std::move(types)};
  }

  static void verbs(Module& module) {
    const Type unit = type_of(TypeKind::unit);
    const Type root = ref_to("m", "D0");
    Verb put{Visibility::exported, "put", root, unit, {}, {}, {}};
    Verb get{Visibility::exported, "get", unit, root, {}, {}, {}};
    Verb web;
    web.name = "web";
    web.request = ref_to("builtin", "HttpRequest", {root, unit, unit});
    web.response = ref_to("builtin", "HttpResponse", {root, type_of(TypeKind::string)});
    web.metadata.push_back({Ingress{"POST", "/t"}, {}, {}});
    module.verbs = {std::move(put), std::move(get), std::move(web)};
  }

  std::string edit(Module& module) {
    switch (below(8)) {
      case 0: return edit_enum(module.enums[static_cast<std::size_t>(below(3))]);
      case 1: module.type_aliases[0].type = type(3); return "another alias";
      case 2: return edit_generic(module.datas[4]);
      default: break;
    }
    const int number = below(4);
    return edit_data(module.datas[static_cast<std::size_t>(number)], number);
  }

 private:
  std::string edit_data(Data& data, int number) {
    const auto at = static_cast<std::size_t>(below(static_cast<int>(data.fields.size())));
    Field& chosen = data.fields[at];
    const std::string name = data.name + "." + chosen.name;
    switch (below(8)) {
      case 0: data.fields.push_back(field(9, number)); return "a new field of " + data.name;
      case 1:
        data.fields.erase(data.fields.begin() + static_cast<std::ptrdiff_t>(at));
        return "no " + name;
      case 2: chosen.type.optional = !chosen.type.optional; return "optional " + name;
      case 3:
        if (chosen.metadata.empty())
          chosen.metadata.push_back({Alias{"other"}, {}, {}});
        else
          chosen.metadata.clear();
        return "alias of " + name;
      case 4: chosen.name += "x"; return "renamed " + name;
      case 5:
        if (data.metadata.empty())
          data.metadata.push_back({Encoding{true}, {}, {}});
        else
          data.metadata.clear();
        return "encoding of " + data.name;
      default: chosen.type = type(number); return "type of " + name;
    }
  }

  std::string edit_enum(Enum& decl) {
    EnumVariant& chosen = decl.variants[static_cast<std::size_t>(below(2))];
    switch (below(3)) {
      case 0: decl.variants.erase(decl.variants.begin()); return "a variant less of " + decl.name;
      case 1:
        if (decl.type)
          chosen.value = decl.name == "E" ? Value("c") : Value(std::int64_t{3});
        else
          chosen.value = type(3);
        return "another value in " + decl.name;
      default: break;
    }
    EnumVariant more{"Z", type(3), {}, {}};
    if (decl.type) more.value = decl.name == "E" ? Value("z") : Value(std::int64_t{9});
    decl.variants.push_back(std::move(more));
    return "a variant more of " + decl.name;
  }

  std::string edit_generic(Data& data) {
    switch (below(3)) {
      case 0: data.fields[1].type = ref_to("", "T"); return "G.w is T";
      case 1: data.fields[0].type.optional = true; return "G.v is optional";
      default: data.fields.push_back(field(8, 3)); return "a new field of G";
    }
  }

  std::mt19937_64& random_;
};

}  // namespace

Schema random_system(std::mt19937_64& random) { return Maker(random).schema(); }

std::string mutate(Schema& schema, std::mt19937_64& random) {
  return Maker(random).edit(schema.modules[0]);
}

}  // namespace millrace::schema
