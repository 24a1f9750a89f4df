#include "lexer.hpp"

#include <charconv>

#include "utf8.hpp"

namespace millrace::schema {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_word_start(c) || is_digit(c); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Blanks and marks of Unicode that nobody sees: pasted text is full of them.
bool is_invisible(std::uint32_t code) {
  return code == 0xa0 || code == 0xad || (code >= 0x2000 && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202f) || (code >= 0x205f && code <= 0x2064) ||
         code == 0x3000 || code == 0xfeff;
}
bool is_quote(std::uint32_t code) {
  return (code >= 0x2018 && code <= 0x201f) || code == 0xab || code == 0xbb;
}

std::string code_point_text(std::uint32_t code) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = "U+";
  for (int shift = code > 0xffff ? 20 : 12; shift >= 0; shift -= 4) {
    text += digits[(code >> shift) & 0xf];
  }
  return text;
}

}  // namespace

Lexer::Lexer(std::string_view text) : text_(text) {
  if (text_.substr(0, 3) == "\xef\xbb\xbf") text_.remove_prefix(3);
}

char Lexer::peek(std::size_t ahead) const {
  return at_.offset + ahead < text_.size() ? text_[at_.offset + ahead] : '\0';
}

void Lexer::step() {
  ++steps_;
  const char c = text_[at_.offset++];
  if (c == '\n') {
    ++at_.spot.line;
    at_.spot.column = 1;
    at_.fresh_line = true;
  } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
    ++at_.spot.column;
  }
}

void Lexer::skip_blanks() {
  while (!done() && is_blank(peek())) step();
}

LexedComment Lexer::comment() {
  LexedComment comment{{}, at_.spot.line, at_.index};
  step();
  step();
  if (peek() == ' ') step();
  while (!done() && peek() != '\n') {
    comment.text += peek();
    step();
  }
  const std::size_t last = comment.text.find_last_not_of(" \t\r");
  comment.text.resize(last == std::string::npos ? 0 : last + 1);
  return comment;
}

void Lexer::skip_space(std::vector<LexedComment>& comments) {
  while (!done()) {
    if (is_blank(peek()) || peek() == '\n') {
      step();
    } else if (peek() == '/' && peek(1) == '/') {
      comments.push_back(comment());
    } else {
      return;
    }
  }
}

Token Lexer::begin(TokenKind kind) {
  Token token{kind, {}, at_.spot, ++at_.index, at_.fresh_line};
  at_.fresh_line = false;
  return token;
}

Token Lexer::next(std::vector<LexedComment>& comments) {
  skip_space(comments);
  Token token = begin(TokenKind::end);
  if (done()) return token;
  const char c = peek();
  if (is_word_start(c)) {
    word(token);
  } else if (is_digit(c) || (c == '-' && is_digit(peek(1)))) {
    number(token);
  } else if (c == '"') {
    string(token);
  } else if (at_foreign()) {
    foreign(token);
  } else {
    token.kind = is_control(c) ? TokenKind::bad : TokenKind::punct;
    token.text = is_control(c) ? "a control character (" +
                                     code_point_text(code_point_at(text_, at_.offset)) + ")"
                               : std::string(1, c);
    step();
  }
  return token;
}

// Or what continues one.
bool Lexer::at_foreign_letter() const {
  if (!at_foreign()) return false;
  if ((static_cast<unsigned char>(peek()) & 0xc0) == 0x80) return true;
  const std::uint32_t code = code_point_at(text_, at_.offset);
  return !is_invisible(code) && !is_quote(code);
}

// A character beyond ASCII outside of strings and comments.
void Lexer::foreign(Token& token) {
  if (at_foreign_letter()) return rest_of_no_name(token);
  const std::uint32_t code = code_point_at(text_, at_.offset);
  token.kind = TokenKind::bad;
  token.text = is_quote(code) ? "a typographic quote (" + code_point_text(code) +
                                    "): strings stand in straight ones, \"like this\""
                              : "an invisible character (" + code_point_text(code) + ")";
  do step();
  while (!done() && (static_cast<unsigned char>(peek()) & 0xc0) == 0x80);
}

// Goes on to the end of what would be a word if names could hold all letters and dashes.
void Lexer::rest_of_no_name(Token& token) {
  token.kind = TokenKind::no_name;
  while (is_word(peek()) || at_foreign_letter() || (peek() == '-' && is_word(peek(1)))) {
    token.text += peek();
    step();
  }
}

void Lexer::word(Token& token) {
  token.kind = TokenKind::word;
  while (is_word(peek())) {
    token.text += peek();
    step();
  }
  if (at_foreign_letter() || (peek() == '-' && is_word(peek(1)))) rest_of_no_name(token);
}

void Lexer::number(Token& token) {
  token.kind = TokenKind::number;
  do {
    token.text += peek();
    step();
    const bool exponent = token.text.back() == 'e' || token.text.back() == 'E';
    if (exponent && (peek() == '+' || peek() == '-') && is_digit(peek(1))) {
      token.text += peek();
      step();
    }
  } while (is_word(peek()) || peek() == '.');
}

void Lexer::string(Token& token) {
  token.kind = TokenKind::string;
  step();
  while (!done() && peek() != '"') {
    if (peek() == '\n') break;
    if (peek() == '\\') {
      if (!escape(token.text)) {
        token.kind = TokenKind::bad;
        token.text = "an escape that is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX";
        while (!done() && peek() != '\n' && peek() != '"') step();
        if (peek() == '"') step();
        return;
      }
      continue;
    }
    token.text += peek();
    step();
  }
  if (peek() == '"' && !done()) {
    step();
    return;
  }
  token.kind = TokenKind::bad;
  token.text = "a string without its closing quote";
}

bool Lexer::escape(std::string& out) {
  static constexpr std::string_view names = "\"\\/bfnrt'";
  static constexpr std::string_view meant = "\"\\/\b\f\n\r\t'";
  step();
  if (peek() == 'u') return unicode_escape(out);
  const std::size_t which = done() ? std::string_view::npos : names.find(peek());
  if (which == std::string_view::npos) return false;
  out += meant[which];
  step();
  return true;
}

bool Lexer::unicode_escape(std::string& out) {
  const auto four = [this](std::uint32_t& value) {
    const std::string_view digits = text_.substr(at_.offset, 6);
    if (digits.size() < 6 || digits[0] != '\\' || digits[1] != 'u') return false;
    const char* end = digits.data() + 6;
    if (std::from_chars(digits.data() + 2, end, value, 16).ptr != end) return false;
    for (int i = 0; i < 6; ++i) step();
    return true;
  };
  --at_.offset;  // back to the backslash
  --at_.spot.column;
  std::uint32_t code = 0;
  if (!four(code)) {
    step();
    return false;
  }
  if (code >= 0xdc00 && code <= 0xdfff) return false;
  if (code >= 0xd800 && code <= 0xdbff) {
    std::uint32_t low = 0;
    if (!four(low) || low < 0xdc00 || low > 0xdfff) return false;
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(out, code);
  return true;
}

Token Lexer::raw_word() {
  skip_blanks();
  Token token = begin(TokenKind::word);
  while (!done() && !is_blank(peek()) && peek() != '\n') {
    token.text += peek();
    step();
  }
  return token;
}

Token Lexer::raw_line() {
  skip_blanks();
  Token token = begin(TokenKind::word);
  while (!done() && peek() != '\n' && peek() != '}' && peek() != '+') {
    if (peek() == '/' && peek(1) == '/') break;
    if (is_blank(peek())) {
      if (token.text.back() != ' ') token.text += ' ';
    } else {
      token.text += peek();
    }
    step();
  }
  if (!token.text.empty() && token.text.back() == ' ') token.text.pop_back();
  return token;
}

}  // namespace millrace::schema
