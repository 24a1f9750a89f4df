// The canonical printer. One class walks the model and writes lines; the layout rules are: two
// spaces a level, declarations in canonical order with an empty line between those that are not of
// one simple kind, metadata one a line below what it belongs to, but after a field on its line.

#include <algorithm>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "metadata_text.hpp"
#include "quote.hpp"
#include "schema/text.hpp"

namespace millrace::schema {

namespace {

std::string joined(const std::vector<Ref>& refs) {
  std::string text;
  for (const Ref& ref : refs) text += (text.empty() ? "" : ", ") + to_string(ref);
  return text;
}

std::string_view word_of(QueryKind kind) {
  switch (kind) {
    case QueryKind::one: return "one";
    case QueryKind::many: return "many";
    case QueryKind::exec: break;
  }
  return "exec";
}

// What follows the keyword of a piece of metadata, with a space in front where there is any.
struct MetadataText {
  std::string operator()(const Ingress& value) const {
    return " http " + value.method + " " + value.path;
  }
  std::string operator()(const Alias& value) const { return " json " + quoted(value.name); }
  std::string operator()(const Encoding& value) const {
    return value.lenient ? " json lenient" : " json";
  }
  std::string operator()(const Calls& value) const { return " " + joined(value.verbs); }
  std::string operator()(const UsesDatabases& value) const {
    return " uses " + joined(value.databases);
  }
  std::string operator()(const UsesSecrets& value) const { return " " + joined(value.secrets); }
  std::string operator()(const UsesConfigs& value) const { return " " + joined(value.configs); }
  std::string operator()(const Cron& value) const { return " " + value.expression; }
  std::string operator()(const Publish& value) const { return " " + joined(value.topics); }
  std::string operator()(const Subscribe& value) const {
    return " " + to_string(value.topic) +
           (value.from == Offset::latest ? " from=latest" : " from=beginning") +
           (value.dead_letter ? " deadletter" : "");
  }
  std::string operator()(const Retry& value) const {
    std::string text;
    if (value.count) text += " " + std::to_string(*value.count);
    if (!value.min_backoff.empty()) text += " " + value.min_backoff;
    if (!value.max_backoff.empty()) text += " " + value.max_backoff;
    if (value.catch_verb) text += " catch " + to_string(*value.catch_verb);
    return text;
  }
  std::string operator()(const TypeMap& value) const {
    return " " + value.runtime + " " + quoted(value.native_name);
  }
  std::string operator()(const Migration& value) const { return " sha256:" + value.digest; }
  std::string operator()(const Artefact& value) const {
    return " " + quoted(value.path) + " " + quoted(value.digest) +
           (value.executable ? " executable" : "");
  }
  std::string operator()(const SqlColumn& value) const {
    return " " + value.table + "." + value.column;
  }
  std::string operator()(const SqlQuery& value) const {
    return " " + std::string(word_of(value.kind)) + " " + quoted(value.sql);
  }
  std::string operator()(const Partitions& value) const {
    return " " + std::to_string(value.count);
  }
  std::string operator()(const Generated&) const { return {}; }
  std::string operator()(const Git& value) const {
    return " " + quoted(value.repository) + " " + quoted(value.commit) +
           (value.dirty ? " dirty" : "");
  }
  std::string operator()(const Fixture& value) const { return value.manual ? " manual" : ""; }
  std::string operator()(const Transaction&) const { return {}; }
  std::string operator()(const Egress& value) const {
    std::string text;
    for (const std::string& target : value.targets) {
      text += (text.empty() ? " " : ", ") + quoted(target);
    }
    return text;
  }
  std::string operator()(const Image& value) const {
    return " " + quoted(value.name) + ":" + quoted(value.digest);
  }
};

}  // namespace

std::string text_of(const Metadata& entry) {
  return "+" + std::string(keyword_of(entry.value)) + std::visit(MetadataText{}, entry.value);
}

namespace {

std::string_view word_of(Visibility visibility) {
  switch (visibility) {
    case Visibility::internal: return "";
    case Visibility::exported: return "export ";
    case Visibility::exported_realm: break;
  }
  return "export realm ";
}

class Printer {
 public:
  explicit Printer(bool with_comments) : with_comments_(with_comments) {}

  std::string take() { return std::move(out_); }

  void schema(const Schema& schema) {
    std::vector<Realm> realms = schema.realms;
    std::unordered_map<std::string, std::vector<const Module*>> members;
    for (const Realm& entry : realms) members.try_emplace(entry.name);
    std::vector<const Module*> others;
    for (const Module& entry : schema.modules) {
      if (entry.realm.empty()) {
        others.push_back(&entry);
        continue;
      }
      // What is deployed knows its realm by name only.
      const auto [home, fresh] = members.try_emplace(entry.realm);
      if (fresh) realms.push_back({entry.realm, entry.external, {}, {}});
      home->second.push_back(&entry);
    }
    for (const Realm& entry : realms) realm(entry, members[entry.name]);
    for (const Module* entry : others) top(*entry);
    if (!schema.closing_comments.empty() && with_comments_) {
      if (!out_.empty()) out_ += '\n';
      above(schema.closing_comments);
    }
  }

  void top(const Module& entry) {
    if (!out_.empty()) out_ += '\n';
    module(entry);
  }

 private:
  void line(const std::string& text, const std::string& comment = {}) {
    out_.append(static_cast<std::size_t>(level_) * 2, ' ');
    out_ += text;
    if (with_comments_ && !comment.empty()) out_ += " // " + comment;
    out_ += '\n';
  }

  void above(const std::vector<std::string>& comments) {
    if (!with_comments_) return;
    for (const std::string& comment : comments) line(comment.empty() ? "//" : "// " + comment);
  }

  void close(const Comments& comments) {
    above(comments.closing);
    --level_;
    line("}", comments.end);
  }

  void metadata(const std::vector<Metadata>& list) {
    for (const Metadata& entry : sorted(list)) {
      above(entry.comments.before);
      line(text_of(entry), entry.comments.after);
    }
  }

  static std::vector<Metadata> sorted(std::vector<Metadata> list) {
    std::stable_sort(list.begin(), list.end(), [](const Metadata& a, const Metadata& b) {
      return a.value.index() < b.value.index();
    });
    return list;
  }

  void realm(const Realm& realm, const std::vector<const Module*>& members) {
    if (!out_.empty()) out_ += '\n';
    above(realm.comments.before);
    line((realm.external ? "external realm " : "realm ") + realm.name + " {", realm.comments.after);
    ++level_;
    bool first = true;
    for (const Module* entry : members) {
      if (!first) out_ += '\n';
      first = false;
      module(*entry);
    }
    close(realm.comments);
  }

  void module(const Module& module) {
    above(module.comments.before);
    line((module.builtin ? "builtin module " : "module ") + module.name + " {",
         module.comments.after);
    ++level_;
    metadata(module.metadata);
    first_ = module.metadata.empty();
    last_simple_ = false;
    for_each_decl(module, [this](const auto& decl) { separated(decl); });
    close(module.comments);
  }

  template <class Decl>
  void separated(const Decl& entry) {
    constexpr bool simple = std::is_same_v<Decl, Config> || std::is_same_v<Decl, Secret>;
    if (!first_ && !(simple && last_simple_)) out_ += '\n';
    first_ = false;
    last_simple_ = simple;
    above(entry.comments.before);
    decl(entry);
  }

  void decl(const Config& decl) {
    line("config " + decl.name + " " + to_string(decl.type), decl.comments.after);
  }
  void decl(const Secret& decl) {
    line("secret " + decl.name + " " + to_string(decl.type), decl.comments.after);
  }
  void decl(const Database& decl) {
    line("database " + decl.engine + " " + decl.name, decl.comments.after);
    below(decl.metadata);
  }
  void decl(const Topic& decl) {
    line(head(decl, "topic ") + " " + to_string(decl.event), decl.comments.after);
    below(decl.metadata);
  }
  void decl(const TypeAlias& decl) {
    line(head(decl, "typealias ") + " " + to_string(decl.type), decl.comments.after);
    below(decl.metadata);
  }
  void decl(const Enum& decl) {
    const std::string type = decl.type ? ": " + to_string(*decl.type) : "";
    line(head(decl, "enum ") + type + " {", decl.comments.after);
    ++level_;
    for (const EnumVariant& variant : decl.variants) {
      above(variant.comments.before);
      const Value* value = std::get_if<Value>(&variant.value);
      line(variant.name + (value != nullptr ? " = " + to_string(*value)
                                            : " " + to_string(std::get<Type>(variant.value))),
           variant.comments.after);
    }
    close(decl.comments);
  }
  void decl(const Data& decl) {
    std::string parameters;
    for (const TypeParameter& parameter : decl.parameters) {
      parameters += (parameters.empty() ? "<" : ", ") + parameter.name;
    }
    if (!parameters.empty()) parameters += '>';
    line(head(decl, "data ") + parameters + " {", decl.comments.after);
    ++level_;
    metadata(decl.metadata);
    if (!decl.metadata.empty() && !decl.fields.empty()) out_ += '\n';
    for (const Field& entry : decl.fields) field(entry);
    close(decl.comments);
  }
  void decl(const Verb& decl) {
    line(head(decl, "verb ") + "(" + to_string(decl.request) + ") " + to_string(decl.response),
         decl.comments.after);
    below(decl.metadata);
  }

  template <class Decl>
  static std::string head(const Decl& decl, std::string_view keyword) {
    return std::string(word_of(decl.visibility)) + std::string(keyword) + decl.name;
  }

  void below(const std::vector<Metadata>& list) {
    ++level_;
    metadata(list);
    --level_;
  }

  // Whether the metadata can stand on the field's own line without moving a comment.
  bool fits_on_line(const Field& field, const std::vector<Metadata>& list) const {
    for (const Metadata& entry : list) {
      if (std::holds_alternative<Cron>(entry.value)) return false;
      if (!with_comments_) continue;
      if (!entry.comments.before.empty()) return false;
      if (&entry != &list.back() && !entry.comments.after.empty()) return false;
    }
    return !with_comments_ || field.comments.after.empty();
  }

  void field(const Field& field) {
    above(field.comments.before);
    const std::vector<Metadata> list = sorted(field.metadata);
    std::string text = field.name + " " + to_string(field.type);
    if (list.empty() || !fits_on_line(field, list)) {
      line(text, field.comments.after);
      below(list);
      return;
    }
    for (const Metadata& entry : list) text += " " + text_of(entry);
    line(text, list.back().comments.after);
  }

  bool with_comments_;
  int level_ = 0;
  bool first_ = true;
  bool last_simple_ = false;
  std::string out_;
};

std::string printed(const Module& module, bool with_comments) {
  Printer printer(with_comments);
  printer.top(module);
  return printer.take();
}

}  // namespace

std::string print(const Schema& schema) {
  Printer printer(true);
  printer.schema(schema);
  return printer.take();
}

std::string print(const Module& module) { return printed(module, true); }
std::string print_without_comments(const Module& module) { return printed(module, false); }

FormatResult format(std::string_view text, std::string file) {
  ParseResult parsed = parse(text, std::move(file));
  if (!parsed.ok()) return {{}, std::move(parsed.diagnostics)};
  return {print(parsed.schema), {}};
}

namespace {

template <class Decl>
void sort_by_name(std::vector<Decl>& decls) {
  std::stable_sort(decls.begin(), decls.end(),
                   [](const Decl& a, const Decl& b) { return a.name < b.name; });
}

}  // namespace

statekit::Digest module_digest(const Module& module) {
  Module ordered = module;
  sort_by_name(ordered.configs);
  sort_by_name(ordered.secrets);
  sort_by_name(ordered.databases);
  sort_by_name(ordered.topics);
  sort_by_name(ordered.type_aliases);
  sort_by_name(ordered.enums);
  sort_by_name(ordered.datas);
  sort_by_name(ordered.verbs);
  const std::string realm = (ordered.external ? "external " : "") + ordered.realm;
  return statekit::sha256(realm + "\n" + print_without_comments(ordered));
}

}  // namespace millrace::schema
