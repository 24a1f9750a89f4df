#include "json_reader.hpp"

#include <algorithm>
#include <charconv>

#include "schema/limits.hpp"
#include "utf8.hpp"

namespace millrace::schema {

namespace {

constexpr std::size_t few_keys = 12;  // up to here comparing each with each is the fastest

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void append_pointer(std::string& pointer, std::string_view key) {
  pointer += '/';
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

class JsonReader {
 public:
  JsonReader(std::string_view text, JsonTree& tree, JsonFault& fault)
      : text_(text), tree_(tree), fault_(fault) {}

  bool run() {
    if (const std::size_t bad = invalid_utf8_at(text_); bad != std::string_view::npos) {
      at_ = bad;
      return wrong("utf8", "the text is not valid UTF-8");
    }
    tree_.nodes_.reserve(text_.size() / 8 + 1);
    skip_space();
    if (!value({}, 0)) return false;
    skip_space();
    return at_ == text_.size() || wrong("syntax", "something follows the value");
  }

 private:
  using Index = std::uint32_t;

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  bool wrong(std::string rule, const std::string& message) {
    const std::string_view before = text_.substr(0, at_);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const std::size_t start = before.rfind('\n') + 1;
    fault_.rule = std::move(rule);
    fault_.message = message + ", at line " + std::to_string(line) + " column " +
                     std::to_string(at_ - start + 1);
    for (const std::string& step : path_) append_pointer(fault_.pointer, step);
    return false;
  }

  bool value(std::string_view key, int depth) {
    const auto index = static_cast<Index>(tree_.nodes_.size());
    tree_.nodes_.emplace_back();
    tree_.nodes_[index].key = key;
    const std::size_t begin = at_;
    if (!content(index, depth)) return false;
    tree_.nodes_[index].raw = text_.substr(begin, at_ - begin);
    return true;
  }

  bool content(Index index, int depth) {
    const char c = peek();
    if (c == '{' || c == '[') {
      if (depth == json_nesting_max) {
        return wrong("depth", "nested deeper than " + std::to_string(json_nesting_max) + " levels");
      }
      ++at_;
      return c == '{' ? object(index, depth + 1) : array(index, depth + 1);
    }
    if (c == '"') {
      tree_.nodes_[index].kind = JsonKind::string;
      return string(tree_.nodes_[index].text);
    }
    if (c == '-' || is_digit(c)) return number(tree_.nodes_[index]);
    for (const auto& [word, kind] :
         {std::pair("true", JsonKind::boolean), std::pair("false", JsonKind::boolean),
          std::pair("null", JsonKind::null)}) {
      const std::string_view expected = word;
      if (text_.substr(at_, expected.size()) != expected) continue;
      tree_.nodes_[index].kind = kind;
      tree_.nodes_[index].text = text_.substr(at_, expected.size());
      at_ += expected.size();
      return true;
    }
    return wrong("syntax", at_ == text_.size() ? "the text ends where a value should be"
                                               : "expected a value");
  }

  // Hangs a child on, after `last` or as the first one.
  void link(Index parent, Index& last, Index child) {
    (last == JsonNode::none ? tree_.nodes_[parent].first : tree_.nodes_[last].next) = child;
    last = child;
  }

  bool array(Index index, int depth) {
    tree_.nodes_[index].kind = JsonKind::array;
    Index last = JsonNode::none;
    skip_space();
    if (peek() == ']') return ++at_, true;
    for (std::size_t count = 0;; ++count) {
      skip_space();
      path_.push_back(std::to_string(count));
      const auto child = static_cast<Index>(tree_.nodes_.size());
      if (!value({}, depth)) return false;
      path_.pop_back();
      link(index, last, child);
      skip_space();
      if (peek() == ']') return ++at_, true;
      if (peek() != ',') return wrong("syntax", "expected `,` or `]`");
      ++at_;
    }
  }

  bool object(Index index, int depth) {
    tree_.nodes_[index].kind = JsonKind::object;
    Index last = JsonNode::none;
    std::size_t count = 0;
    skip_space();
    if (peek() == '}') return ++at_, true;
    while (true) {
      skip_space();
      std::string_view key;
      if (peek() != '"') return wrong("syntax", "expected a key in double quotes");
      if (!string(key)) return false;
      skip_space();
      if (peek() != ':') return wrong("syntax", "expected `:` after a key");
      ++at_;
      skip_space();
      path_.emplace_back(key);
      const auto child = static_cast<Index>(tree_.nodes_.size());
      if (!value(key, depth)) return false;
      path_.pop_back();
      link(index, last, child);
      ++count;
      skip_space();
      if (peek() == '}') break;
      if (peek() != ',') return wrong("syntax", "expected `,` or `}`");
      ++at_;
    }
    ++at_;
    mark_repeated(index, count);
    return true;
  }

  void mark_repeated(Index index, std::size_t count) {
    std::vector<JsonNode>& nodes = tree_.nodes_;
    const Index first = nodes[index].first;
    if (count <= few_keys) {
      for (Index a = first; a != JsonNode::none; a = nodes[a].next) {
        for (Index b = first; b != a && !nodes[a].repeated; b = nodes[b].next) {
          nodes[a].repeated = nodes[b].key == nodes[a].key;
        }
      }
      return;
    }
    std::vector<Index> order;
    order.reserve(count);
    for (Index a = first; a != JsonNode::none; a = nodes[a].next) order.push_back(a);
    std::stable_sort(order.begin(), order.end(),
                     [&nodes](Index a, Index b) { return nodes[a].key < nodes[b].key; });
    for (std::size_t i = 1; i < order.size(); ++i) {
      nodes[order[i]].repeated = nodes[order[i]].key == nodes[order[i - 1]].key;
    }
  }

  bool digits() {
    if (!is_digit(peek())) return wrong("syntax", "expected a digit");
    while (is_digit(peek())) ++at_;
    return true;
  }

  bool number(JsonNode& node) {
    node.kind = JsonKind::number;
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    if (peek() == '0') {
      ++at_;
      if (is_digit(peek())) return wrong("syntax", "a number does not begin with 0");
    } else if (!digits()) {
      return false;
    }
    if (peek() == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (!digits()) return false;
    }
    node.text = text_.substr(begin, at_ - begin);
    return true;
  }

  bool string(std::string_view& out) {
    ++at_;
    const std::size_t begin = at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      ++at_;
    }
    if (peek() == '"' && at_ < text_.size()) {
      out = text_.substr(begin, at_ - begin);
      ++at_;
      return true;
    }
    std::string text(text_.substr(begin, at_ - begin));
    if (!rest_of_string(text)) return false;
    out = tree_.unescaped_.emplace_back(std::move(text));
    return true;
  }

  bool rest_of_string(std::string& text) {
    while (at_ < text_.size() && text_[at_] != '"') {
      if (static_cast<unsigned char>(text_[at_]) < 0x20) {
        return wrong("syntax", "a control character in a string; write it as an escape");
      }
      if (text_[at_] != '\\') {
        text += text_[at_++];
      } else if (!escape(text)) {
        return false;
      }
    }
    if (at_ == text_.size()) return wrong("syntax", "a string without its closing quote");
    ++at_;
    return true;
  }

  bool escape(std::string& text) {
    static constexpr std::string_view names = "\"\\/bfnrt";
    static constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (peek() == 'u') return unicode(text);
    const std::size_t which = at_ < text_.size() ? names.find(peek()) : names.npos;
    if (which == names.npos) return wrong("syntax", "an escape that JSON does not have");
    text += meant[which];
    ++at_;
    return true;
  }

  bool four_digits(std::uint32_t& code) {
    const std::string_view digits = text_.substr(std::min(at_ + 1, text_.size()), 4);
    const char* end = digits.data() + digits.size();
    if (peek() != 'u' || digits.size() < 4 ||
        std::from_chars(digits.data(), end, code, 16).ptr != end) {
      return wrong("syntax", "`\\u` wants four hex digits");
    }
    at_ += 5;
    return true;
  }

  bool unicode(std::string& text) {
    std::uint32_t code = 0;
    if (!four_digits(code)) return false;
    if (code >= 0xd800 && code <= 0xdfff) {
      std::uint32_t low = 0;
      if (code > 0xdbff || peek() != '\\') return wrong("utf8", "half a surrogate pair");
      ++at_;
      if (peek() != 'u') return wrong("utf8", "half a surrogate pair");
      if (!four_digits(low)) return false;
      if (low < 0xdc00 || low > 0xdfff) return wrong("utf8", "half a surrogate pair");
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(text, code);
    return true;
  }

  std::string_view text_;
  JsonTree& tree_;
  JsonFault& fault_;
  std::size_t at_ = 0;
  std::vector<std::string> path_;
};

bool read_json(std::string_view text, JsonTree& tree, JsonFault& fault) {
  return JsonReader(text, tree, fault).run();
}

}  // namespace millrace::schema
