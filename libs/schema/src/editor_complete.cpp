// What could stand at a place: told from the tokens before it, so that it works in the middle of a
// line that does not parse yet.
#include <algorithm>
#include <set>

#include "lexer.hpp"
#include "schema/builtin.hpp"
#include "schema/editor.hpp"

namespace millrace::schema {

namespace {

using Found = std::vector<Completion>;
using Modules = std::vector<const Module*>;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The text without the word being typed.
std::string_view without_last_word(std::string_view text) {
  while (!text.empty() && is_word(text.back())) text.remove_suffix(1);
  return text;
}

enum class Block { top, realm, module, data, enumeration };

// What surrounds the cursor.
struct Context {
  Block block = Block::top;
  std::string module;                   // the one that the cursor is in
  std::vector<Token> item;              // of the declaration, field or metadata that is being typed
  std::vector<std::string> parameters;  // of the data that the cursor is in
  std::string owner;                    // what metadata would belong to: "verb", "field", ...
  bool nothing = false;                 // in a comment or a string
};

bool opens_item(const Token& token) {
  static const std::set<std::string_view> words = {
      "export", "config", "secret", "database", "topic",    "typealias", "enum",
      "data",   "verb",   "module", "realm",    "external", "builtin"};
  return token.kind == TokenKind::word && words.count(token.text) > 0;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : lexer_(text) {}

  Context run(bool fresh_line) {
    std::vector<LexedComment> comments;
    for (Token token = lexer_.next(comments); token.kind != TokenKind::end;
         token = lexer_.next(comments)) {
      take(token);
    }
    const bool goes_on =
        !context_.item.empty() && (is(context_.item.back(), ',') || is(context_.item.back(), '.'));
    if (fresh_line && !goes_on) context_.item.clear();
    if (!blocks_.empty()) context_.block = blocks_.back();
    return std::move(context_);
  }

 private:
  static bool is(const Token& token, char punct) {
    return token.kind == TokenKind::punct && token.text.front() == punct;
  }

  void take(const Token& token) {
    auto& item = context_.item;
    const bool after_comma = !item.empty() && (is(item.back(), ',') || is(item.back(), '.'));
    if (is(token, '+') || (token.starts_line && !after_comma)) item.clear();
    if (is(token, '{') && opens_block()) {
      blocks_.push_back(block_of(item));
      context_.owner = blocks_.back() == Block::module ? "module"
                       : blocks_.back() == Block::data ? "data"
                                                       : "nothing";
      item.clear();
    } else if (is(token, '}') && !in_type(item)) {
      if (!blocks_.empty()) blocks_.pop_back();
      context_.owner = "nothing";
      item.clear();
    } else {
      own(token);
      item.push_back(token);
    }
  }

  // A declaration or field begins: what comes after it may be its metadata.
  void own(const Token& token) {
    const auto& item = context_.item;
    if (blocks_.empty() || is(token, '+')) return;
    if (blocks_.back() == Block::data && item.empty()) context_.owner = "field";
    if (blocks_.back() != Block::module) return;
    const bool begins = std::all_of(item.begin(), item.end(), [](const Token& before) {
      return before.text == "export" || before.text == "realm";
    });
    if (begins && token.text != "export" && token.text != "realm") context_.owner = token.text;
  }

  // A brace of a map stands where a type may; that of a block after a declaration's name.
  bool opens_block() const {
    const auto& item = context_.item;
    if (item.empty()) return false;
    const auto word = [&](std::string_view text) {
      return std::any_of(item.begin(), item.end(), [&](const Token& token) {
        return token.kind == TokenKind::word && token.text == text;
      });
    };
    return opens_item(item.front()) &&
           (word("module") || word("realm") || word("data") || word("enum"));
  }

  static bool in_type(const std::vector<Token>& item) {
    int open = 0;
    for (const Token& token : item) open += is(token, '{') ? 1 : is(token, '}') ? -1 : 0;
    return open > 0;
  }

  Block block_of(const std::vector<Token>& item) {
    for (std::size_t i = 0; i + 1 < item.size(); ++i) {
      if (item[i].text == "module") {
        context_.module = item[i + 1].text;
        return Block::module;
      }
      if (item[i].text == "realm" && item.front().text != "export") return Block::realm;
      if (item[i].text == "data") {
        context_.parameters.clear();
        for (std::size_t at = i + 2; at < item.size(); ++at) {
          if (item[at].kind == TokenKind::word) context_.parameters.push_back(item[at].text);
        }
        return Block::data;
      }
      if (item[i].text == "enum") return Block::enumeration;
    }
    return Block::module;
  }

  Lexer lexer_;
  Context context_;
  std::vector<Block> blocks_;
};

// Whether the line so far ends inside a comment or a string.
bool in_quotes_or_comment(std::string_view line) {
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && line.substr(i, 2) == "//") {
      return true;
    }
  }
  return quoted;
}

void add_words(Found& out, std::initializer_list<const char*> words, const char* detail) {
  for (const char* word : words) out.push_back({word, detail, SymbolKind::value, true});
}

class Suggestions {
 public:
  Suggestions(const Context& context, const Modules& modules)
      : context_(context), modules_(modules) {}

  Found run() {
    const auto& item = context_.item;
    if (item.empty()) {
      starts();
    } else if (item.front().text == "+") {
      metadata();
    } else {
      declaration();
    }
    return std::move(out_);
  }

 private:
  using Kinds = std::set<SymbolKind>;

  std::string word(std::size_t i) const {
    return i < context_.item.size() ? context_.item[i].text : std::string();
  }

  void starts() {
    switch (context_.block) {
      case Block::top: add_words(out_, {"module", "realm", "external"}, "declaration"); break;
      case Block::realm: add_words(out_, {"module"}, "declaration"); break;
      case Block::module:
        add_words(out_,
                  {"config", "secret", "database", "topic", "typealias", "enum", "data", "verb",
                   "export"},
                  "declaration");
        break;
      case Block::data:
      case Block::enumeration: break;  // a name of their own choice
    }
  }

  void metadata() {
    const std::string kind = word(1);
    const std::string last = context_.item.back().text;
    if (context_.item.size() == 1) {
      kinds_of_metadata();
    } else if (kind == "calls" || (kind == "retry" && context_.item.size() > 2 && catches())) {
      names({SymbolKind::verb});
    } else if (kind == "publish") {
      names({SymbolKind::topic});
    } else if (kind == "subscribe") {
      if (context_.item.size() == 2 || last == ".") return names({SymbolKind::topic});
      add_words(out_, {"from", "beginning", "latest", "deadletter"}, "subscription");
    } else if (kind == "config" || kind == "secrets" || (kind == "database" && last != kind)) {
      values(kind == "secrets" ? "secret" : kind);
    } else {
      words_of(kind);
    }
  }

  // Those that have a meaning at the place, in canonical order; all where the place is unclear.
  void kinds_of_metadata() {
    struct Kind {
      const char* word;
      std::set<std::string_view> owners;
    };
    static const std::vector<Kind> kinds = {
        {"ingress", {"verb"}},
        {"alias", {"field"}},
        {"encoding", {"data", "verb"}},
        {"calls", {"verb"}},
        {"database", {"verb"}},
        {"secrets", {"verb"}},
        {"config", {"verb"}},
        {"cron", {"verb"}},
        {"publish", {"verb"}},
        {"subscribe", {"verb"}},
        {"retry", {"verb"}},
        {"typemap", {"typealias"}},
        {"migration", {"database"}},
        {"artefact", {"module"}},
        {"sql", {"field", "verb"}},
        {"partitions", {"topic"}},
        {"generated", {"module", "database", "topic", "typealias", "data", "verb"}},
        {"git", {"module"}},
        {"fixture", {"verb"}},
        {"transaction", {"verb"}},
        {"egress", {"verb"}},
        {"image", {"module"}}};
    const bool any = std::any_of(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return kind.owners.count(context_.owner) > 0;
    });
    static const std::set<std::string_view> none = {"nothing", "config", "secret", "enum"};
    for (const Kind& kind : kinds) {
      if (any ? kind.owners.count(context_.owner) > 0 : none.count(context_.owner) == 0)
        add_words(out_, {kind.word}, "metadata");
    }
  }

  bool catches() const {
    return std::any_of(context_.item.begin(), context_.item.end(),
                       [](const Token& token) { return token.text == "catch"; });
  }

  void words_of(const std::string& kind) {
    if (kind == "database") add_words(out_, {"uses"}, "metadata");
    if (kind == "retry") add_words(out_, {"catch"}, "metadata");
    if (kind == "alias") add_words(out_, {"json"}, "metadata");
    if (kind == "encoding") add_words(out_, {"json", "lenient"}, "metadata");
    if (kind == "artefact") add_words(out_, {"executable"}, "metadata");
    if (kind == "git") add_words(out_, {"dirty"}, "metadata");
    if (kind == "fixture") add_words(out_, {"manual"}, "metadata");
    if (kind == "sql") add_words(out_, {"column", "query", "one", "many", "exec"}, "metadata");
    if (kind == "ingress") {
      add_words(out_, {"http", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"},
                "route");
    }
  }

  void declaration() {
    std::size_t at = 0;
    if (word(0) == "export") {
      at = word(1) == "realm" ? 2 : 1;
      if (context_.item.size() == 1) add_words(out_, {"realm"}, "visibility");
      if (context_.item.size() == at) {
        return add_words(out_, {"topic", "typealias", "enum", "data", "verb"}, "declaration");
      }
    }
    const bool field = context_.block == Block::data || context_.block == Block::enumeration;
    const std::string kind = field ? "field" : word(at);
    if (kind == "database" && context_.item.size() == at + 1) {
      return add_words(out_, {"postgres", "mysql"}, "engine");
    }
    // A name comes first, except in a field, whose first word is the name.
    const std::size_t named = field ? 1 : at + 2;
    if (context_.item.size() < named || kind == "module" || kind == "realm") return;
    types();
  }

  void types() {
    const std::string last = context_.item.back().text;
    if (last != ".") {
      add_words(out_, {"Int", "Float", "String", "Bytes", "Bool", "Time", "Any", "Unit"}, "type");
      if (context_.block == Block::data) {
        for (const std::string& name : context_.parameters) {
          out_.push_back({name, "type parameter", SymbolKind::data, false});
        }
      }
    }
    names({SymbolKind::data, SymbolKind::enumeration, SymbolKind::alias});
  }

  bool visible(const Module& owner, Visibility visibility) const {
    return owner.name == context_.module || visibility != Visibility::internal;
  }

  // The modules with such declarations, or after `module.` the declarations of that one.
  void names(const Kinds& kinds) {
    const auto& item = context_.item;
    const bool qualified = item.back().text == "." && item.size() > 1;
    for (const Module* module : modules_) {
      if (qualified) {
        if (module->name == item[item.size() - 2].text) members(*module, kinds, false);
        continue;
      }
      if (module->name != builtin_name) {
        out_.push_back({module->name, "module", SymbolKind::module, false});
      }
      const bool near = module->name == context_.module || module->name == builtin_name;
      if (near) members(*module, kinds, true);
    }
  }

  void members(const Module& module, const Kinds& kinds, bool bare) {
    const auto add = [&](const auto& decls, SymbolKind kind, const char* detail) {
      if (kinds.count(kind) == 0) return;
      for (const auto& decl : decls) {
        if (!visible(module, decl.visibility)) continue;
        out_.push_back({decl.name, bare ? detail : detail + (" of " + module.name), kind, false});
      }
    };
    add(module.verbs, SymbolKind::verb, "verb");
    add(module.topics, SymbolKind::topic, "topic");
    add(module.type_aliases, SymbolKind::alias, "typealias");
    add(module.enums, SymbolKind::enumeration, "enum");
    add(module.datas, SymbolKind::data, "data");
  }

  // Configs, secrets and databases: those of the module that the cursor is in.
  void values(const std::string& kind) {
    for (const Module* module : modules_) {
      if (module->name != context_.module) continue;
      const auto add = [&](const auto& decls) {
        for (const auto& decl : decls) out_.push_back({decl.name, kind, SymbolKind::value, false});
      };
      if (kind == "config") add(module->configs);
      if (kind == "secret") add(module->secrets);
      if (kind == "database") add(module->databases);
      if (context_.item.back().text != ".") {
        out_.push_back({module->name, "module", SymbolKind::module, false});
      }
    }
  }

  const Context& context_;
  const Modules& modules_;
  Found out_;
};

}  // namespace

std::vector<Completion> completions(std::string_view before, const Modules& modules) {
  const std::string_view text = without_last_word(before);
  const std::size_t start = text.rfind('\n');
  const std::string_view line = start == std::string_view::npos ? text : text.substr(start + 1);
  if (in_quotes_or_comment(line)) return {};
  const bool fresh_line = line.find_first_not_of(" \t") == std::string_view::npos;
  const Context context = Reader(text).run(fresh_line);
  return Suggestions(context, modules).run();
}

}  // namespace millrace::schema
