#include "generate.hpp"

#include <algorithm>
#include <random>
#include <string>

namespace millrace::schema {

namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  Schema schema() {
    Schema out;
    const int realms = below(3);
    for (int i = 0; i < realms; ++i) {
      out.realms.push_back({"realm" + std::to_string(i), chance(4), block_comments(), {}});
      for (int m = below(3); m > 0; --m) out.modules.push_back(module(out.realms.back()));
    }
    for (int m = below(3); m > 0; --m) out.modules.push_back(module({}));
    out.closing_comments = lines();
    return out;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool chance(int in) { return below(in) == 0; }

  std::string name() {
    static const std::vector<std::string> names = {
        "a", "item", "Item", "data", "verb", "export", "json", "from", "x_1", "_", "T", "module"};
    return names[static_cast<std::size_t>(below(static_cast<int>(names.size())))] +
           (chance(2) ? std::to_string(below(100)) : "");
  }
  std::string text() {
    static const std::vector<std::string> texts = {
        "",          "plain",    "with \"quotes\"",    "back\\slash",
        "new\nline", "\x01\x7f", "h\xc3\xa4user // x", "{}[]+ }"};
    return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
  }
  std::string comment() {
    static const std::vector<std::string> texts = {"says hello", "  indented",     "// twice", "}",
                                                   "+calls a.b", "\xe2\x82\xac 5", "\"open"};
    return texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
  }
  std::vector<std::string> lines() {
    std::vector<std::string> out;
    while (chance(4)) out.push_back(chance(6) ? "" : comment());
    return out;
  }
  Comments line_comments() { return {lines(), chance(5) ? comment() : "", {}, ""}; }
  Comments block_comments() {
    return {lines(), chance(5) ? comment() : "", lines(), chance(5) ? comment() : ""};
  }

  Ref ref() { return {chance(3) ? "" : name(), name(), {}}; }
  std::vector<Ref> refs() {
    std::vector<Ref> out(1 + static_cast<std::size_t>(below(3)));
    for (Ref& entry : out) entry = ref();
    return out;
  }

  Type type(int depth = 0) {
    Type out = plain_type(depth);
    out.optional = chance(4);
    return out;
  }
  Type plain_type(int depth) {
    const int kind = below(depth > 3 ? 8 : 11);
    if (kind < 8) return type_of(static_cast<TypeKind>(kind));
    if (kind == 8) return array_of(type(depth + 1));
    if (kind == 9) return map_of(type(depth + 1), type(depth + 1));
    const Ref target = ref();
    Type out = ref_to(target.module, target.name);
    for (int i = below(3); i > 0; --i) out.arguments.push_back(type(depth + 1));
    return out;
  }

  Value value() {
    switch (below(3)) {
      case 0: return text();
      case 1: return static_cast<std::int64_t>(random_());
      default: return std::uniform_real_distribution<double>(-1e20, 1e20)(random_);
    }
  }

  MetadataValue service_metadata(int kind) {
    static const std::vector<std::string> crons = {"*/5 * * * *", "Mon", "5h", "0 0 1,15 1-6 * *"};
    switch (kind) {
      case 0: return Ingress{chance(2) ? "GET" : "POST", chance(5) ? "//" : "/a/{b}/c-d"};
      case 1: return Alias{text()};
      case 2: return Encoding{chance(2)};
      case 3: return Calls{refs()};
      case 4: return UsesDatabases{refs()};
      case 5: return UsesSecrets{refs()};
      case 6: return UsesConfigs{refs()};
      case 7: return Cron{crons[static_cast<std::size_t>(below(4))]};
      case 8: return Publish{refs()};
      case 9: return Subscribe{ref(), chance(2) ? Offset::latest : Offset::beginning, chance(2)};
      default: return retry();
    }
  }
  MetadataValue build_metadata(int kind) {
    switch (kind) {
      case 11: return TypeMap{name(), text()};
      case 12: return Migration{"00ffAB"};
      case 13: return Artefact{text(), text(), chance(2)};
      case 14: return SqlColumn{name(), name()};
      case 15: return SqlQuery{static_cast<QueryKind>(below(3)), text()};
      case 16: return Partitions{below(100) - 10};
      case 17: return Generated{};
      case 18: return Git{text(), text(), chance(2)};
      case 19: return Fixture{chance(2)};
      case 20: return Transaction{};
      case 21: return Egress{{text(), text()}};
      default: return Image{text(), text()};
    }
  }
  Retry retry() {
    Retry out;
    if (chance(2)) out.count = below(1000);
    if (chance(2)) {
      out.min_backoff = "1m5s";
      if (chance(2)) out.max_backoff = "1d";
    }
    if (chance(2)) out.catch_verb = ref();
    return out;
  }
  std::vector<Metadata> metadata() {
    std::vector<Metadata> out;
    while (chance(2)) {
      const int kind = below(23);
      out.push_back(
          {kind < 11 ? service_metadata(kind) : build_metadata(kind), line_comments(), {}});
    }
    std::stable_sort(out.begin(), out.end(), [](const Metadata& a, const Metadata& b) {
      return a.value.index() < b.value.index();
    });
    return out;
  }

  Visibility visibility() { return static_cast<Visibility>(below(3)); }

  Module module(const Realm& realm) {
    Module out;
    out.name = name();
    out.realm = realm.name;
    out.external = realm.external;
    out.builtin = chance(10);
    out.metadata = metadata();
    for (int i = below(3); i > 0; --i) out.configs.push_back({name(), type(), line_comments(), {}});
    for (int i = below(3); i > 0; --i) out.secrets.push_back({name(), type(), line_comments(), {}});
    for (int i = below(2); i > 0; --i) {
      out.databases.push_back({"mysql", name(), metadata(), line_comments(), {}});
    }
    for (int i = below(2); i > 0; --i) {
      out.topics.push_back({visibility(), name(), type(), metadata(), line_comments(), {}});
    }
    for (int i = below(2); i > 0; --i) {
      out.type_aliases.push_back({visibility(), name(), type(), metadata(), line_comments(), {}});
    }
    for (int i = below(3); i > 0; --i) out.enums.push_back(enumeration());
    for (int i = below(4); i > 0; --i) out.datas.push_back(data());
    for (int i = below(4); i > 0; --i) {
      out.verbs.push_back({visibility(), name(), type(), type(), metadata(), line_comments(), {}});
    }
    out.comments = block_comments();
    return out;
  }

  Enum enumeration() {
    Enum out{visibility(), name(), {}, {}, block_comments(), {}};
    if (chance(2)) out.type = type();
    for (int i = below(4); i > 0; --i) {
      EnumVariant& variant = out.variants.emplace_back();
      variant.name = name();
      if (chance(2)) {
        variant.value = value();
      } else {
        variant.value = type();
      }
      variant.comments = line_comments();
    }
    return out;
  }

  Data data() {
    Data out;
    out.visibility = visibility();
    out.name = name();
    for (int i = below(3); i > 0; --i) out.parameters.push_back({name(), {}});
    out.metadata = metadata();
    for (int i = below(4); i > 0; --i) {
      out.fields.push_back({name(), type(), metadata(), line_comments(), {}});
    }
    out.comments = block_comments();
    return out;
  }

  std::mt19937_64 random_;
};

}  // namespace

Schema generate_schema(std::uint64_t seed) { return Generator(seed).schema(); }

}  // namespace millrace::schema
