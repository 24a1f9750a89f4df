#include "parser.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "quote.hpp"
#include "schema/limits.hpp"
#include "schema/suggest.hpp"
#include "utf8.hpp"

namespace millrace::schema {

namespace {

// Enough of a token to know it again.
std::string shown(const std::string& token) {
  static constexpr std::size_t shown_max = 40;
  std::string text = token.substr(0, shown_max);
  while (invalid_utf8_at(text) != std::string::npos) text.pop_back();
  return text;
}

std::string clash_text(const Realm& known) {
  return "the realm `" + known.name + "` is " + (known.external ? "external" : "not external") +
         " at " + known.file.name + ":" + std::to_string(known.spot.line) +
         "; make both the same, or rename one";
}

void append(std::vector<std::string>& to, std::vector<std::string>& lines) {
  std::move(lines.begin(), lines.end(), std::back_inserter(to));
}

// Two blocks of one realm become one, with all their comments.
void join_comments(Realm& known, Realm more) {
  Comments& comments = more.comments;
  if (!comments.after.empty()) comments.before.push_back(std::move(comments.after));
  if (!comments.end.empty()) comments.closing.push_back(std::move(comments.end));
  append(known.comments.before, comments.before);
  append(known.comments.closing, comments.closing);
}

}  // namespace

Parser::Parser(std::string_view text, std::string file) : file_(std::move(file)), lexer_(text) {
  advance();
}

ParseResult Parser::run() {
  while (!at_end() && result_.diagnostics.size() < diagnostics_max) {
    const std::size_t began = cur_.index;
    if (!top_level() && cur_.index == began) advance();
  }
  result_.schema.closing_comments = take();
  sort_modules();
  sort_diagnostics(result_.diagnostics);
  result_.steps = lexer_.steps() + moved_;
  return std::move(result_);
}

// Modules of realm blocks come first, in the order of the blocks, as the printer writes them.
void Parser::sort_modules() {
  std::vector<std::vector<Module>> by_realm(realms_.size() + 1);
  for (Module& module : result_.schema.modules) {
    const auto realm = realms_.find(module.realm);
    const bool outside = realm == realms_.end();
    module.external = !outside && result_.schema.realms[realm->second].external;
    by_realm[outside ? realms_.size() : realm->second].push_back(std::move(module));
  }
  result_.schema.modules.clear();
  for (std::vector<Module>& modules : by_realm) {
    for (Module& module : modules) result_.schema.modules.push_back(std::move(module));
  }
}

void Parser::advance() {
  prev_ = std::move(cur_);
  before_cur_ = lexer_.mark();
  comments_before_cur_ = comments_.size();
  cur_ = lexer_.next(comments_);
}

// Reads a raw piece that begins right after `prev_`, in place of the token that was looked at.
Token Parser::raw(Token (Lexer::*read)()) {
  lexer_.rewind(before_cur_);
  comments_.resize(comments_before_cur_);
  cur_ = (lexer_.*read)();
  Token token = cur_;
  advance();
  return token;
}

bool Parser::accept(char punct) {
  if (!at(punct)) return false;
  advance();
  return true;
}

bool Parser::accept_word(std::string_view word) {
  if (!at_word(word)) return false;
  advance();
  return true;
}

bool Parser::expect(char punct, std::string_view where) {
  if (accept(punct)) return true;
  return wrong("`" + std::string(1, punct) + "` " + std::string(where));
}

// `größe`, `my-thing`, `9lives`: refused, and taken for the name that it was meant to be.
bool Parser::at_no_name() const {
  return cur_.kind == TokenKind::no_name ||
         (cur_.kind == TokenKind::number &&
          std::any_of(cur_.text.begin(), cur_.text.end(),
                      [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }));
}

bool Parser::ident(std::string& name, Spot& spot, std::string_view what) {
  if (at_no_name()) {
    complain(cur_.spot, no_name_text(shown(cur_.text)), "invalid-name");
  } else if (cur_.kind != TokenKind::word) {
    return wrong(what);
  }
  name = cur_.text;
  spot = cur_.spot;
  advance();
  return true;
}

bool Parser::string(std::string& text, std::string_view what) {
  if (cur_.kind != TokenKind::string) return wrong(std::string(what) + " in double quotes");
  text = cur_.text;
  advance();
  return true;
}

bool Parser::wrong(std::string_view wanted, std::string hint) {
  const std::string want(wanted);
  if (cur_.kind == TokenKind::bad) return complain(cur_.spot, cur_.text + "; expected " + want);
  if (at_end()) return complain(cur_.spot, "expected " + want + ", got the end of the file");
  const bool text = cur_.kind == TokenKind::string;
  if (at('/') || at('#')) hint += "; a comment is `// ...`, to the end of its line";
  if (at(';') || (at(',') && want.ends_with("or `}`"))) hint += "; take it away";
  return complain(cur_.spot, "expected " + want + ", got " + (text ? "the string " : "") + "`" +
                                 shown(cur_.text) + "`" + std::move(hint));
}

// What goes wrong where something went wrong already is no news.
bool Parser::complain(const Spot& spot, std::string message, std::string_view rule) {
  std::vector<Diagnostic>& told = result_.diagnostics;
  const Place place{file_, spot.line, spot.column};
  if (told.size() < diagnostics_max && (told.empty() || told.back().place != place)) {
    told.push_back({place, std::string(rule), one_line(std::move(message))});
  }
  return false;
}

std::vector<std::string> Parser::take() {
  std::vector<std::string> texts;
  moved_ += comments_.size();
  for (LexedComment& comment : comments_) texts.push_back(std::move(comment.text));
  comments_.clear();
  comments_before_cur_ = 0;
  return texts;
}

void Parser::end_line(Comments& comments) {
  std::vector<LexedComment> later;
  moved_ += comments_.size();
  for (LexedComment& comment : comments_) {
    if (comment.after_token < prev_.index) {
      comments.before.push_back(std::move(comment.text));
    } else if (comment.line == prev_.spot.line && comments.after.empty()) {
      comments.after = std::move(comment.text);
    } else {
      later.push_back(std::move(comment));
    }
  }
  comments_ = std::move(later);
  comments_before_cur_ = 0;
}

void Parser::end_block(Comments& comments) {
  std::vector<LexedComment> later;
  moved_ += comments_.size();
  for (LexedComment& comment : comments_) {
    if (comment.after_token < prev_.index) {
      comments.closing.push_back(std::move(comment.text));
    } else if (comment.line == prev_.spot.line) {
      comments.end = std::move(comment.text);
    } else {
      later.push_back(std::move(comment));
    }
  }
  comments_ = std::move(later);
  comments_before_cur_ = 0;
}

// A module that begins before the one at hand was closed.
bool Parser::at_next_module() const {
  return cur_.starts_line && cur_.spot.column == 1 &&
         (at_word("module") || at_word("realm") || at_word("builtin") || at_word("external"));
}

void Parser::skip_item() {
  int open = 0;
  while (!at_end()) {
    if (open == 0 && (cur_.starts_line || at('}'))) break;
    if (at('{')) ++open;
    if (at('}')) --open;
    advance();
  }
  take();
}

void Parser::skip_decl() {
  static const std::set<std::string_view> starts = {
      "config", "secret", "database", "topic", "typealias", "enum", "data", "verb", "export"};
  int open = 0;
  while (!at_end()) {
    const bool word = cur_.kind == TokenKind::word && cur_.starts_line;
    if (open == 0 && (at('}') || (word && starts.count(cur_.text) > 0))) break;
    if (at_next_module()) break;
    if (at('{')) ++open;
    if (at('}')) --open;
    advance();
  }
}

// To the next module of this realm or file, or the end of the block.
void Parser::skip_to_module() {
  int open = 0;
  do {
    if (at('{')) ++open;
    if (at('}')) --open;
    advance();
    const bool word = at_word("module") || at_word("realm") || at_word("external") ||
                      at_word("builtin") || at('}');
    if (at_next_module() || (open <= 0 && word)) return;
  } while (!at_end());
}

bool Parser::top_level() {
  std::vector<std::string> before = take();
  if (at_word("realm") || at_word("external")) return realm(std::move(before));
  if (at_word("module") || at_word("builtin")) return module({}, std::move(before));
  std::string hint = cur_.kind == TokenKind::word
                         ? did_you_mean(cur_.text, {"module", "realm", "external", "builtin"})
                         : std::string();
  if (at('}')) hint = "; a block was closed once too often";
  wrong("`module` or `realm`", std::move(hint));
  skip_to_module();
  return true;
}

bool Parser::realm(std::vector<std::string> before) {
  Realm realm;
  realm.comments.before = std::move(before);
  realm.external = accept_word("external");
  if (!accept_word("realm")) return wrong("`realm`");
  if (!ident(realm.name, realm.spot, "the name of the realm")) return false;
  if (!expect('{', "after the realm's name")) return false;
  end_line(realm.comments);
  while (!at('}') && !at_end()) {
    std::vector<std::string> above = take();
    if (at_word("module") || at_word("builtin")) {
      module(realm.name, std::move(above));
    } else {
      if (at_next_module()) break;  // a realm that was not closed
      wrong("`module` or `}`");
      skip_to_module();
    }
  }
  if (expect('}', "at the end of realm " + realm.name)) end_block(realm.comments);
  add_realm(std::move(realm));
  return true;
}

void Parser::add_realm(Realm realm) {
  realm.file.name = file_;
  ++moved_;
  const auto [at, fresh] = realms_.try_emplace(realm.name, realms_.size());
  if (fresh) {
    result_.schema.realms.push_back(std::move(realm));
    return;
  }
  Realm& known = result_.schema.realms[at->second];
  if (known.external != realm.external) {
    complain(realm.spot, clash_text(known), "duplicate-realm");
  }
  join_comments(known, std::move(realm));
}

bool Parser::module(const std::string& realm, std::vector<std::string> before) {
  Module module;
  module.realm = realm;
  module.file.name = file_;
  module.comments.before = std::move(before);
  module.builtin = accept_word("builtin");
  if (!accept_word("module")) return wrong("`module`");
  if (!ident(module.name, module.spot, "the name of the module")) return false;
  if (!expect('{', "after the module's name")) return false;
  end_line(module.comments);
  module_body(module);
  if (expect('}', "or a declaration in module " + module.name)) end_block(module.comments);
  result_.schema.modules.push_back(std::move(module));
  return true;
}

void Parser::module_body(Module& module) {
  if (!metadata_list(module.metadata)) skip_decl();
  while (!at('}') && !at_end() && result_.diagnostics.size() < diagnostics_max) {
    if (at_next_module()) return;
    if (!decl(module)) {
      const std::size_t began = cur_.index;
      skip_decl();
      if (cur_.index == began && !at('}') && !cur_.starts_line) advance();
    }
  }
}

ParseResult parse(std::string_view text, std::string file) {
  if (text.size() > file_bytes_max) {
    ParseResult result;
    result.diagnostics.push_back({{std::move(file), 1, 1},
                                  "syntax",
                                  "the file has " + std::to_string(text.size()) +
                                      " bytes; at most " + std::to_string(file_bytes_max) +
                                      " are read: split it by module"});
    return result;
  }
  if (const std::size_t bad = invalid_utf8_at(text); bad != std::string_view::npos) {
    ParseResult result;
    const std::string_view good = text.substr(0, bad);
    const bool wide = text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff";
    const auto line = 1 + std::count(good.begin(), good.end(), '\n');
    const std::string_view row = good.substr(good.rfind('\n') + 1);
    const auto column = 1 + std::count_if(row.begin(), row.end(), [](char c) {
                          return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                        });
    result.diagnostics.push_back(
        {{std::move(file), static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)},
         "syntax",
         wide ? "the text is UTF-16; save it as UTF-8" : "the text is not valid UTF-8 from here"});
    return result;
  }
  return Parser(text, std::move(file)).run();
}

std::vector<Diagnostic> merge(Schema& into, Schema more) {
  std::vector<Diagnostic> clashes;
  for (Realm& realm : more.realms) {
    const auto known = std::find_if(into.realms.begin(), into.realms.end(),
                                    [&](const Realm& other) { return other.name == realm.name; });
    if (known == into.realms.end()) {
      into.realms.push_back(std::move(realm));
      continue;
    }
    if (known->external != realm.external) {
      clashes.push_back({{realm.file.name, realm.spot.line, realm.spot.column},
                         "duplicate-realm",
                         clash_text(*known)});
    }
    join_comments(*known, std::move(realm));
  }
  for (Module& module : more.modules) into.modules.push_back(std::move(module));
  append(into.closing_comments, more.closing_comments);
  return clashes;
}

}  // namespace millrace::schema
