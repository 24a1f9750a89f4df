// The recursive-descent parser of one file. Every `parse_...` answers false after it has reported
// what is wrong; the loops over declarations, fields and variants then skip to where they can go
// on. Private to this library.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lexer.hpp"
#include "schema/text.hpp"

namespace millrace::schema {

class Parser {
 public:
  Parser(std::string_view text, std::string file);
  ParseResult run();

 private:
  // Tokens (parser.cpp).
  void advance();
  bool at_end() const { return cur_.kind == TokenKind::end; }
  bool at(char punct) const { return cur_.kind == TokenKind::punct && cur_.text.front() == punct; }
  bool at_word(std::string_view word) const {
    return cur_.kind == TokenKind::word && cur_.text == word;
  }
  bool same_line() const { return !cur_.starts_line && !at_end(); }
  bool accept(char punct);
  bool accept_word(std::string_view word);
  bool expect(char punct, std::string_view where);
  bool ident(std::string& name, Spot& spot, std::string_view what);
  bool string(std::string& text, std::string_view what);
  Token raw(Token (Lexer::*read)());
  bool wrong(std::string_view wanted, std::string hint = {});
  bool complain(const Spot& spot, std::string message, std::string_view rule = "syntax");
  bool at_no_name() const;

  // Comments (parser.cpp). `take` gives those above an item about to begin; `end_line` and
  // `end_block` those beside and inside what was just read.
  std::vector<std::string> take();
  void end_line(Comments& comments);
  void end_block(Comments& comments);

  // Going on after an error: to the next thing on its own line, or the end of this block.
  bool at_next_module() const;
  void skip_item();
  void skip_decl();
  void skip_to_module();

  // Structure (parser.cpp, parser_decl.cpp).
  bool top_level();
  void sort_modules();
  bool realm(std::vector<std::string> before);
  void add_realm(Realm realm);
  bool module(const std::string& realm, std::vector<std::string> before);
  void module_body(Module& module);
  bool decl(Module& module);
  bool decl_of(Module& module, Visibility visibility, bool visible, Comments comments);
  bool no_visibility(bool visible, std::string_view what);
  bool no_metadata(const std::string& what);
  bool config(Module& module, Comments comments);
  bool secret(Module& module, Comments comments);
  bool database(Module& module, Comments comments);
  bool topic(Module& module, Visibility visibility, Comments comments);
  bool type_alias(Module& module, Visibility visibility, Comments comments);
  bool enumeration(Module& module, Visibility visibility, Comments comments);
  bool variant(Enum& decl);
  bool data(Module& module, Visibility visibility, Comments comments);
  bool type_parameters(Data& decl);
  bool field(Data& decl);
  bool verb(Module& module, Visibility visibility, Comments comments);

  // Types and values (parser_type.cpp).
  bool type(Type& type, int depth = 1);
  bool type_arguments(Type& type, int depth);
  bool value(Value& value);
  bool integer(std::int64_t& number, std::string_view what);
  bool ref(Ref& ref, std::string_view what);
  bool refs(std::vector<Ref>& refs, std::string_view what);

  // Metadata (parser_metadata.cpp).
  bool metadata_list(std::vector<Metadata>& list);
  bool metadata(std::vector<Metadata>& list);
  std::optional<MetadataValue> metadata_value();
  std::optional<MetadataValue> ingress();
  std::optional<MetadataValue> alias();
  std::optional<MetadataValue> encoding();
  std::optional<MetadataValue> calls();
  std::optional<MetadataValue> databases();
  std::optional<MetadataValue> secrets();
  std::optional<MetadataValue> configs();
  std::optional<MetadataValue> cron();
  std::optional<MetadataValue> publish();
  std::optional<MetadataValue> subscribe();
  std::optional<MetadataValue> retry();
  std::optional<MetadataValue> typemap();
  std::optional<MetadataValue> migration();
  std::optional<MetadataValue> artefact();
  std::optional<MetadataValue> sql();
  std::optional<MetadataValue> partitions();
  std::optional<MetadataValue> generated();
  std::optional<MetadataValue> git();
  std::optional<MetadataValue> fixture();
  std::optional<MetadataValue> transaction();
  std::optional<MetadataValue> egress();
  std::optional<MetadataValue> image();
  bool flag(std::string_view word);

  std::string file_;
  Lexer lexer_;
  Token cur_;
  Token prev_;
  Lexer::Mark before_cur_;               // where the text after `prev_` begins
  std::size_t comments_before_cur_ = 0;  // of `comments_`, those found before `cur_` was looked for
  std::vector<LexedComment> comments_;
  std::size_t moved_ = 0;                                // comments and realms handed on
  std::unordered_map<std::string, std::size_t> realms_;  // by name, their place in the result
  ParseResult result_;
};

}  // namespace millrace::schema
