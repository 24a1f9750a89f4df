// Schema text in tokens, one at a time. Comments are handed out beside the tokens. Positions are
// counted on the way, so that the whole is linear. Private to this library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/place.hpp"

namespace millrace::schema {

enum class TokenKind : std::uint8_t {
  word,     // an Ident
  number,   // starts with a digit or a minus sign: also durations such as 1m5s
  string,   // `text` is what it stands for, escapes undone
  punct,    // one character
  no_name,  // what somebody took for a word: `größe`, `my-thing`
  bad,      // `text` says what is wrong
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  Spot spot;
  std::size_t index = 0;     // counts tokens from 1; raw pieces count too
  bool starts_line = false;  // nothing but blanks and comments before it on its line
};

struct LexedComment {
  std::string text;
  std::uint32_t line = 0;
  std::size_t after_token = 0;  // index of the token before it
};

class Lexer {
 public:
  explicit Lexer(std::string_view text);

  // The next token; comments on the way are appended to `comments`.
  Token next(std::vector<LexedComment>& comments);

  struct Mark {
    std::size_t offset = 0;
    Spot spot{1, 1};
    std::size_t index = 0;
    bool fresh_line = true;
  };
  // Letters looked at so far, those that were read again too.
  std::size_t steps() const { return steps_; }
  Mark mark() const { return at_; }
  void rewind(const Mark& mark) { at_ = mark; }

  // From here, blanks skipped, up to the first blank: a path or a digest.
  Token raw_word();
  // From here, blanks skipped, up to the end of the line, a comment, a `}` or a `+`: a cron
  // expression, its own blanks made single.
  Token raw_line();

 private:
  bool done() const { return at_.offset >= text_.size(); }
  char peek(std::size_t ahead = 0) const;
  void step();
  void skip_blanks();
  void skip_space(std::vector<LexedComment>& comments);
  LexedComment comment();
  void word(Token& token);
  void rest_of_no_name(Token& token);
  void foreign(Token& token);
  bool at_foreign() const { return !done() && static_cast<unsigned char>(peek()) >= 0x80; }
  bool at_foreign_letter() const;
  void number(Token& token);
  void string(Token& token);
  bool escape(std::string& out);
  bool unicode_escape(std::string& out);
  Token begin(TokenKind kind);

  std::string_view text_;
  Mark at_;
  std::size_t steps_ = 0;
};

}  // namespace millrace::schema
