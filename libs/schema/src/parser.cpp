#include "parser.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "quote.hpp"
#include "schema/limits.hpp"
#include "suggest.hpp"
#include "utf8.hpp"

namespace millrace::schema {

Parser::Parser(std::string_view text, std::string file) : file_(std::move(file)), lexer_(text) {
  advance();
}

ParseResult Parser::run() {
  while (!at_end() && result_.diagnostics.size() < diagnostics_max) {
    const std::size_t began = cur_.index;
    if (!top_level() && cur_.index == began) advance();
  }
  result_.schema.closing_comments = take();
  // Modules of realm blocks come first, in the order of the blocks, as the printer writes them.
  const auto rank = [this](const Module& module) {
    const auto& realms = result_.schema.realms;
    return std::find_if(realms.begin(), realms.end(),
                        [&](const Realm& realm) { return realm.name == module.realm; }) -
           realms.begin();
  };
  std::stable_sort(result_.schema.modules.begin(), result_.schema.modules.end(),
                   [&rank](const Module& a, const Module& b) { return rank(a) < rank(b); });
  sort_diagnostics(result_.diagnostics);
  return std::move(result_);
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

bool Parser::ident(std::string& name, Spot& spot, std::string_view what) {
  if (cur_.kind != TokenKind::word) return wrong(what);
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
  static constexpr std::size_t shown_max = 40;
  std::string shown = cur_.text.substr(0, shown_max);
  while (invalid_utf8_at(shown) != std::string::npos) shown.pop_back();
  const bool text = cur_.kind == TokenKind::string;
  return complain(cur_.spot, "expected " + want + ", got " + (text ? "the string " : "") + "`" +
                                 shown + "`" + std::move(hint));
}

bool Parser::complain(const Spot& spot, std::string message) {
  if (result_.diagnostics.size() < diagnostics_max) {
    result_.diagnostics.push_back(
        {{file_, spot.line, spot.column}, "syntax", one_line(std::move(message))});
  }
  return false;
}

std::vector<std::string> Parser::take() {
  std::vector<std::string> texts;
  for (LexedComment& comment : comments_) texts.push_back(std::move(comment.text));
  comments_.clear();
  comments_before_cur_ = 0;
  return texts;
}

void Parser::end_line(Comments& comments) {
  std::vector<LexedComment> later;
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

bool Parser::top_level() {
  std::vector<std::string> before = take();
  if (at_word("realm") || at_word("external")) return realm(std::move(before));
  if (at_word("module") || at_word("builtin")) return module({}, std::move(before));
  const std::string hint = cur_.kind == TokenKind::word
                               ? did_you_mean(cur_.text, {"module", "realm", "external", "builtin"})
                               : std::string();
  wrong("`module` or `realm`", hint);
  int open = 0;
  do {
    if (at('{')) ++open;
    if (at('}')) --open;
    advance();
  } while (!at_end() && (open > 0 || !(at_word("module") || at_word("realm") ||
                                       at_word("external") || at_word("builtin"))));
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
      wrong("`module` or `}`");
      skip_item();
      if (!at('}') && !at_word("module") && !at_word("builtin")) advance();
    }
  }
  if (expect('}', "at the end of realm " + realm.name)) end_block(realm.comments);
  add_realm(std::move(realm));
  return true;
}

void Parser::add_realm(Realm realm) {
  for (Realm& known : result_.schema.realms) {
    if (known.name != realm.name) continue;
    if (known.external != realm.external) {
      complain(realm.spot, "realm " + realm.name + " is both external and not");
    }
    for (std::string& line : realm.comments.before)
      known.comments.before.push_back(std::move(line));
    for (std::string& line : realm.comments.closing) {
      known.comments.closing.push_back(std::move(line));
    }
    return;
  }
  result_.schema.realms.push_back(std::move(realm));
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
    const auto line = 1 + std::count(good.begin(), good.end(), '\n');
    const std::string_view row = good.substr(good.rfind('\n') + 1);
    const auto column = 1 + std::count_if(row.begin(), row.end(), [](char c) {
                          return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                        });
    result.diagnostics.push_back(
        {{std::move(file), static_cast<std::uint32_t>(line), static_cast<std::uint32_t>(column)},
         "syntax",
         "the text is not valid UTF-8 from here"});
    return result;
  }
  return Parser(text, std::move(file)).run();
}

void merge(Schema& into, Schema more) {
  for (Realm& realm : more.realms) {
    const bool known = std::any_of(into.realms.begin(), into.realms.end(),
                                   [&](const Realm& other) { return other.name == realm.name; });
    if (!known) into.realms.push_back(std::move(realm));
  }
  for (Module& module : more.modules) into.modules.push_back(std::move(module));
  for (std::string& line : more.closing_comments) into.closing_comments.push_back(std::move(line));
}

}  // namespace millrace::schema
