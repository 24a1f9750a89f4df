#include "e2e/compose_file.hpp"

#include <sstream>
#include <stdexcept>
#include <vector>

namespace millrace::e2e {
namespace {

using nlohmann::json;

struct Line {
  std::size_t indent;
  std::string text;  // without indent and comment
  int number;
};

[[noreturn]] void refuse(int line, const std::string& what) {
  throw std::runtime_error("line " + std::to_string(line) + ": " + what);
}

// Up to a comment, and without the spaces before it.
std::string without_comment(const std::string& text) {
  bool quoted = false;
  std::size_t end = text.size();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '#' && !quoted && (i == 0 || text[i - 1] == ' ')) {
      end = i;
      break;
    }
  }
  while (end > 0 && text[end - 1] == ' ') --end;
  return text.substr(0, end);
}

std::vector<Line> lines_of(const std::string& text) {
  std::vector<Line> lines;
  std::istringstream stream(text);
  int number = 0;
  for (std::string line; std::getline(stream, line);) {
    ++number;
    if (line.find('\t') != std::string::npos) refuse(number, "a tab");
    const std::string said = without_comment(line);
    const std::size_t indent = said.find_first_not_of(' ');
    if (indent != std::string::npos) lines.push_back({indent, said.substr(indent), number});
  }
  return lines;
}

using Anchors = std::map<std::string, json>;

// What `<<` names stands behind what is written, and behind what was named before it.
void lay_under(json& mapping, const json& more) {
  if (more.is_array()) {
    for (const json& each : more) lay_under(mapping, each);
    return;
  }
  for (const auto& [key, value] : more.items())
    if (!mapping.contains(key)) mapping[key] = value;
}

json finished(json mapping, const std::vector<json>& under) {
  for (const json& each : under) lay_under(mapping, each);
  return mapping;
}

// A value on one line: a scalar, an alias, {a: b} or [a, b].
class Flow {
 public:
  Flow(const Line& line, std::string text, const Anchors& anchors)
      : number_(line.number), text_(std::move(text)), anchors_(anchors) {}

  json read() {
    json all = value("");
    skip();
    if (at_ != text_.size()) refuse(number_, "what is `" + text_.substr(at_) + "`?");
    return all;
  }

 private:
  void skip() { at_ = std::min(text_.find_first_not_of(' ', at_), text_.size()); }
  bool take(char c) {
    skip();
    if (at_ == text_.size() || text_[at_] != c) return false;
    return ++at_, true;
  }

  json value(const std::string& ends) {
    skip();
    if (take('{')) return mapping();
    if (take('[')) return list();
    if (take('*')) return alias(plain(ends));
    if (take('"')) return quoted();
    return plain(ends);
  }

  json mapping() {
    json all = json::object();
    std::vector<json> under;
    while (!take('}')) {
      const std::string key = plain(":");
      if (!take(':')) refuse(number_, "a ':' is missing");
      json read = value(",}");
      if (key == "<<")
        under.push_back(std::move(read));
      else
        all[key] = std::move(read);
      if (take(',')) continue;
      if (!take('}')) refuse(number_, "a '}' is missing");
      break;
    }
    return finished(std::move(all), under);
  }

  json list() {
    json all = json::array();
    while (!take(']')) {
      all.push_back(value(",]"));
      if (take(',')) continue;
      if (!take(']')) refuse(number_, "a ']' is missing");
      break;
    }
    return all;
  }

  json alias(const std::string& name) const {
    const auto found = anchors_.find(name);
    if (found == anchors_.end()) refuse(number_, "no anchor is named " + name);
    return found->second;
  }

  std::string quoted() {
    const std::size_t end = text_.find('"', at_);
    const std::string inside = text_.substr(at_, end == std::string::npos ? end : end - at_);
    if (end == std::string::npos || inside.find('\\') != std::string::npos)
      refuse(number_, "a string without end, or with a backslash");
    at_ = end + 1;
    return inside;
  }

  std::string plain(const std::string& ends) {
    skip();
    const std::size_t begin = at_;
    at_ = std::min(text_.find_first_of(ends, at_), text_.size());
    if (begin == at_ || std::string("'|>!&%@`").find(text_[begin]) != std::string::npos)
      refuse(number_, "a value that this reader does not know: " + text_.substr(begin));
    std::size_t end = at_;
    while (text_[end - 1] == ' ') --end;
    return text_.substr(begin, end - begin);
  }

  const int number_;
  const std::string text_;
  const Anchors& anchors_;
  std::size_t at_ = 0;
};

class Blocks {
 public:
  explicit Blocks(const std::string& text) : lines_(lines_of(text)) {}

  json read() {
    json all = block(0);
    if (at_ != lines_.size()) refuse(lines_[at_].number, "indented like nothing before it");
    return all;
  }

 private:
  bool at_indent(std::size_t indent) const {
    return at_ < lines_.size() && lines_[at_].indent == indent;
  }

  json block(std::size_t indent) {
    return lines_.at(at_).text.starts_with("- ") ? list(indent) : mapping(indent);
  }

  json list(std::size_t indent) {
    json all = json::array();
    for (; at_indent(indent) && lines_[at_].text.starts_with("- "); ++at_)
      all.push_back(Flow(lines_[at_], lines_[at_].text.substr(2), anchors_).read());
    return all;
  }

  json mapping(std::size_t indent) {
    json all = json::object();
    std::vector<json> under;
    while (at_indent(indent)) {
      const Line line = lines_[at_++];
      const std::size_t colon = line.text.find(':');
      if (colon == std::string::npos) refuse(line.number, "a ':' is missing");
      const std::string key = line.text.substr(0, colon);
      if (all.contains(key)) refuse(line.number, key + " is there twice");
      json read = value(line, line.text.substr(colon + 1), indent);
      if (key == "<<")
        under.push_back(std::move(read));
      else
        all[key] = std::move(read);
    }
    return finished(std::move(all), under);
  }

  json value(const Line& line, std::string rest, std::size_t indent) {
    rest.erase(0, rest.find_first_not_of(' '));
    std::string anchor;
    if (rest.starts_with("&")) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      anchor = rest.substr(1, end - 1);
      rest.erase(0, std::min(rest.find_first_not_of(' ', end), rest.size()));
    }
    json read;
    if (!rest.empty())
      read = Flow(line, rest, anchors_).read();
    else if (at_ < lines_.size() && lines_[at_].indent > indent)
      read = block(lines_[at_].indent);
    if (!anchor.empty()) anchors_[anchor] = read;
    return read;
  }

  const std::vector<Line> lines_;
  std::size_t at_ = 0;
  Anchors anchors_;
};

}  // namespace

json read_compose(const std::string& text) { return Blocks(text).read(); }

json merge_compose(json base, const json& over) {
  for (const auto& [key, value] : over.items()) {
    json& here = base[key];
    if (here.is_object() && value.is_object())
      here = merge_compose(std::move(here), value);
    else if (key == "volumes" && here.is_array())
      here.insert(here.end(), value.begin(), value.end());
    else
      here = value;
  }
  return base;
}

std::map<std::string, std::string> image_environment(const std::string& dockerfile,
                                                     const std::string& target) {
  std::map<std::string, std::string> all;
  std::istringstream text(dockerfile);
  bool inside = false, env = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("FROM ")) inside = line.ends_with(" AS " + target);
    env = inside && (env || line.starts_with("ENV "));
    if (!env) continue;
    std::istringstream words(line.starts_with("ENV ") ? line.substr(4) : line);
    for (std::string word; words >> word;)
      if (const auto equals = word.find('='); equals != std::string::npos)
        all[word.substr(0, equals)] = word.substr(equals + 1);
    env = line.ends_with("\\");
  }
  return all;
}

}  // namespace millrace::e2e
